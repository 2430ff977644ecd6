import { currentContext, type Duration, openTransaction, type Row, remainingTime } from "@seaworthy/core";
import { checkOptions, flag, integer, oneOf, requiredFunction } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import type { Postgres, PostgresClient, PostgresStats, SqlResult, TransactionOptions } from "../postgres.ts";
import type { SqlStatement } from "../sql.ts";
import { acquireEvent, connectionsGauge } from "../telemetry.ts";
import { codeOf } from "./driver-errors.ts";
import type { Engine, Session } from "./engine.ts";
import { openPgEngine } from "./pg-engine.ts";
import { runStatement } from "./run-statement.ts";
import { transact } from "./run-transaction.ts";
import { limit, type Settings } from "./settings.ts";
import { statementOf } from "./statement-of.ts";
import { TransactionClient } from "./transaction-client.ts";

const TRANSACTION_OPTIONS = ["retry", "isolation", "readOnly", "statementTimeout", "lockTimeout"];
const ISOLATION = ["read committed", "repeatable read", "serializable"] as const;

/** A connection apart from the pool. */
export interface Aside extends AsyncDisposable {
  readonly session: Session;
  readonly client: PostgresClient;
}

/** A database over an engine. */
export class Database implements Postgres {
  readonly engine: "pg" | "pglite";
  readonly name: string;
  readonly outside: Postgres["outside"];
  readonly #engine: Engine;
  readonly #settings: Settings;
  readonly #limit: number;
  readonly #gauges: readonly (() => void)[];
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, settings: Settings) {
    this.#engine = engine;
    this.#settings = settings;
    this.engine = engine.kind;
    this.name = settings.name;
    const ownLimit = settings.pooler === "transaction" && settings.statementTimeout > 0;
    this.#limit = ownLimit ? settings.statementTimeout : Number.POSITIVE_INFINITY;
    this.outside = {
      query: (statement: string | SqlStatement, params?: unknown[]) => this.#single(statement, params),
      transaction: (fn, options) => this.#transact(fn, options),
    } as Postgres["outside"];
    const gauge = (state: string, read: () => number): (() => void) =>
      connectionsGauge.track({ database: this.name, state }, read);
    this.#gauges = [
      gauge("in_use", () => this.stats().inUse),
      gauge("idle", () => this.stats().idle),
      gauge("waiting", () => this.stats().waiting),
    ];
  }

  query<R extends Row = Row>(statement: string | SqlStatement, params?: unknown[]): Promise<SqlResult<R>> {
    const open = openTransaction(this) as PostgresClient | undefined;
    return open === undefined ? this.#single(statement, params) : open.query(statement, params);
  }

  async transaction<T>(fn: (sql: PostgresClient) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const open = openTransaction(this);
    if (!(open instanceof TransactionClient)) return this.#transact(fn, options);
    requiredFunction("fn", fn);
    const [name] = Object.keys(options);
    if (name !== undefined)
      throw new TypeError(`transaction: ${name} has no effect inside a transaction; set it on the outer one`);
    return open.savepoint(fn);
  }

  stats(): PostgresStats {
    const { total, idle, waiting } = this.#engine.counts();
    const { base, overflow } = this.#settings;
    const max = this.engine === "pglite" ? 1 : base + overflow;
    return { total, idle, inUse: total - idle, waiting, base: Math.min(base, max), max };
  }

  close(options: { timeout?: Duration } = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * A connection apart from the pool, which is there even if the pool is exhausted, and whose statements have no limits.
   * Only for servers.
   */
  async aside(): Promise<Aside> {
    const engine = await openPgEngine({
      ...this.#settings,
      ...{ base: 0, overflow: 1, statementTimeout: 0, lockTimeout: 0, idleInTransactionTimeout: 0 },
    });
    try {
      const session = await engine.acquire();
      const run = { session, database: this.name, limit: Number.POSITIVE_INFINITY };
      const query = (statement: string | SqlStatement, params?: unknown[]): Promise<SqlResult> => {
        const { text, values } = statementOf(statement, params);
        return runStatement(run, text, values);
      };
      const client = { query } as PostgresClient;
      return { session, client, [Symbol.asyncDispose]: () => engine.close(0) };
    } catch (error) {
      await engine.close(0);
      throw error;
    }
  }

  get settings(): Settings {
    return this.#settings;
  }

  async #close(options: { timeout?: Duration }): Promise<void> {
    checkOptions("close", options, ["timeout"]);
    const timeout = limit("timeout", options.timeout, "5s");
    for (const stop of this.#gauges) stop();
    await this.#engine.close(timeout);
  }

  async #single<R extends Row>(statement: string | SqlStatement, params?: unknown[]): Promise<SqlResult<R>> {
    const { text, values } = statementOf(statement, params);
    const session = await this.#acquire();
    let isLost = false;
    try {
      const run = { session, database: this.name, limit: this.#limit };
      return (await runStatement(run, text, values)) as SqlResult<R>;
    } catch (error) {
      // The server says that it ends the connection before the socket closes; until then the pool would hand it out.
      isLost = codeOf(error) === "POSTGRES_CONNECTION_LOST";
      throw error;
    } finally {
      session.release(isLost);
    }
  }

  async #transact<T>(fn: (sql: PostgresClient) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    requiredFunction("fn", fn);
    checkOptions("transaction", options, TRANSACTION_OPTIONS);
    if (options.retry !== undefined) integer("retry", options.retry, 0, 10);
    if (options.isolation !== undefined) oneOf("isolation", options.isolation, ISOLATION);
    if (options.readOnly !== undefined) flag("readOnly", options.readOnly);
    const place = { database: this, settings: this.#settings, random: Math.random, acquire: () => this.#acquire() };
    return transact(place, fn, options);
  }

  async #acquire(): Promise<Session> {
    if (this.engine === "pglite" && openTransaction(this) !== undefined)
      throw errors.POSTGRES_POOL_EXHAUSTED(
        { total: 1, idle: 0, waiting: 0, max: 1 },
        { message: "The embedded database has one connection, which the open transaction of this context holds" },
      );
    const database = this.name;
    const began = acquireEvent.active ? performance.now() : 0;
    try {
      const session = await this.#acquireInContext();
      if (acquireEvent.active) acquireEvent.emit({ database, outcome: "ok" }, (performance.now() - began) / 1000);
      return session;
    } catch (error) {
      const outcome = codeOf(error).replace("POSTGRES_", "").toLowerCase() || "error";
      if (acquireEvent.active) acquireEvent.emit({ database, outcome }, (performance.now() - began) / 1000, { error });
      throw error;
    }
  }

  /** A connection, unless the caller leaves or runs out of time before there is one. */
  async #acquireInContext(): Promise<Session> {
    const { signal } = currentContext();
    const remaining = remainingTime();
    if (signal?.aborted === true) throw errors.POSTGRES_CANCELLED({}, { cause: signal.reason });
    if (remaining <= 0) throw errors.POSTGRES_TIMEOUT({ limit: "deadline" });
    const arriving = this.#engine.acquire();
    if (signal === undefined && remaining === Number.POSITIVE_INFINITY) return arriving;
    let onAbort: (() => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    const left = new Promise<never>((_, reject) => {
      onAbort = () => reject(errors.POSTGRES_CANCELLED({}, { cause: signal?.reason }));
      signal?.addEventListener("abort", onAbort, { once: true });
      if (remaining < this.#settings.connectTimeout)
        timer = setTimeout(() => reject(errors.POSTGRES_TIMEOUT({ limit: "deadline" })), remaining);
    });
    try {
      return await Promise.race([arriving, left]);
    } catch (error) {
      // A connection that arrives later goes back at once.
      void arriving.then((session) => session.release(false)).catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    }
  }
}
