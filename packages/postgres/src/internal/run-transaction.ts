import { currentContext, runInTransaction, sleep } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import type { PostgresClient, TransactionOptions } from "../postgres.ts";
import { transactionEvent } from "../telemetry.ts";
import { codeOf, isConnectionLoss } from "./driver-errors.ts";
import type { Session } from "./engine.ts";
import { runStatement, type StatementRun } from "./run-statement.ts";
import { limit, type Settings } from "./settings.ts";
import { TransactionClient } from "./transaction-client.ts";

/** What a transaction needs of its database. */
export interface TransactionPlace {
  /** The object that the context's open transaction is looked up by. */
  readonly database: object;
  readonly settings: Settings;
  readonly random: () => number;
  acquire(): Promise<Session>;
}

type Work<T> = (sql: PostgresClient) => Promise<T>;

const SERIALIZATION = ["40001", "40P01"];
const LONGEST_PAUSE = 1000;
const LONGEST_ROLLBACK = 5000;
// Where statements have no limit, a commit that is not answered has this one.
const LONGEST_COMMIT = 30_000;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Runs a transaction, and repeats it as a whole after a serialization failure or a deadlock if `retry` allows it. */
export async function transact<T>(place: TransactionPlace, fn: Work<T>, options: TransactionOptions): Promise<T> {
  const { retry = 0 } = options;
  const begin = beginOf(place.settings, options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce(place, fn, begin, attempt);
    } catch (error) {
      if (attempt > retry || !isSerializationFailure(error)) throw error;
    }
    // Full jitter: transactions that collided once must not meet again.
    const pause = place.random() * Math.min(LONGEST_PAUSE, 10 * 2 ** attempt);
    await sleep(pause, { signal: currentContext().signal }).catch((cause: unknown) => {
      throw errors.POSTGRES_CANCELLED({}, { cause });
    });
  }
}

async function attemptOnce<T>(place: TransactionPlace, fn: Work<T>, begin: string, attempt: number): Promise<T> {
  const database = place.settings.name;
  const session = await place.acquire();
  const began = performance.now();
  const emit = (outcome: string, error?: unknown): void => {
    if (transactionEvent.active)
      transactionEvent.emit({ database, outcome }, (performance.now() - began) / 1000, { attempt, error });
  };
  const end = new TransactionEnd(session, place.settings);
  try {
    const run: StatementRun = { session, database, limit: Number.POSITIVE_INFINITY };
    await runStatement(run, begin);
    const client = new TransactionClient(place.database, run);
    let result: T;
    try {
      result = await runInTransaction(place.database, client, async () => fn(client));
    } catch (error) {
      await end.undo(client);
      throw session.lost ? lost("no", error) : error;
    }
    await client.end();
    await end.commit(client);
    emit("commit");
    return result;
  } catch (error) {
    emit(codeOf(error) === "POSTGRES_CONNECTION_LOST" ? "lost" : "rollback", error);
    throw error;
  } finally {
    session.release(!end.clean || session.lost);
  }
}

/** Ends a transaction, and knows whether its connection can be used again. */
class TransactionEnd {
  /** Whether the server has answered that the transaction is over. */
  clean = false;
  readonly #session: Session;
  readonly #longestCommit: number;

  constructor(session: Session, { statementTimeout }: Settings) {
    this.#session = session;
    this.#longestCommit = statementTimeout > 0 ? statementTimeout : LONGEST_COMMIT;
  }

  /** Commits, or says why nothing was committed. */
  async commit(client: TransactionClient): Promise<void> {
    const { signal } = currentContext();
    if (this.#session.lost) throw lost("no", client.failure);
    if (signal?.aborted === true) {
      await this.#send("ROLLBACK", LONGEST_ROLLBACK).catch(() => undefined);
      throw errors.POSTGRES_CANCELLED({}, { cause: signal.reason });
    }
    const command = await this.#send("COMMIT", this.#longestCommit).catch((error: unknown) => {
      // An SQLSTATE is an answer of the server: the commit was refused, as by a deferred constraint.
      this.clean = SQLSTATE.test(codeOf(error)) && !this.#session.lost && !isConnectionLoss(error);
      throw this.clean ? error : lost("unknown", error);
    });
    // The server answers ROLLBACK to the COMMIT of a transaction in which a statement had failed.
    if (command === "ROLLBACK") throw errors.POSTGRES_TRANSACTION_ABORTED({}, { cause: client.failure });
  }

  /** Rolls back what the callback left. A statement that it did not wait for is cancelled first. */
  async undo(client: TransactionClient): Promise<void> {
    const ended = client.drop();
    const idle = await Promise.race([ended.then(() => true), new Promise<false>((done) => setImmediate(done, false))]);
    if (!idle) {
      const timer = setTimeout(() => this.#session.cut(), LONGEST_ROLLBACK);
      await this.#session.cancel();
      await ended;
      clearTimeout(timer);
    }
    // If the server does not answer, the connection is closed, which rolls back as well.
    if (!this.#session.lost) await this.#send("ROLLBACK", LONGEST_ROLLBACK).catch(() => undefined);
  }

  async #send(text: string, longest: number): Promise<string | undefined> {
    const timer = setTimeout(() => this.#session.cut(), longest);
    try {
      const { command } = await this.#session.query(text);
      this.clean = true;
      return command;
    } finally {
      clearTimeout(timer);
    }
  }
}

const lost = (committed: "no" | "unknown", cause: unknown): Error =>
  errors.POSTGRES_CONNECTION_LOST(
    { committed },
    {
      cause,
      message:
        committed === "no"
          ? "The connection was lost in the transaction, of which nothing was committed"
          : "The connection was lost during the commit; it is not known whether the transaction was committed",
    },
  );

function beginOf(settings: Settings, options: TransactionOptions): string {
  const { isolation, readOnly = false } = options;
  const words = ["BEGIN"];
  if (isolation !== undefined) words.push(`ISOLATION LEVEL ${isolation.toUpperCase()}`);
  if (readOnly) words.push("READ ONLY");
  const pooled = settings.pooler === "transaction";
  const limits: [name: string, milliseconds: number | undefined][] = [
    ["statement_timeout", own("statementTimeout", options) ?? (pooled ? settings.statementTimeout : undefined)],
    ["lock_timeout", own("lockTimeout", options) ?? (pooled ? settings.lockTimeout : undefined)],
    ["idle_in_transaction_session_timeout", pooled ? settings.idleInTransactionTimeout : undefined],
  ];
  const set = limits.filter(([, value]) => value !== undefined).map(([name, value]) => `SET LOCAL ${name} = ${value}`);
  return [words.join(" "), ...set].join("; ");
}

function own(name: "statementTimeout" | "lockTimeout", options: TransactionOptions): number | undefined {
  const value = options[name];
  return value === undefined ? undefined : limit(name, value, 0);
}

/** Also if the application has wrapped the error; the depth is bounded because causes may be cyclic. */
function isSerializationFailure(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < 8 && cause !== undefined && cause !== null; depth++) {
    if (SERIALIZATION.includes(codeOf(cause))) return true;
    cause = readMember(cause, "cause");
  }
  return false;
}
