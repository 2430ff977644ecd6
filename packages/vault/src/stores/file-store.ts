import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { EPOCH_PREFIX, epochOf } from "../format/head.ts";
import { HEAD_BYTES, SEGMENT_BYTES } from "../format/limits.ts";
import { corrupt } from "../format/reader.ts";
import { shown } from "../internal/check.ts";
import { FileClaims } from "../internal/file-claims.ts";
import { FileGuard } from "../internal/file-guard.ts";
import { FileLock } from "../internal/file-lock.ts";
import { isFirstWrite, isLeftOver, isOfVault, lastGoodCopyIn } from "../internal/file-names.ts";
import { type FileSystem, nodeFiles, orMissing, systemFailure } from "../internal/files.ts";
import type { StoredHead, VaultCommit, VaultStore } from "./store.ts";

/** Options of {@link fileStore}. */
export interface FileStoreOptions {
  /** Tightens loose permissions instead of refusing them; foreign owners and symbolic links are refused all the same. @default false */
  repair?: boolean;
  /** How long a write waits for the lock before it throws `VAULT_BUSY`. @default "10s" */
  lockTimeout?: Duration;
  clock?: Clock;
  /** Spreads the waiting of writers. @default Math.random */
  random?: () => number;
}

// Files that dead writers left are looked for once in so many writes, and with every write that adds a segment.
const SWEEP_EVERY = 64;

/**
 * A store in a file of mode 0600 and a directory beside it, `<path>.d`, of mode 0700. The directory that holds both must
 * have mode 0700 too, and is created with it if it is missing. Survives SIGKILL at any instant and any number of writers;
 * needs a local file system with hard links. On Windows permissions are not looked at.
 *
 * @throws TypeError when the path or an option is malformed
 * @example
 * ```ts
 * import { fileStore, openVault } from "@seaworthy/vault";
 * const store = fileStore("data/credentials.vault");
 * await using vault = await openVault({ store, password: "six random words", create: true });
 * ```
 */
export function fileStore(path: string, options: FileStoreOptions = {}): VaultStore {
  return fileStoreOn(nodeFiles, path, options);
}

/** The same over other calls of the file system: tests let them die at any point. */
export function fileStoreOn(files: FileSystem, path: string, options: FileStoreOptions = {}): VaultStore {
  if (typeof path !== "string" || path === "" || path.includes("\0"))
    throw new TypeError(`path must be a string that is not empty; got ${shown(path)}`);
  checkOptions("fileStore", options, ["repair", "lockTimeout", "clock", "random"]);
  const { repair = false, clock = systemClock, random = Math.random } = options;
  if (typeof repair !== "boolean") throw new TypeError(`repair must be true or false; got ${shown(repair)}`);
  const lockTimeout = toMilliseconds(options.lockTimeout ?? "10s", "lockTimeout");
  const full = resolve(path);
  const guard = new FileGuard(files, full, repair);
  const lock = new FileLock(files, join(guard.side, "lock"), { clock, random, timeout: lockTimeout });
  return new FileStore(files, guard, lock);
}

class FileStore implements VaultStore {
  readonly kind = "file";
  readonly #files: FileSystem;
  readonly #guard: FileGuard;
  readonly #lock: FileLock;
  readonly #claims: FileClaims;
  #seen: { readonly signature: string; readonly epoch: number } | undefined;
  #commits = 0;

  constructor(files: FileSystem, guard: FileGuard, lock: FileLock) {
    this.#files = files;
    this.#guard = guard;
    this.#lock = lock;
    this.#claims = new FileClaims(files, guard, () => this.#currentEpoch());
  }

  read(): Promise<StoredHead | undefined> {
    return this.#read().catch(systemFailure);
  }

