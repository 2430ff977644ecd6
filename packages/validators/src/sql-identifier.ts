import { checkOptions, flag } from "@seaworthy/core/options";
import { type Refused, refuse } from "./internal/refusal.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link sqlIdentifier}. */
export interface SqlIdentifierOptions {
  /** Whether `schema.name` is accepted too. @default false */
  qualified?: boolean;
}

const OPTIONS = ["qualified"];
// NAMEDATALEN of PostgreSQL minus one. PostgreSQL cuts longer names without an error.
const LONGEST = 63;
const NAME = /^[a-z_][a-z0-9_]*$/;

// The reserved words of PostgreSQL 18 (appendix C), and the statements that an attacker would write.
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate
  collation column concurrently constraint create cross current_catalog current_date current_role current_schema
  current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for
  foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading
  left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing
  primary references returning right select session_user similar some symmetric system_user table tablesample then to
  trailing true union unique user using variadic verbose when where window with
  alter by delete drop exec insert set truncate update values`.split(/\s+/),
);

/**
 * A schema for the name of a table, a column or a sort key that is put into SQL as text, where a parameter is not
 * possible: lower-case ASCII letters, digits and `_`, a first character that is not a digit, at most 63 characters, and
 * not a reserved word.
 *
 * Prevents SQL injection through `ORDER BY` and table names, names that mean something else without quotes (`user` is the
 * role, `Orders` is `orders`), and names over 63 bytes, which PostgreSQL cuts to another name. Codes: `too_big`,
 * `sql_identifier`, `reserved`. An enumeration of your own columns is stricter; use one where you can.
 *
 * @throws TypeError if an option is unknown or has the wrong type
 * @example
 * ```ts
 * import { sqlIdentifier } from "@seaworthy/validators";
 * console.log(sqlIdentifier().safeParse("created_at").success); // true
 * console.log(sqlIdentifier().safeParse("id; drop table users").success); // false
 * ```
 */
export function sqlIdentifier(options: SqlIdentifierOptions = {}): Schema<string> {
  checkOptions("sqlIdentifier", options, OPTIONS);
  const { qualified = false } = options;
  const most = flag("qualified", qualified) ? 2 : 1;
  return textSchema((text) => {
    if (text.length > most * (LONGEST + 1)) return refuse("too_big", `must have ${LONGEST} characters or fewer`);
    const parts = text.split(".");
    if (parts.length > most) return refuse("sql_identifier", "must be one name");
    return parts.map(faultOf).find((fault) => fault !== undefined) ?? text;
  });
}

function faultOf(name: string): Refused | undefined {
  if (name.length > LONGEST) return refuse("too_big", `must have ${LONGEST} characters or fewer`);
  if (!NAME.test(name)) return refuse("sql_identifier", "must have only a-z 0-9 _ and not begin with a digit");
  return RESERVED.has(name) ? refuse("reserved", "must not be a reserved word of SQL") : undefined;
}
