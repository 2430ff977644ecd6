import { join } from "node:path";
import { errors } from "../errors.ts";
import type { VaultAppend } from "../stores/store.ts";
import type { FileGuard } from "./file-guard.ts";
import { type FileSystem, hasCode, orMissing } from "./files.ts";
import { LOG_BYTES } from "./format/limits.ts";
import { encodeEnd, type LogFacts, macIn, readLog } from "./format/log.ts";

/** A log that a head names. */
export interface LogOfHead {
  readonly id: string;
  /** The epoch of the head. */
  readonly epoch: number;
}

/** The bytes of a log and what they mean. */
export interface FoundLog {
  readonly bytes: Buffer;
  readonly facts: LogFacts;
}

// Each time, another writer has appended something in between.
const CLOSINGS = 100;

/**
 * Logs in the directory beside. Where an entry lands decides whether it counts, and the system appends the bytes of all
 * processes one after the other. No lock is needed for that.
 */
export class FileLog {
  readonly #files: FileSystem;
  readonly #guard: FileGuard;

  constructor(files: FileSystem, guard: FileGuard) {
    this.#files = files;
    this.#guard = guard;
  }

  pathOf(id: string): string {
    return join(this.#guard.side, `l${id}`);
  }

  /** `undefined` if the file is missing. @throws VAULT_CORRUPT */
  async read({ id, epoch }: LogOfHead): Promise<FoundLog | undefined> {
    const bytes = await this.#guard.readFile(this.pathOf(id), LOG_BYTES).catch(orMissing);
    return bytes && { bytes, facts: readLog(bytes, id, epoch) };
  }

  /** Where the entry ends, or `undefined` if another one came first. @throws VAULT_OUTCOME_UNKNOWN */
  async append(next: VaultAppend): Promise<number | undefined> {
    const { log, at, entry, epoch } = next;
    const path = this.pathOf(log);
    try {
      if (await this.#files.append(path, entry, at)) return at + entry.length;
    } catch (cause) {
      // A newer head has taken the place of the one that named this log.
      if (hasCode(cause, "ENOENT")) return undefined;
      const end = await this.#endOf(next).catch(() => {
        throw errors.VAULT_OUTCOME_UNKNOWN({ epoch, reason: "the log cannot be read" }, { cause });
      });
      if (end === undefined) throw cause;
      // Nothing may build on bytes of which it is not known whether they reached the disk. A new head writes them again.
      await this.#files.append(path, encodeEnd({ epoch, last: macIn(entry) }), end).catch(() => false);
      throw errors.VAULT_OUTCOME_UNKNOWN({ epoch, reason: "the log was not synced" }, { cause });
    }
    // Something else is at that place. It may be an entry that does not count.
    return this.#endOf(next);
  }

  /** Where an entry ends that readers accept. */
  async #endOf({ log, head, entry }: VaultAppend): Promise<number | undefined> {
    const found = await this.read({ id: log, epoch: head });
    const mac = macIn(entry);
    return found?.facts.entries.find((accepted) => accepted.mac.equals(mac))?.end;
  }

  /** Makes sure that nothing can follow the entry of epoch `expected`. Resolves to `false` if another one has followed it. */
  async close(log: LogOfHead, expected: number): Promise<boolean> {
    for (let attempt = 0; attempt < CLOSINGS; attempt++) {
      const found = await this.read(log);
      if (found === undefined || found.facts.epoch !== expected) return false;
      const { ending } = found.facts;
      // Bytes that are cut short may belong to a write that is under way. Once others are behind them, it cannot go on.
      if (ending === "ended" || (ending === "cut" && attempt > 0)) return true;
      await this.#files.append(this.pathOf(log.id), encodeEnd(found.facts), found.bytes.length);
    }
    return false;
  }
}
