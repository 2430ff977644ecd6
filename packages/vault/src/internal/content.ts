import { corrupt } from "./format/reader.ts";
import type { Frame, PutRecord } from "./format/record.ts";

/** One version of an entry, still encrypted. */
export interface Version {
  readonly record: PutRecord;
  readonly frame: Frame;
}

/** The entries that a run of records comes to. */
export class Content {
  /** Versions in rising order; never empty, and replaced instead of changed. */
  readonly entries: Map<string, readonly Version[]>;
  /** Versions of removed entries that the store still has. */
  readonly removed: Map<string, readonly Version[]>;
  /** Bytes of records that still mean something. */
  liveBytes: number;

  constructor(base?: Content) {
    this.entries = new Map(base?.entries);
    this.removed = new Map(base?.removed);
    this.liveBytes = base?.liveBytes ?? 0;
  }

  /** Takes one more record. @throws VAULT_CORRUPT if it cannot follow those before it */
  apply(frame: Frame): void {
    const record = frame.record;
    const versions = this.entries.get(record.name);
    if (record.type === "put") {
      this.#put({ record, frame }, versions ?? []);
      return;
    }
    if (versions === undefined) throw corrupt("a record is about an entry that is not there");
    if (record.type === "remove") {
      this.entries.delete(record.name);
      this.removed.set(record.name, versions);
      this.liveBytes -= sizeOf(versions);
      return;
    }
    const isOlder = ({ record: { version } }: Version): boolean =>
      record.type === "prune" ? version < record.version : version === record.version;
    const dropped = versions.filter(isOlder);
    // The newest version stays: a removal is what ends an entry.
    if (dropped.length === 0 || dropped.at(-1) === versions.at(-1)) throw corrupt("a record drops what is not there");
    this.#keep(
      record.name,
      versions.filter((version) => !isOlder(version)),
      dropped,
    );
  }

  /** The records of all versions there are, entry by entry. */
  live(): Frame[] {
    return [...this.entries.values()].flatMap((versions) => versions.map((version) => version.frame));
  }

  /** A version above the last one follows it; one with the last one's number takes its place. */
  #put(next: Version, versions: readonly Version[]): void {
    const last = versions.at(-1);
    const replaced = last?.record.version === next.record.version ? [last] : [];
    if (next.record.version < Math.max(1, last?.record.version ?? 0)) throw corrupt("versions are out of order");
    this.removed.delete(next.record.name);
    this.liveBytes += next.frame.bytes.length;
    this.#keep(next.record.name, [...versions.slice(0, versions.length - replaced.length), next], replaced);
  }

  #keep(name: string, versions: readonly Version[], dropped: readonly Version[]): void {
    this.entries.set(name, versions);
    this.liveBytes -= sizeOf(dropped);
  }
}

/** The newest version of an entry; there is always one. */
export function currentOf(versions: readonly Version[]): PutRecord {
  const current = versions.at(-1);
  if (current === undefined) throw corrupt("an entry has no version");
  return current.record;
}

function sizeOf(versions: readonly Version[]): number {
  return versions.reduce((sum, { frame }) => sum + frame.bytes.length, 0);
}
