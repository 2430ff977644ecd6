import { openTransaction, type Row, runInTransaction } from "@seaworthy/core";
import { SerialQueue } from "@seaworthy/core/waiting";
import { errors } from "../errors.ts";
import type { PostgresClient, SqlResult } from "../postgres.ts";
import type { SqlStatement } from "../sql.ts";
import { isConnectionLoss } from "./driver-errors.ts";
import { runStatement, type StatementRun } from "./run-statement.ts";
import { statementOf } from "./statement-of.ts";

/** The statements of one transaction, or of one savepoint within it. */
export class TransactionClient implements PostgresClient {
  readonly #database: object;
  readonly #run: StatementRun;
  readonly #outer: TransactionClient | undefined;
  readonly #queue = new SerialQueue();
  readonly #depth: number;
  /** The outermost client, which knows the statement that runs: there is one connection for all of them. */
  readonly #root: TransactionClient;
  #running: Promise<unknown> = Promise.resolve();
  #ended = false;
  #dropped = false;
  #failure: unknown;

  constructor(database: object, run: StatementRun, outer?: TransactionClient) {
    this.#database = database;
    this.#run = run;
    this.#outer = outer;
    this.#root = outer === undefined ? this : outer.#root;
    this.#depth = outer === undefined ? 0 : outer.#depth + 1;
  }

  /** The first error of a statement, which made the server refuse the rest. */
  get failure(): unknown {
    return this.#failure;
  }

  query<R extends Row = Row>(statement: string | SqlStatement, params?: unknown[]): Promise<SqlResult<R>> {
    const { text, values } = statementOf(statement, params);
    // The transaction waits for its savepoint. Statements of the code within the savepoint belong to the savepoint.
    const inner = openTransaction(this.#database);
    const client = inner instanceof TransactionClient && inner.#isWithin(this) ? inner : this;
    if (client.#ended) return Promise.reject(errors.POSTGRES_TRANSACTION_ENDED());
    return client.#queue.add(() => client.#execute(text, values)) as Promise<SqlResult<R>>;
  }

  /** Runs `fn` within a savepoint; other statements of this transaction wait until it has ended. */
  savepoint<T>(fn: (sql: PostgresClient) => Promise<T>): Promise<T> {
    return this.#queue.add(() => this.#nested(fn));
  }

  /** Refuses further statements, and resolves when those before have ended. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#queue.idle();
  }

  /**
   * Refuses further statements and those that wait, also of savepoints, and resolves when the one that runs has ended. The
   * callbacks of savepoints are not waited for: one that hangs would keep the connection.
   */
  async drop(): Promise<void> {
    this.#ended = true;
    this.#dropped = true;
    await this.#root.#running;
  }

  /** Whether this client or one around it was dropped. */
  #isDropped(): boolean {
    let client: TransactionClient | undefined = this;
    while (client !== undefined && !client.#dropped) client = client.#outer;
    return client !== undefined;
  }

  #isWithin(outer: TransactionClient): boolean {
    let client: TransactionClient | undefined = this;
    while (client !== undefined && client !== outer) client = client.#outer;
    return client !== undefined;
  }

  async #execute(text: string, params: readonly unknown[] | undefined): Promise<SqlResult> {
    if (this.#isDropped()) throw errors.POSTGRES_TRANSACTION_ENDED();
    try {
      const running = runStatement(this.#run, text, params);
      this.#root.#running = running.catch(() => undefined);
      return await running;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async #nested<T>(fn: (sql: PostgresClient) => Promise<T>): Promise<T> {
    const name = `seaworthy_${this.#depth + 1}`;
    await this.#execute(`SAVEPOINT ${name}`, undefined);
    const inner = new TransactionClient(this.#database, this.#run, this);
    let result: T;
    try {
      result = await runInTransaction(this.#database, inner, async () => fn(inner));
    } catch (error) {
      await inner.drop();
      await this.#rollbackTo(name);
      throw error;
    }
    await inner.end();
    if (inner.failure === undefined) {
      await this.#execute(`RELEASE SAVEPOINT ${name}`, undefined);
      return result;
    }
    await this.#rollbackTo(name);
    if (isConnectionLoss(inner.failure)) throw inner.failure;
    throw errors.POSTGRES_TRANSACTION_ABORTED({}, { cause: inner.failure });
  }

  /** The error of the savepoint is the one to be seen; one of the rollback makes the whole transaction fail later. */
  async #rollbackTo(name: string): Promise<void> {
    await this.#execute(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`, undefined).catch(() => undefined);
  }
}
