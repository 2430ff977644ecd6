import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import type { StoredHead, VaultAppend, VaultCommit, VaultStore } from "../stores/store.ts";
import { FileClaims } from "./file-claims.ts";
import { FileGuard } from "./file-guard.ts";
import { FileLock } from "./file-lock.ts";
import { FileLog } from "./file-log.ts";
import { isFirstWrite, isLeftOver, isOfVault, lastGoodCopyIn } from "./file-names.ts";
import { type FileSystem, orMissing, systemFailure } from "./files.ts";
import { HEAD_START_BYTES, type HeadStart, startOfHead } from "./format/head.ts";
import { HEAD_BYTES, SEGMENT_BYTES } from "./format/limits.ts";
import { corrupt } from "./format/reader.ts";

/** What the files were found to be, valid as long as they look the same. */
interface Seen {
  readonly head: string;
  readonly log: string | undefined;
  readonly start: HeadStart;
  readonly epoch: number;
}

const NO_HEAD = { epoch: 0, previous: 0 };
// A head whose log is missing was replaced in the meantime, or the log was lost.
const READS = 5;

/** Checked options of a file store; times are in milliseconds. */
export interface CheckedFileOptions {
  readonly repair: boolean;
  readonly lockTimeout: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** A store at an absolute path. Tests pass other calls of the file system, and let any of them fail. */
export function createFileStore(files: FileSystem, path: string, options: CheckedFileOptions): VaultStore {
  const { repair, clock, random, lockTimeout: timeout } = options;
  const guard = new FileGuard(files, path, repair);
  return new FileVaultStore(files, guard, new FileLock(files, join(guard.side, "lock"), { clock, random, timeout }));
}

/** A vault in a file and the directory beside it. */
class FileVaultStore implements VaultStore {
  readonly kind = "file";
  readonly #files: FileSystem;
  readonly #guard: FileGuard;
  readonly #lock: FileLock;
  readonly #log: FileLog;
  readonly #claims: FileClaims;
  #seen: Seen | undefined;

  constructor(files: FileSystem, guard: FileGuard, lock: FileLock) {
    this.#files = files;
    this.#guard = guard;
    this.#lock = lock;
    this.#log = new FileLog(files, guard);
    this.#claims = new FileClaims(files, guard, async () => (await this.#start()) ?? NO_HEAD);
  }

  read(): Promise<StoredHead | undefined> {
    return this.#read().catch(systemFailure);
  }

