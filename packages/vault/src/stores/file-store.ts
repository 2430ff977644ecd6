import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import { EPOCH_PREFIX, epochOf } from "../format/head.ts";
import { HEAD_BYTES, SEGMENT_BYTES } from "../format/limits.ts";
import { shown } from "../internal/check.ts";
import { FileGuard } from "../internal/file-guard.ts";
import { FileLock } from "../internal/file-lock.ts";
import { type FileSystem, hasCode, nodeFiles } from "../internal/files.ts";
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

// A segment that no head names may belong to a writer at work; older than this it is left over from a dead one.
const ABANDONED_AFTER = 10 * 60_000;
const SEGMENT = /^s[0-9a-f]{32}$/;
const CLAIM = /^e(\d{1,16})$/;
const TEMPORARY = /^t(\d{1,16})-[0-9a-f]{16}$/;
const BROKEN_LOCK = /^lock\.[0-9a-f]{16}$/;
// What dead writers leave is looked for once in so many writes, and with every new segment.
const SWEEP_EVERY = 64;

/**
 * A store in a file of mode 0600 and a directory beside it, `<path>.d`, of mode 0700; the directory that holds both must
 * be 0700 too, and is made so when it is missing. Survives SIGKILL at any instant and any number of writers; needs a
 * local file system with hard links. On Windows permissions are not looked at.
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
    throw new TypeError(`path must be text that is not empty; got ${shown(path)}`);
  checkOptions("fileStore", options, ["repair", "lockTimeout", "clock", "random"]);
  const { repair = false, clock = systemClock, random = Math.random } = options;
  if (typeof repair !== "boolean") throw new TypeError(`repair must be true or false; got ${shown(repair)}`);
  const lockTimeout = toMilliseconds(options.lockTimeout ?? "10s", "lockTimeout");
  const full = resolve(path);
  const guard = new FileGuard(files, full, repair);
  const lock = new FileLock(files, join(guard.side, "lock"), { clock, random, timeout: lockTimeout });
  return new FileStore(files, guard, lock, clock);
}

class FileStore implements VaultStore {
  readonly kind = "file";
  readonly #files: FileSystem;
  readonly #guard: FileGuard;
  readonly #lock: FileLock;
  readonly #clock: Clock;
  #seen: { readonly signature: string; readonly epoch: number } | undefined;
  #commits = 0;

  constructor(files: FileSystem, guard: FileGuard, lock: FileLock, clock: Clock) {
    this.#files = files;
    this.#guard = guard;
    this.#lock = lock;
    this.#clock = clock;
  }

  async read(): Promise<StoredHead | undefined> {
    if (!(await this.#guard.check())) return undefined;
    let head = await this.#readHead();
    const epoch = head === undefined ? 0 : epochOf(head);
    // A writer died between claiming the next epoch and putting it in place: its write counts.
    if (await this.#finish(epoch + 1, epoch)) head = await this.#readHead();
    return head && { epoch: epochOf(head), head };
  }

  async epoch(): Promise<number | undefined> {
    const stat = await this.#guard.look();
    if (stat === undefined) return (await this.read())?.epoch;
    return this.#epochAt(signatureOf(stat));
  }

  async readSegment(id: string): Promise<Uint8Array | undefined> {
    return this.#guard.readFile(join(this.#guard.side, `s${id}`), SEGMENT_BYTES).catch(orMissing);
  }

  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    await this.#guard.prepare();
    return this.#lock.hold(work);
  }

  async commit(expected: number | undefined, next: VaultCommit): Promise<boolean> {
    const { side, path } = this.#guard;
    await this.#guard.prepare();
    if ((await this.epoch()) !== expected) return false;
    for (const { id, bytes } of next.add) await this.#files.create(join(side, `s${id}`), bytes);
    if (next.add.length > 0) await this.#files.syncDirectory(side);
    const temporary = join(side, `t${next.epoch}-${randomBytes(8).toString("hex")}`);
    await this.#files.create(temporary, next.head);
    // At the same time: what it looks like does not change with the claim.
    const [isClaimed, stat] = await Promise.all([
      this.#claim(temporary, expected ?? 0, next.epoch),
      this.#files.lstat(temporary).catch(orMissing),
    ]);
    if (!isClaimed) {
      await this.#files.unlink(temporary).catch(orMissing);
      return false;
    }
    // Missing means that somebody who found the claim has done this for us.
    await this.#files.rename(temporary, path).catch(orMissing);
    if (stat !== undefined) this.#seen = { signature: signatureOf(stat), epoch: next.epoch };
    await this.#files.syncDirectory(dirname(path));
    await this.#sweep(next).catch(() => undefined); // the write is done; what is left over is swept the next time
    return true;
  }

  /** Makes this epoch ours, or says that it is another's. */
  async #claim(temporary: string, expected: number, epoch: number): Promise<boolean> {
    const claim = join(this.#guard.side, `e${epoch}`);
    try {
      await this.#files.link(temporary, claim);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      if (!hasCode(error, "EEXIST")) throw error;
      await this.#finish(epoch, expected);
      return false;
    }
    // A reader that found the claim may have put it in place already, and a writer may have gone on from there. But an
    // epoch's claim is removed two epochs later; a writer that slept through that must not succeed now.
    const current = await this.#currentEpoch();
    if (current === expected || current === epoch || current === epoch + 1) return true;
    await this.#files.unlink(claim).catch(orMissing);
    return false;
  }

  /**
   * If `epoch` is claimed and the head still is `expected`, puts the claimed head in place. Several may try: a rename
   * happens once, since it takes the temporary name away. Says whether the head may have changed.
   */
  async #finish(epoch: number, expected: number): Promise<boolean> {
    const { side, path } = this.#guard;
    const claim = await this.#files.lstat(join(side, `e${epoch}`)).catch(orMissing);
    if (claim === undefined) return false;
    const temporary = await this.#temporaryOf(epoch, claim.ino);
    if ((await this.#currentEpoch()) !== expected) return true;
    if (temporary === undefined) {
      // An older head was put back by hand, below an epoch that is long over.
      await this.#files.unlink(join(side, `e${epoch}`)).catch(orMissing);
      return true;
    }
    await this.#files.rename(temporary, path).catch(orMissing);
    return true;
  }

  async #temporaryOf(epoch: number, inode: bigint): Promise<string | undefined> {
    for (const name of await this.#files.list(this.#guard.side)) {
      if (TEMPORARY.exec(name)?.[1] !== String(epoch)) continue;
      const path = join(this.#guard.side, name);
      if ((await this.#files.lstat(path).catch(orMissing))?.ino === inode) return path;
    }
    return undefined;
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

  /** Removes what neither this head nor the one before needs. The claim of the one before is the last good copy. */
  async #sweep(next: VaultCommit): Promise<void> {
    const isThorough = this.#commits++ % SWEEP_EVERY === 0 || next.add.length > 0;
    if (isThorough) return this.#sweepAll(next);
    await this.#files.unlink(join(this.#guard.side, `e${next.epoch - 2}`)).catch(orMissing);
  }

  async #sweepAll({ epoch, keep }: VaultCommit): Promise<void> {
    const { side } = this.#guard;
    const kept = new Set(keep.map((id) => `s${id}`));
    const over = (match: RegExpExecArray | null, least: number): boolean => match !== null && Number(match[1]) < least;
    const isOver = (name: string): boolean =>
      over(CLAIM.exec(name), epoch - 1) || over(TEMPORARY.exec(name), epoch + 1) || BROKEN_LOCK.test(name);
    const names = await this.#files.list(side);
    const gone = names.filter(isOver);
    for (const name of names)
      if (SEGMENT.test(name) && !kept.has(name) && (await this.#isAbandoned(name))) gone.push(name);
    // Only now: a writer that was stopped for long before it looked does not know what later heads need.
    if ((await this.#currentEpoch()) !== epoch) return;
    for (const name of gone) await this.#files.unlink(join(side, name)).catch(orMissing);
  }

  async #isAbandoned(name: string): Promise<boolean> {
    const stat = await this.#files.lstat(join(this.#guard.side, name)).catch(orMissing);
    return stat !== undefined && this.#clock.now() - Number(stat.mtimeNs / 1_000_000n) > ABANDONED_AFTER;
  }
}

/** Neither a link nor a rename changes any of these. */
function signatureOf({ ino, size, mtimeNs, mode }: BigIntStats): string {
  return [ino, size, mtimeNs, mode].join();
}

function orMissing(error: unknown): undefined {
  if (hasCode(error, "ENOENT")) return undefined;
  throw error;
}
