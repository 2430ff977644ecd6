import { showValue } from "@seaworthy/core/options";
import { isStatement, type SqlStatement } from "../sql.ts";

/** The text and values of what `query` was given. */
export function statementOf(
  statement: string | SqlStatement,
  params: readonly unknown[] | undefined,
): { text: string; values: readonly unknown[] | undefined } {
  if (typeof statement === "string") {
    if (params !== undefined && !Array.isArray(params))
      throw new TypeError(`params must be an array; got ${showValue(params)}`);
    return { text: statement, values: params };
  }
  if (!isStatement(statement))
    throw new TypeError(`statement must be a string or a statement of sql; got ${showValue(statement)}`);
  if (params !== undefined) throw new TypeError("params must be left out with a statement of sql, which has its own");
  return { text: statement.text, values: statement.values };
}