  async #read(): Promise<StoredHead | undefined> {
    if (!(await this.#guard.check())) return undefined;
    const stored = await this.#readOnce();
    // A writer died between claiming the next epoch and putting it in place. A reader that cannot write reads what there is.
    const { epoch, headEpoch, isContinued } = stored;
    if (!isContinued && (await this.#claims.finish(epoch + 1, headEpoch).catch(() => false)))
      return (await this.#readOnce()).stored ?? this.#checkAbsence();
    return stored.stored ?? this.#checkAbsence();
  }

  /** The head with its log, and whether the log can still be continued: then no writer has claimed a head after it. */
  async #readOnce(): Promise<{ stored?: StoredHead; epoch: number; headEpoch: number; isContinued: boolean }> {
    for (let attempt = 0; attempt < READS; attempt++) {
      const head = await this.#readHead();
      if (head === undefined) return { epoch: 0, headEpoch: 0, isContinued: false };
      const { epoch, log: id } = startOfHead(head);
      if (id === undefined) return { stored: { epoch, head }, epoch, headEpoch: epoch, isContinued: false };
      const found = await this.#log.read({ id, epoch });
      if (found === undefined) continue;
      const { bytes, facts } = found;
      const isContinued = facts.ending === "open";
      return { stored: { epoch, head, log: bytes }, epoch: facts.epoch, headEpoch: epoch, isContinued };
    }
    throw corrupt("the log is missing", undefined, { path: this.#guard.path });
  }

  epoch(): Promise<number | undefined> {
    return this.#epoch().catch(systemFailure);
  }

  async #epoch(): Promise<number | undefined> {
    const seen = this.#seen;
    const log = seen?.start.log;
    const [head, known] = await Promise.all([this.#guard.look(), log && this.#guard.lookAt(this.#log.pathOf(log))]);
    if (head === undefined) {
      const stored = await this.read();
      return stored && this.#epoch();
    }
    if (seen?.head === signatureOf(head) && seen.log === (known && logSignatureOf(known))) return seen.epoch;
    this.#seen = await this.#look(head);
    return this.#seen.epoch;
  }

  /** Looks at head and log anew. Both only change by becoming another file or by growing. */
  async #look(head: BigIntStats): Promise<Seen> {
    const start = startOfHead(await this.#guard.readStart(this.#guard.path, HEAD_START_BYTES));
    const seen = { head: signatureOf(head), start, epoch: start.epoch, log: undefined };
    if (start.log === undefined) return seen;
    const stat = await this.#guard.lookAt(this.#log.pathOf(start.log));
    const found = stat && (await this.#log.read({ id: start.log, epoch: start.epoch }));
    if (stat === undefined || found === undefined) {
      // A newer head may be there by now. Reading everything shows whether it is.
      await this.#readOnce();
      return this.#look((await this.#guard.look()) ?? head);
    }
    return { ...seen, log: logSignatureOf(stat), epoch: found.facts.epoch };
  }

  async readSegment(id: string): Promise<Uint8Array | undefined> {
    return this.#guard
      .readFile(join(this.#guard.side, `s${id}`), SEGMENT_BYTES)
      .catch(orMissing)
      .catch(systemFailure);
  }

  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    await this.#guard.prepare().catch(systemFailure);
    return this.#lock.hold(work);
  }

  async append(next: VaultAppend): Promise<number | undefined> {
    const end = await this.#log.append(next).catch(systemFailure);
    const seen = this.#seen;
    if (end !== undefined && seen?.log !== undefined && seen.start.log === next.log)
      this.#seen = { ...seen, epoch: next.epoch, log: seen.log.replace(/^\d+/, String(end)) };
    return end;
  }

  async commit(expected: number | undefined, next: VaultCommit): Promise<boolean> {
    const made: string[] = [];
    try {
      await this.#guard.prepare();
      if ((await this.#epoch()) !== expected) return false;
      const before = expected === undefined ? undefined : await this.#start();
      if (before?.log !== undefined && !(await this.#log.close({ ...before, id: before.log }, expected ?? 0)))
        return false;
      return await this.#commit(before, next, made);
    } catch (error) {
      return systemFailure(error);
    } finally {
      // What is still in the list belongs to a write that did not happen.
      for (const path of made) await this.#files.unlink(path).catch(() => undefined);
    }
  }

  async #commit(before: HeadStart | undefined, next: VaultCommit, made: string[]): Promise<boolean> {
    const { side, path } = this.#guard;
    await this.#makeParts(next, made);
    // Before the claim: what is there now and not needed by this head is not needed by any, once this head is in place.
    const names = before === undefined ? [] : await this.#files.list(side);
    const temporary = join(side, `t${next.epoch}-${randomBytes(8).toString("hex")}`);
    made.push(temporary);
    await this.#files.create(temporary, next.head);
    const stat = await this.#claims.put(temporary, before?.epoch ?? 0, next.epoch, made);
    if (stat === undefined) return false;
    made.length = 0;
    this.#seen = undefined;
    await this.#files.syncDirectory(dirname(path)).catch((cause: unknown) => {
      throw errors.VAULT_OUTCOME_UNKNOWN({ epoch: next.epoch, reason: "the directory was not synced" }, { cause });
    });
    // The write is done. What is left over is removed the next time, unless its removal was the point.
    const unneeded = before === undefined ? [] : names.filter((name) => isLeftOver(name, next, before));
    await this.#sweep(unneeded, before, next).catch((cause: unknown) => {
      if (next.purge === true) throw errors.VAULT_OUTCOME_UNKNOWN({ reason: "old files were not removed" }, { cause });
    });
    return true;
  }

  /** Makes the new segments and the new log, on the disk before a head names them. */
  async #makeParts({ add, newLog }: VaultCommit, made: string[]): Promise<void> {
    const { side } = this.#guard;
    const parts = add.map(({ id, bytes }) => [join(side, `s${id}`), bytes] as const);
    if (newLog !== undefined) parts.push([this.#log.pathOf(newLog), new Uint8Array()]);
    for (const [path, bytes] of parts) {
      made.push(path);
      await this.#files.create(path, bytes);
    }
    if (parts.length > 0) await this.#files.syncDirectory(side);
  }

  /** The claim of the head before stays: it is the last good copy, unless nothing of it is to be left. */
  async #sweep(unneeded: readonly string[], before: HeadStart | undefined, next: VaultCommit): Promise<void> {
    for (const name of unneeded) await this.#files.unlink(join(this.#guard.side, name)).catch(orMissing);
    if (next.purge === true && before !== undefined) await this.#empty(`e${before.epoch}`);
  }

  /** Takes the content of a claim away and leaves its name, which keeps a writer that sleeps from claiming the epoch again. */
  async #empty(claim: string): Promise<void> {
    const temporary = join(this.#guard.side, `t${claim.slice(1)}-${randomBytes(8).toString("hex")}`);
    try {
      await this.#files.create(temporary, new Uint8Array());
      await this.#files.rename(temporary, join(this.#guard.side, claim));
    } catch (error) {
      await this.#files.unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  /** A head that is missing beside files of its vault was lost; that differs from a vault that never existed. */
  async #checkAbsence(): Promise<StoredHead | undefined> {
    const names = await this.#files.list(this.#guard.side).catch(orMissing);
    if (names === undefined || !names.some(isOfVault) || isFirstWrite(names)) return undefined;
    const { stored } = await this.#readOnce(); // written while the names were read
    if (stored !== undefined) return stored;
    const copy = lastGoodCopyIn(names);
    throw corrupt(
      "the head is missing",
      undefined,
      withoutUndefined({
        path: this.#guard.path,
        lastGoodCopy: copy === undefined ? undefined : join(this.#guard.side, copy),
      }),
    );
  }

  /** The content of the head's first bytes, which are read only if the head has become another file. */
  async #start(): Promise<HeadStart | undefined> {
    const stat = await this.#guard.look();
    if (stat === undefined) return undefined;
    if (this.#seen?.head === signatureOf(stat)) return this.#seen.start;
    return startOfHead(await this.#guard.readStart(this.#guard.path, HEAD_START_BYTES));
  }

  async #readHead(): Promise<Buffer | undefined> {
    return this.#guard.readFile(this.#guard.path, HEAD_BYTES).catch(orMissing);
  }
}

/** Every head is a new file. Neither a link nor a rename changes any of these. */
function signatureOf({ ino, size, mtimeNs, mode }: BigIntStats): string {
  return [ino, size, mtimeNs, mode].join();
}

/** A log only grows. The size stands first, so that it can be replaced. */
function logSignatureOf({ ino, size, mode }: BigIntStats): string {
  return [size, ino, mode].join();
}
