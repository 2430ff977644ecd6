import { mkdir, realpath } from "node:fs/promises";
import type { PGlite } from "@electric-sql/pglite";
import { takeFileLock } from "@seaworthy/core/file-lock";
import { withoutUndefined } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import type { SqlResult } from "../postgres.ts";
import type { Engine, Session } from "./engine.ts";
import type { Settings } from "./settings.ts";
import { PGLITE_PARSERS } from "./value-types.ts";

type Driver = typeof import("@electric-sql/pglite");

/** PGlite: one connection to a database within this process, which its callers take in turn. */
export async function openPgliteEngine(settings: Settings): Promise<Engine> {
  const { PGlite } = await loadDriver();
  const place = settings.url.slice("pglite://".length);
  if (place === "") throw new TypeError('url must name a folder or "memory" after pglite://');
  const folder = place === "memory" ? undefined : place;
  let unlock: (() => Promise<void>) | undefined;
  try {
    if (folder !== undefined) unlock = await lockFolder(folder);
    const database = await PGlite.create(withoutUndefined({ dataDir: folder, parsers: PGLITE_PARSERS }));
    return new PgliteEngine(database, settings, unlock);
  } catch (cause) {
    await unlock?.();
    if (errors.POSTGRES_BUSY.is(cause)) throw cause;
    throw errors.POSTGRES_UNREACHABLE(
      { url: settings.url },
      { cause, message: `The embedded database ${settings.url} could not be opened` },
    );
  }
}

/** Two that have the same folder open would overwrite each other's pages. */
async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const real = await realpath(folder);
  return takeFileLock(`${real}.lock`, (holder) => {
    const message = `The embedded database in ${real} is open in the process ${holder}`;
    return errors.POSTGRES_BUSY({ folder: real, process: holder }, { message });
  });
}

async function loadDriver(): Promise<Driver> {
  try {
    return await import("@electric-sql/pglite");
  } catch (cause) {
    const message = "Install PGlite: npm install @electric-sql/pglite";
    throw errors.POSTGRES_DRIVER_MISSING({ package: "@electric-sql/pglite" }, { cause, message });
  }
}

interface Waiter {
  grant(): void;
  refuse(error: Error): void;
}

class PgliteEngine implements Engine {
  readonly kind = "pglite";
  readonly #database: PGlite;
  readonly #settings: Settings;
  readonly #unlock: (() => Promise<void>) | undefined;
  readonly #waiters = new Set<Waiter>();
  #busy = false;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(database: PGlite, settings: Settings, unlock: (() => Promise<void>) | undefined) {
    this.#database = database;
    this.#settings = settings;
    this.#unlock = unlock;
  }

  async acquire(): Promise<Session> {
    if (this.#closing !== undefined) throw errors.POSTGRES_CLOSED();
    if (this.#busy) await this.#turn();
    this.#busy = true;
    return new PgliteSession(this.#database, () => this.#next());
  }

  counts(): { total: number; idle: number; waiting: number } {
    return { total: 1, idle: this.#busy ? 0 : 1, waiting: this.#waiters.size };
  }

  close(timeout: number): Promise<void> {
    this.#closing ??= this.#end(timeout);
    return this.#closing;
  }

  async #end(timeout: number): Promise<void> {
    for (const waiter of this.#waiters) waiter.refuse(errors.POSTGRES_CLOSED());
    this.#waiters.clear();
    if (this.#busy) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeout);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.#database.close();
    await this.#unlock?.();
  }

  /** Waits for the connection, which the holder before hands over without making it free in between. */
  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { connectTimeout } = this.#settings;
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const message = `The embedded database has one connection, which did not become free within ${connectTimeout} ms`;
        const waiting = this.#waiters.size;
        const counts = { total: 1, idle: 0, waiting, max: 1, waited: connectTimeout };
        reject(errors.POSTGRES_POOL_EXHAUSTED(counts, { message }));
      }, connectTimeout);
      const waiter: Waiter = {
        grant: () => {
          clearTimeout(timer);
          resolve();
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #next(): void {
    const [waiter] = this.#waiters;
    if (waiter === undefined) {
      this.#busy = false;
      this.#onIdle?.();
      return;
    }
    this.#waiters.delete(waiter);
    waiter.grant();
  }
}

class PgliteSession implements Session {
  lost = false;
  readonly #database: PGlite;
  readonly #onRelease: () => void;
  #released = false;

  constructor(database: PGlite, onRelease: () => void) {
    this.#database = database;
    this.#onRelease = onRelease;
  }

  async query(text: string, params?: readonly unknown[]): Promise<SqlResult & { command?: string }> {
    if (params === undefined || params.length === 0) {
      // The simple protocol, which takes several statements; the last one's result is returned, as pg's callers expect of one.
      const results = await this.#database.exec(text);
      return (results.at(-1) ?? { rows: [], rowCount: 0 }) as SqlResult;
    }
    return (await this.#database.query(text, [...params])) as unknown as SqlResult;
  }

  /** The engine runs on this thread, so that a statement has ended by the time this can be called. */
  cancel(): Promise<void> {
    return Promise.resolve();
  }

  cut(): void {
    this.lost = false;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease();
  }
}
