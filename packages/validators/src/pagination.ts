import { checkOptions, integer, showValue } from "@seaworthy/core/options";
import { textList } from "./internal/options.ts";
import { Refused, refuse } from "./internal/refusal.ts";
import { type Schema, valueSchema } from "./internal/zod.ts";

/** Options of {@link pagination}. */
export interface PaginationOptions<S extends string = string> {
  /** The most items of one page, 1 to 1000. @default 1000 */
  maxLimit?: number;
  /** Items of a page when the client names no limit. @default 50, or `maxLimit` when that is less */
  defaultLimit?: number;
  /** The most items that may be skipped: an offset is read and thrown away by the database. @default 1_000_000 */
  maxSkip?: number;
  /** States that may be asked for by `status`. @default none, and `status` is left out */
  status?: readonly S[];
}

/** Which page of a list is wanted. */
export interface Page<S extends string = string> {
  skip: number;
  limit: number;
  status?: S;
}

/** What a query string was parsed to: `req.query`, or `URLSearchParams`. */
export type Query = Readonly<Record<string, unknown>> | URLSearchParams;

const MOST_LIMIT = 1000;
const LIMIT = 50;
const MOST_SKIP = 1_000_000;
const WHOLE = /^(?:0|[1-9]\d{0,15})$/;

/**
 * A schema for the paging members of a query: `skip` (0 when absent), `limit` and `status`. Other members are left out.
 *
 * Prevents a page of everything (`limit=1000000`), and numbers that JavaScript reads and people do not mean: `1e3`,
 * `0x10`, `01`, `+5`, `5.0`, blanks and the empty text are refused, and so is a parameter given twice, which becomes an
 * array in one framework and the last value in another (HTTP parameter pollution). Codes: `invalid_type`,
 * `not_a_number`, `too_big`, `too_small`, `repeated`, `unknown_status`.
 *
 * @throws TypeError when an option is out of its bounds
 * @example
 * ```ts
 * import { pagination } from "@seaworthy/validators";
 * const page = pagination({ maxLimit: 100, status: ["open", "done"] });
 * console.log(page.parse({ limit: "20", status: "open" })); // { skip: 0, limit: 20, status: "open" }
 * console.log(page.safeParse({ limit: "1e2" }).success); // false
 * ```
 */
export function pagination<const S extends string = string>(
  options: PaginationOptions<S> = {},
): Schema<Page<S>, Query> {
  checkOptions("pagination", options, ["maxLimit", "defaultLimit", "maxSkip", "status"]);
  const most = integer("maxLimit", options.maxLimit ?? MOST_LIMIT, 1, MOST_LIMIT);
  const usual = integer("defaultLimit", options.defaultLimit ?? Math.min(LIMIT, most), 1, most);
  const mostSkip = integer("maxSkip", options.maxSkip ?? MOST_SKIP, 0);
  const states = options.status === undefined ? undefined : textList(options.status, "status");
  if (states?.length === 0) throw new TypeError(`status must name one state or more; got ${showValue(options.status)}`);
  return valueSchema<Page<S>, Query>(
    (query) => {
      if (typeof query !== "object" || query === null || Array.isArray(query))
        return refuse("invalid_type", "must be the members of a query");
      const skip = whole(query, "skip", 0, 0, mostSkip);
      if (skip instanceof Refused) return skip;
      const limit = whole(query, "limit", usual, 1, most);
      if (limit instanceof Refused) return limit;
      const status = states === undefined ? undefined : memberOf(query, "status");
      if (status === undefined) return { skip, limit };
      if (status instanceof Refused) return status;
      if (states?.includes(status as string) !== true)
        return refuse("unknown_status", `must be one of ${states?.join(", ")}`, ["status"]);
      return { skip, limit, status: status as S };
    },
    jsonSchema(mostSkip, most, usual, states),
  );
}

function whole(query: object, name: string, fallback: number, least: number, most: number): number | Refused {
  const raw = memberOf(query, name);
  if (raw === undefined) return fallback;
  if (raw instanceof Refused) return raw;
  const plain = typeof raw === "number" ? Number.isSafeInteger(raw) : typeof raw === "string" && WHOLE.test(raw);
  if (!plain) return refuse("not_a_number", "must be a whole number in plain digits", [name]);
  const value = Number(raw);
  if (value > most) return refuse("too_big", `must be ${most} or less`, [name]);
  return value < least ? refuse("too_small", `must be ${least} or more`, [name]) : value;
}

/** The one value of a parameter, nothing when it is absent. */
function memberOf(query: object, name: string): unknown {
  const values: unknown =
    query instanceof URLSearchParams
      ? query.getAll(name)
      : Object.hasOwn(query, name)
        ? (query as Record<string, unknown>)[name]
        : undefined;
  if (!Array.isArray(values)) return values;
  if (values.length > 1 || (!(query instanceof URLSearchParams) && values.length > 0))
    return refuse("repeated", "must be given once", [name]);
  return values[0];
}

function jsonSchema(
  mostSkip: number,
  most: number,
  usual: number,
  states: readonly string[] | undefined,
): Record<string, unknown> {
  const skip = { type: "integer", minimum: 0, maximum: mostSkip, default: 0 };
  const limit = { type: "integer", minimum: 1, maximum: most, default: usual };
  const status = states === undefined ? undefined : { status: { type: "string", enum: [...states] } };
  return { type: "object", properties: { skip, limit, ...status } };
}
