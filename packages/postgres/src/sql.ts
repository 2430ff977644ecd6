import { showValue } from "@seaworthy/core/options";

const STATEMENT: unique symbol = Symbol.for("seaworthy.sql");

/** A statement with its parameters, made by {@link sql}. It can be part of another one. */
export interface SqlStatement {
  /** The text, with `$1`, `$2` … in place of the values. */
  readonly text: string;
  readonly values: readonly unknown[];
  readonly [STATEMENT]: readonly Part[];
}

type Part = { readonly text: string } | { readonly value: unknown };

/** The template tag {@link sql} and what it cannot say by itself. */
export interface SqlTag {
  (strings: TemplateStringsArray, ...values: unknown[]): SqlStatement;
  /**
   * A name, quoted: `sql.identifier("users")`, or with its parts, `sql.identifier("app", "users")`.
   * @throws TypeError if a part is not a string of 1 to 63 bytes without a null character
   */
  identifier(...parts: string[]): SqlStatement;
  /** Statements with a separator between them; without statements it is empty. @param separator default `", "` */
  join(parts: readonly SqlStatement[], separator?: SqlStatement): SqlStatement;
  /** A value as JSON text. Drivers take an array for an array of PostgreSQL, not for JSON. */
  json(value: unknown): string;
}

/**
 * A template that binds every value as a parameter and never puts it into the text. Statements of the template can be
 * nested.
 *
 * @throws TypeError if a value is `undefined` or a function, or if it is not called as a template tag
 * @example
 * ```ts
 * import { sql } from "@seaworthy/postgres";
 * const ids = [1, 2];
 * const statement = sql`select * from ${sql.identifier("orders")} where id = any(${ids})`;
 * console.log(statement.text); // select * from "orders" where id = any($1)
 * ```
 */
export const sql: SqlTag = Object.assign(tag, { identifier, join, json });

/** Whether a value was made by the `sql` template, of any copy of this package. */
export function isStatement(value: unknown): value is SqlStatement {
  return typeof value === "object" && value !== null && STATEMENT in value;
}

function tag(strings: TemplateStringsArray, ...values: unknown[]): SqlStatement {
  // A call such as sql(text) would run whatever the text says.
  if (!Array.isArray(strings) || !Array.isArray(strings.raw))
    throw new TypeError("sql must be used as a template tag: sql`select …`");
  const parts: Part[] = [];
  for (const [index, text] of strings.entries()) {
    parts.push({ text });
    if (index < values.length) parts.push(...partsOf(values[index]));
  }
  return statementFrom(parts);
}

function partsOf(value: unknown): readonly Part[] {
  if (isStatement(value)) return value[STATEMENT];
  if (value === undefined || typeof value === "function" || typeof value === "symbol")
    throw new TypeError(`a value of sql must not be undefined, a function or a symbol; got ${showValue(value)}`);
  return [{ value }];
}

function identifier(...parts: string[]): SqlStatement {
  if (parts.length === 0) throw new TypeError("sql.identifier needs at least one part");
  for (const part of parts) {
    // PostgreSQL cuts longer names, so that two of them may become one.
    if (typeof part !== "string" || part === "" || Buffer.byteLength(part) > 63 || part.includes("\0"))
      throw new TypeError(`an identifier must be a string of 1 to 63 bytes; got ${showValue(part)}`);
  }
  return statementFrom([{ text: parts.map((part) => `"${part.replaceAll('"', '""')}"`).join(".") }]);
}

function join(statements: readonly SqlStatement[], separator: SqlStatement = COMMA): SqlStatement {
  const wrong = Array.isArray(statements) ? statements.find((part) => !isStatement(part)) : statements;
  if (wrong !== undefined || !isStatement(separator))
    throw new TypeError(`sql.join takes statements of sql; got ${showValue(wrong ?? separator)}`);
  return statementFrom(
    statements.flatMap((part, index) =>
      index === 0 ? part[STATEMENT] : [...separator[STATEMENT], ...part[STATEMENT]],
    ),
  );
}

function json(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`sql.json needs a value that JSON can hold; got ${showValue(value)}`);
  return text;
}

const COMMA: SqlStatement = statementFrom([{ text: ", " }]);

function statementFrom(parts: readonly Part[]): SqlStatement {
  const values: unknown[] = [];
  let text = "";
  for (const part of parts) text += "text" in part ? part.text : `$${values.push(part.value)}`;
  return Object.freeze({ text, values: Object.freeze(values), [STATEMENT]: parts });
}
