import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { type Clock, sleep } from "@seaworthy/core";
import { errors } from "../errors.ts";
import { type FileSystem, hasCode } from "./files.ts";

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
  /** When the process started, as the system says it: ids are used again. */
  readonly started: string;
}

const SHORTEST_PAUSE = 2;
const LONGEST_PAUSE = 40;
// A holder that cannot be asked has this long: a write takes milliseconds.
const FOREIGN_HOLDER = 5_000;
// A file without its holder is one whose writer was killed between two calls.
const NAMELESS_HOLDER = 2_000;
const LONGEST_HOLDER = 1024;

/**
 * A file that says who is writing. It keeps writers from working in vain; that no write is lost is the affair of the
 * compare-and-swap, so a lock that was broken too early does no harm.
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

  /** Runs `work` while holding the lock. @throws VAULT_BUSY when it is not free in time */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    const token = await this.#acquire();
    const begun = this.#options.clock.monotonic();
    try {
      return await work();
    } finally {
      const held = this.#options.clock.monotonic() - begun;
      await this.#release(token, held).catch(() => undefined); // a dead holder's lock is broken by the next
    }
  }

  async #acquire(): Promise<string> {
    const { clock, random, timeout } = this.#options;
    const holder: Holder = { token: randomBytes(8).toString("hex"), ...this.#own() };
    const bytes = Buffer.from(JSON.stringify(holder));
    const begun = clock.monotonic();
    for (let pause = SHORTEST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
      try {
        await this.#files.create(this.#path, bytes, { durable: false });
        return holder.token;
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
      if (await this.#breakIfDead()) continue;
      if (clock.monotonic() - begun >= timeout) throw errors.VAULT_BUSY({ lock: this.#path });
      await sleep(pause * (0.5 + random()), { clock, keepAlive: true });
    }
  }

  async #release(token: string, held: number): Promise<void> {
    // Nobody takes a living holder's lock away so soon, so it need not be looked at.
    const isOurs = held < NAMELESS_HOLDER / 2 || (await this.#read())?.token === token;
    if (isOurs) await this.#files.unlink(this.#path);
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

  /** What holds for this process until its end; the system is asked once. */
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
  const started = startOf(holder.pid);
  if (started !== undefined) return started === holder.started;
  return exists(holder.pid) && (holder.started !== "" || age < FOREIGN_HOLDER);
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
  return { realm: [hostname(), boot, namespace].join("|"), pid: process.pid, started: startOf(process.pid) ?? "" };
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
