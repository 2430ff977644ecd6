import { openTransaction, type Row, type SqlClient, type SqlTransactions } from "@seaworthy/core";
import { isObject, readMember } from "@seaworthy/core/objects";

/** A value of a statement. Lists are written as JSON, because drivers differ in how they write arrays. */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly string[]
  | Readonly<Record<string, unknown>>;

/** Runs the statements of the store, in the transaction that is open, if there is one. */
export class AuthDatabase {
  readonly #db: SqlClient & SqlTransactions;

  constructor(db: SqlClient & SqlTransactions) {
    this.#db = db;
  }

  async rows(text: string, values: readonly Value[]): Promise<readonly Row[]> {
    const { rows } = await (openTransaction(this.#db) ?? this.#db).query(text, values.map(parameterOf));
    return rows;
  }

  async row(text: string, values: readonly Value[]): Promise<Row | undefined> {
    return (await this.rows(text, values))[0];
  }

  /** Whether the statement, which ends with `returning`, found a row. */
  async found(text: string, values: readonly Value[]): Promise<boolean> {
    return (await this.rows(text, values)).length > 0;
  }

  transaction<T>(fn: () => Promise<T>): Promise<T> {
    return openTransaction(this.#db) === undefined ? this.#db.transaction(() => fn()) : fn();
  }

  /** Refuses what a rollback must not undo, such as the count of guesses. */
  outside(what: string): void {
    if (openTransaction(this.#db) !== undefined)
      throw new TypeError(`${what} must not run in an open transaction, because a rollback would undo it`);
  }
}

// PostgreSQL has no NUL character in strings. In an id it means that there is no such record, and so does its replacement.
function parameterOf(value: Value): unknown {
  if (typeof value === "string") return value.replaceAll("\0", "\uFFFD");
  if (value === undefined) return null;
  // All numbers are of integer columns; a clock or a duration may have a fraction.
  if (typeof value === "number") return Math.round(value);
  return isObject(value) ? JSON.stringify(value).replaceAll("\\u0000", "\\ufffd") : value;
}

/** The violation of a unique index, as the driver or a wrapper around it reports it. */
export function isUniqueViolation(error: unknown): boolean {
  for (let cause = error, depth = 0; cause !== undefined && depth < 5; cause = readMember(cause, "cause"), depth++)
    if (readMember(cause, "code") === "23505") return true;
  return false;
}

/** An optional string of a row. */
export const optionalText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** An optional number of a row: drivers return a bigint as a string, a number or a bigint. */
export const optionalNumber = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);

/** The strings of a JSON array of a row. */
export const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
