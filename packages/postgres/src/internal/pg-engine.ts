import { withoutUndefined } from "@seaworthy/core/objects";
import type { PoolConfig } from "pg";
import { errors } from "../errors.ts";
import { connectionEvent } from "../telemetry.ts";
import { sendCancel } from "./cancel-request.ts";
import { connectFailure, QUEUE_TIMEOUT } from "./driver-errors.ts";
import type { Engine, Session } from "./engine.ts";
import type { PgClient, PgDriver, PgPool } from "./pg-driver.ts";
import type { Settings } from "./settings.ts";
import { pgTypes } from "./value-types.ts";

/** The pool of the pg package. */
export async function openPgEngine(settings: Settings): Promise<Engine> {
  const driver = await loadDriver();
  return new PgEngine(driver, settings);
}

async function loadDriver(): Promise<PgDriver> {
  try {
    const { default: driver } = await import("pg");
    // The one place where pg's own types give way to what is used of it.
    return driver as unknown as PgDriver;
  } catch (cause) {
    throw errors.POSTGRES_DRIVER_MISSING({ package: "pg" }, { cause, message: "Install pg: npm install pg" });
  }
}

/** The configuration of pg's pool and of its connections. */
export function configOf(settings: Settings): Omit<PoolConfig, "types"> {
  // A pooler refuses parameters that it does not know, and its connections serve several clients.
  const atServer = (milliseconds: number): number | undefined =>
    settings.pooler === "none" && milliseconds > 0 ? milliseconds : undefined;
  return {
    connectionString: settings.url,
    application_name: settings.name,
    min: settings.base,
    max: settings.base + settings.overflow,
    connectionTimeoutMillis: settings.connectTimeout,
    idleTimeoutMillis: settings.idleTimeout,
    maxLifetimeSeconds: settings.maxLifetime / 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    allowExitOnIdle: true,
    statement_timeout: atServer(settings.statementTimeout),
    lock_timeout: atServer(settings.lockTimeout),
    idle_in_transaction_session_timeout: atServer(settings.idleInTransactionTimeout),
    // Present even if it is undefined, ssl would hide what the URL says.
    ...withoutUndefined({ ssl: settings.tls }),
  };
}

class PgEngine implements Engine {
  readonly kind = "pg";
  readonly #driver: PgDriver;
  readonly #settings: Settings;
  readonly #pool: PgPool;
  readonly #held = new Set<PgSession>();
  readonly #waiting = new Set<() => void>();
  #closing = false;

  constructor(driver: PgDriver, settings: Settings) {
    this.#driver = driver;
    this.#settings = settings;
    this.#pool = new driver.Pool({ ...configOf(settings), types: pgTypes(driver.types) });
    const database = settings.name;
    // Without a listener, the loss of an idle connection would end the process.
    this.#pool.on("error", (error) => {
      if (connectionEvent.active) connectionEvent.emit({ database, change: "lost" }, 1, { error });
    });
    this.#pool.on("connect", () => {
      if (connectionEvent.active) connectionEvent.emit({ database, change: "opened" });
    });
    this.#pool.on("remove", () => {
      if (connectionEvent.active) connectionEvent.emit({ database, change: "closed" });
    });
  }

  async acquire(): Promise<Session> {
    if (this.#closing) throw errors.POSTGRES_CLOSED();
    let client: PgClient;
    try {
      client = await this.#connect();
    } catch (error) {
      if (this.#closing) throw errors.POSTGRES_CLOSED({}, { cause: error });
      if (error instanceof Error && error.message === QUEUE_TIMEOUT) throw this.#exhausted();
      throw connectFailure(error, this.#settings);
    }
    const session = new PgSession(this.#driver, this.#settings, client, () => void this.#held.delete(session));
    this.#held.add(session);
    return session;
  }

  /** A client of the pool, which does not refuse those that wait when it is closed. */
  #connect(): Promise<PgClient> {
    const arriving = this.#pool.connect();
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(errors.POSTGRES_CLOSED());
      this.#waiting.add(refuse);
      arriving.then(
        (client) => {
          // One that arrives after its caller was refused is closed.
          if (this.#waiting.delete(refuse)) resolve(client);
          else client.release(true);
        },
        (error: unknown) => {
          this.#waiting.delete(refuse);
          reject(error);
        },
      );
    });
  }

  counts(): { total: number; idle: number; waiting: number } {
    const { totalCount: total, idleCount: idle, waitingCount: waiting } = this.#pool;
    return { total, idle, waiting };
  }

  async close(timeout: number): Promise<void> {
    this.#closing = true;
    for (const refuse of this.#waiting) refuse();
    this.#waiting.clear();
    const ended = this.#pool.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeout);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
    // Also those whose holder will never give them back, such as a callback that hangs.
    for (const session of [...this.#held]) {
      session.cut();
      session.release(true);
    }
    await ended;
  }

  #exhausted(): Error {
    const { total, idle, waiting } = this.counts();
    const { base, overflow, connectTimeout } = this.#settings;
    const max = base + overflow;
    return errors.POSTGRES_POOL_EXHAUSTED(
      { total, idle, waiting, max, waited: connectTimeout },
      {
        message: `No connection became free within ${connectTimeout} ms: ${total} of ${max} are open and ${idle} idle`,
      },
    );
  }
}

class PgSession implements Session {
  readonly #driver: PgDriver;
  readonly #settings: Settings;
  readonly #client: PgClient;
  readonly #onRelease: () => void;
  readonly #onError = (): void => {
    this.#lost = true;
  };
  #lost = false;
  #released = false;

  constructor(driver: PgDriver, settings: Settings, client: PgClient, onRelease: () => void) {
    this.#driver = driver;
    this.#settings = settings;
    this.#client = client;
    this.#onRelease = onRelease;
    // The pool listens to idle connections only. The error of a busy one reaches its statement as well.
    client.on("error", this.#onError);
  }

  get lost(): boolean {
    return this.#lost;
  }

  query(text: string, params?: readonly unknown[]): ReturnType<Session["query"]> {
    return this.#client.query(text, params);
  }

  cancel(): Promise<void> {
    return sendCancel(this.#driver, this.#client, this.#settings.connectTimeout);
  }

  release(destroy: boolean): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease();
    this.#client.removeListener("error", this.#onError);
    this.#client.release(destroy || this.#lost);
  }

  cut(): void {
    this.#lost = true;
    this.#client.connection?.stream.destroy();
  }
}