  async #read(): Promise<StoredHead | undefined> {
    if (!(await this.#guard.check())) return undefined;
    let head = await this.#readHead();
    const epoch = head === undefined ? 0 : epochOf(head);
    // A writer died between claiming the next epoch and putting it in place. A reader that cannot write reads what there is.
    if (await this.#claims.finish(epoch + 1, epoch).catch(() => false)) head = await this.#readHead();
    head ??= await this.#checkAbsence();
    return head && { epoch: epochOf(head), head };
  }

  epoch(): Promise<number | undefined> {
    return this.#epoch().catch(systemFailure);
  }

  async #epoch(): Promise<number | undefined> {
    const stat = await this.#guard.look();
    if (stat === undefined) return (await this.read())?.epoch;
    return this.#epochAt(signatureOf(stat));
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

  async commit(expected: number | undefined, next: VaultCommit): Promise<boolean> {
    const made: string[] = [];
    try {
      await this.#guard.prepare();
      if ((await this.epoch()) !== expected) return false;
      return await this.#commit(expected, next, made);
    } catch (error) {
      return systemFailure(error);
    } finally {
      // What is still in the list is of a write that did not happen.
      for (const path of made) await this.#files.unlink(path).catch(() => undefined);
    }
  }

  async #commit(expected: number | undefined, next: VaultCommit, made: string[]): Promise<boolean> {
    const { side, path } = this.#guard;
    for (const { id, bytes } of next.add) {
      made.push(join(side, `s${id}`));
      await this.#files.create(join(side, `s${id}`), bytes);
    }
    if (next.add.length > 0) await this.#files.syncDirectory(side);
    // Before the claim: what is there now and not needed by this head is needed by none, once this head is in place.
    const names = this.#isThorough(next) && expected !== undefined ? await this.#files.list(side) : undefined;
    const temporary = join(side, `t${next.epoch}-${randomBytes(8).toString("hex")}`);
    made.push(temporary);
    await this.#files.create(temporary, next.head);
    const stat = await this.#claims.put(temporary, expected ?? 0, next.epoch, made);
    if (stat === undefined) return false;
    made.length = 0;
    this.#seen = { signature: signatureOf(stat), epoch: next.epoch };
    await this.#files.syncDirectory(dirname(path)).catch((cause: unknown) => {
      throw errors.VAULT_OUTCOME_UNKNOWN({ epoch: next.epoch, reason: "the directory was not synced" }, { cause });
    });
    // The write is done. What is left over is swept the next time, unless that it is gone was the point.
    await this.#sweep(next, names).catch((cause: unknown) => {
      if (next.purge === true) throw errors.VAULT_OUTCOME_UNKNOWN({ reason: "old files were not removed" }, { cause });
    });
    return true;
  }

  #isThorough(next: VaultCommit): boolean {
    return this.#commits++ % SWEEP_EVERY === 0 || next.add.length > 0 || next.purge === true;
  }

  /** Removes what neither this head nor the one before needs. The claim of the one before is the last good copy. */
  async #sweep(next: VaultCommit, names: readonly string[] | undefined): Promise<void> {
    const gone = names?.filter((name) => isLeftOver(name, next)) ?? [`e${next.epoch - 2}`];
    for (const name of gone) await this.#files.unlink(join(this.#guard.side, name)).catch(orMissing);
    if (next.purge === true) await this.#empty(`e${next.epoch - 1}`);
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

  /** A head that is missing beside files of its vault was lost; that is another thing than a vault that never was. */
  async #checkAbsence(): Promise<Buffer | undefined> {
    const names = await this.#files.list(this.#guard.side).catch(orMissing);
    if (names === undefined || !names.some(isOfVault) || isFirstWrite(names)) return undefined;
    const head = await this.#readHead(); // written while the names were read
    if (head !== undefined) return head;
    const copy = lastGoodCopyIn(names);
    throw corrupt("the head is missing", undefined, {
      path: this.#guard.path,
      ...(copy !== undefined && { lastGoodCopy: join(this.#guard.side, copy) }),
    });
  }

  /** 0 when there is no head. */
  async #currentEpoch(): Promise<number> {
    const stat = await this.#guard.look();
    return stat === undefined ? 0 : this.#epochAt(signatureOf(stat));
  }

  /** Every write is a new file, so one that looks as it did has the epoch that it had. */
  async #epochAt(signature: string): Promise<number> {
    if (this.#seen?.signature === signature) return this.#seen.epoch;
    const epoch = epochOf(await this.#guard.readStart(this.#guard.path, EPOCH_PREFIX));
    this.#seen = { signature, epoch };
    return epoch;
  }

  async #readHead(): Promise<Buffer | undefined> {
    return this.#guard.readFile(this.#guard.path, HEAD_BYTES).catch(orMissing);
  }
}

/** Neither a link nor a rename changes any of these. */
function signatureOf({ ino, size, mtimeNs, mode }: BigIntStats): string {
  return [ino, size, mtimeNs, mode].join();
}
