import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { threadId } from "node:worker_threads";
import { type Clock, sleep } from "@seaworthy/core";
import { errors } from "../errors.ts";
import { type FileSystem, hasCode, systemFailure } from "./files.ts";

/** Options of {@link FileLock}. */
export interface FileLockOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds to wait. */
  readonly timeout: number;
}

interface Holder {
  readonly token: string;
  /** Where process ids mean the same: this boot of this host, in this namespace. */
  readonly realm: string;
  readonly pid: number;
  readonly thread: number;
  /** When the process started, as the system reports it: ids are used again. */
  readonly started: string;
}

const SHORTEST_PAUSE = 2;
const LONGEST_PAUSE = 40;
// A holder that cannot be checked is respected for this long: a write takes milliseconds.
const FOREIGN_HOLDER = 5_000;
// Even a living holder, of which this is a multiple of the longest write: it may have failed to remove its lock.
const LONGEST_HOLD = 60_000;
// A file without its holder is one whose writer was killed between two calls.
const NAMELESS_HOLDER = 2_000;
const LONGEST_HOLDER = 1024;
const MODE = { durable: false } as const;

const HELD = Symbol.for("seaworthy.vault.locks");

/**
 * A file that names the writer. It keeps writers from working in vain. The compare-and-swap keeps writes from being lost, so a lock that was broken too early does no harm.
 */
export class FileLock {
  readonly #files: FileSystem;
  readonly #path: string;
  readonly #options: FileLockOptions;
  #self: Omit<Holder, "token"> | undefined;

  constructor(files: FileSystem, path: string, options: FileLockOptions) {
    this.#files = files;
    this.#path = path;
    this.#options = options;
  }

  /** Runs `work` while holding the lock. @throws VAULT_BUSY if it is not free in time */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    const token = randomBytes(8).toString("hex");
    const held = heldHere();
    held.add(token);
    try {
      await this.#acquire(token);
      const begun = this.#options.clock.monotonic();
      try {
        return await work();
      } finally {
        // A lock that cannot be removed is broken by the next writer, as that of a dead process.
        await this.#release(token, this.#options.clock.monotonic() - begun).catch(() => undefined);
      }
    } finally {
      held.delete(token);
    }
  }

  async #acquire(token: string): Promise<void> {
    const { clock, random, timeout } = this.#options;
    const holder: Holder = { token, ...this.#own() };
    const bytes = Buffer.from(JSON.stringify(holder));
    const begun = clock.monotonic();
    for (let pause = SHORTEST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
      try {
        return await this.#files.create(this.#path, bytes, MODE);
      } catch (error) {
        if (!hasCode(error, "EEXIST")) {
          // It may have been created before the call failed.
          await this.#release(token, Number.POSITIVE_INFINITY).catch(() => undefined);
          return systemFailure(error);
        }
      }
      if (await this.#breakIfDead().catch(systemFailure)) continue;
      if (clock.monotonic() - begun >= timeout) throw errors.VAULT_BUSY({ lock: this.#path });
      await sleep(pause * (0.5 + random()), { clock, keepAlive: true });
    }
  }

  async #release(token: string, duration: number): Promise<void> {
    // A lock that was taken a moment ago has not been broken by others, so it need not be read.
    const isOurs = duration < NAMELESS_HOLDER / 2 || (await this.#read())?.token === token;
    if (isOurs) await this.#files.unlink(this.#path).catch(() => this.#files.unlink(this.#path));
  }

  /** Whether it is worth trying again at once. */
  async #breakIfDead(): Promise<boolean> {
    try {
      const stat = await this.#files.lstat(this.#path);
      // Either way: a lock from the future was taken before the wall clock was put back.
      const age = Math.abs(this.#options.clock.now() - Number(stat.mtimeNs / 1_000_000n));
      const holder = await this.#read();
      if (holder === undefined ? age < NAMELESS_HOLDER : isAlive(holder, age, this.#own().realm)) return false;
      // Moved before it is removed: of several that find it dead, one does this.
      const grave = `${this.#path}.${randomBytes(8).toString("hex")}`;
      await this.#files.rename(this.#path, grave);
      await this.#files.unlink(grave);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
    return true;
  }

  /** What identifies this process. It is read once. */
  #own(): Omit<Holder, "token"> {
    this.#self ??= self();
    return this.#self;
  }

  async #read(): Promise<Holder | undefined> {
    const handle = await this.#files.open(this.#path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST_HOLDER), 0, LONGEST_HOLDER, 0);
      const holder = JSON.parse(buffer.toString("utf8", 0, bytesRead)) as Holder;
      return typeof holder?.token === "string" && Number.isInteger(holder.pid) ? holder : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    } finally {
      await handle.close();
    }
  }
}

function isAlive(holder: Holder, age: number, realm: string): boolean {
  if (holder.realm !== realm) return age < FOREIGN_HOLDER;
  if (holder.pid === process.pid && holder.thread === threadId) return heldHere().has(holder.token);
  if (age > LONGEST_HOLD) return false;
  const started = startOf(holder.pid);
  if (started !== undefined) return started === holder.started;
  return exists(holder.pid) && (holder.started !== "" || age < FOREIGN_HOLDER);
}

/** Tokens of the locks that this thread holds, whichever copy of this package took them. */
function heldHere(): Set<string> {
  const shared = globalThis as { [HELD]?: Set<string> };
  shared[HELD] ??= new Set();
  return shared[HELD];
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

function self(): Omit<Holder, "token"> {
  const boot = orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const namespace = orEmpty(() => readlinkSync("/proc/self/ns/pid"));
  return {
    realm: [hostname(), boot, namespace].join("|"),
    pid: process.pid,
    thread: threadId,
    started: startOf(process.pid) ?? "",
  };
}

/** Field 22 of `/proc/<pid>/stat`, counted after the last parenthesis: the name before it may hold anything. */
function startOf(pid: number): string | undefined {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie holds nothing any more.
  return stat === "" || fields[0] === "Z" ? undefined : fields[19];
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
