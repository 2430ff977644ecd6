import { corrupt } from "../format/reader.ts";
import type { Frame, PutRecord } from "../format/record.ts";

/** One version of an entry, still encrypted. */
export interface Version {
  readonly record: PutRecord;
  readonly frame: Frame;
}

/** The entries that a run of records comes to. */
export class Content {
  /** Versions in rising order; never empty. */
  readonly entries: Map<string, Version[]> = new Map();
  /** Bytes of records that still mean something. */
  liveBytes = 0;

  /** Takes one more record. @throws VAULT_CORRUPT when it cannot follow those before it */
  apply(frame: Frame): void {
    const record = frame.record;
    const versions = this.entries.get(record.name);
    if (record.type === "put") {
      const last = versions?.at(-1)?.record.version ?? 0;
      if (record.version <= last) throw corrupt("versions are out of order");
      this.liveBytes += frame.bytes.length;
      if (versions === undefined) this.entries.set(record.name, [{ record, frame }]);
      else versions.push({ record, frame });
      return;
    }
    if (versions === undefined) throw corrupt("a record is about an entry that is not there");
    if (record.type === "remove") {
      this.#drop(versions);
      this.entries.delete(record.name);
      return;
    }
    const older = versions.findIndex((version) => version.record.version >= record.version);
    if (older < 1) throw corrupt("a record prunes what is not there");
    this.#drop(versions.splice(0, older));
  }

  /** The records of all versions there are, entry by entry. */
  live(): Frame[] {
    return [...this.entries.values()].flatMap((versions) => versions.map((version) => version.frame));
  }

  #drop(versions: readonly Version[]): void {
    for (const { frame } of versions) this.liveBytes -= frame.bytes.length;
  }
}
