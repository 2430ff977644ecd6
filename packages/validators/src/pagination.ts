import { checkOptions, integer, showValue } from "@seaworthy/core/options";
import { stringArray } from "./internal/options.ts";
import { Refused, refuse } from "./internal/refusal.ts";
import { type Schema, valueSchema } from "./internal/zod.ts";

/** Options of {@link pagination}. */
export interface PaginationOptions<S extends string = string> {
  /** The most items per page, 1 to 1000. @default 1000 */
  maxLimit?: number;
  /** The number of items per page if the client does not send a limit. @default 50, or `maxLimit` if that is less */
  defaultLimit?: number;
  /** The most items that a client may skip. The database reads skipped items and discards them. @default 1_000_000 */
  maxSkip?: number;
  /** Values that `status` may have. @default none, and `status` is left out */
  status?: readonly S[];
}

/** The page that a client asks for. */
export interface Page<S extends string = string> {
  skip: number;
  limit: number;
  status?: S;
}

/** A parsed query string: `req.query` or `URLSearchParams`. */
export type Query = Readonly<Record<string, unknown>> | URLSearchParams;

const OPTIONS = ["maxLimit", "defaultLimit", "maxSkip", "status"];
const MOST_LIMIT = 1000;
const LIMIT = 50;
const MOST_SKIP = 1_000_000;
const WHOLE = /^(?:0|[1-9]\d{0,15})$/;

/**
 * A schema for the paging members of a query: `skip` (0 if absent), `limit` and `status`. Other members are left out.
 *
 * Prevents a page that holds everything (`limit=1000000`), and spellings that JavaScript reads as numbers but people do
 * not mean: `1e3`, `0x10`, `01`, `+5`, `5.0`, white space and the empty string are refused. A repeated parameter is
 * refused too, because it is an array in one framework and the last value in another (HTTP parameter pollution). Codes:
 * `invalid_type`, `not_a_number`, `too_big`, `too_small`, `repeated`, `unknown_status`.
 *
 * @throws TypeError if an option is out of its bounds
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
  checkOptions("pagination", options, OPTIONS);
  const { maxLimit = MOST_LIMIT, maxSkip = MOST_SKIP } = options;
  integer("maxLimit", maxLimit, 1, MOST_LIMIT);
  const { defaultLimit = Math.min(LIMIT, maxLimit) } = options;
  integer("defaultLimit", defaultLimit, 1, maxLimit);
  integer("maxSkip", maxSkip, 0);
  const states = options.status === undefined ? undefined : stringArray("status", options.status);
  if (states?.length === 0)
    throw new TypeError(`status must name at least one state; got ${showValue(options.status)}`);
  return valueSchema<Page<S>, Query>((query) => {
    if (typeof query !== "object" || query === null || Array.isArray(query))
      return refuse("invalid_type", "must be an object of query parameters");
    const skip = pageNumber(query, "skip", { fallback: 0, least: 0, most: maxSkip });
    if (skip instanceof Refused) return skip;
    const limit = pageNumber(query, "limit", { fallback: defaultLimit, least: 1, most: maxLimit });
    if (limit instanceof Refused) return limit;
    const status = states === undefined ? undefined : memberOf(query, "status");
    if (status === undefined) return { skip, limit };
    if (status instanceof Refused) return status;
    const known = options.status?.find((state) => state === status);
    if (known === undefined) return refuse("unknown_status", `must be one of ${states?.join(", ")}`, ["status"]);
    return { skip, limit, status: known };
  }, jsonSchema({ maxSkip, maxLimit, defaultLimit, states }));
}

interface Bounds {
  readonly fallback: number;
  readonly least: number;
  readonly most: number;
}

function pageNumber(query: object, name: string, { fallback, least, most }: Bounds): number | Refused {
  const raw = memberOf(query, name);
  if (raw === undefined) return fallback;
  if (raw instanceof Refused) return raw;
  const plain = typeof raw === "number" ? Number.isSafeInteger(raw) : typeof raw === "string" && WHOLE.test(raw);
  if (!plain) return refuse("not_a_number", "must be an integer in decimal digits", [name]);
  const value = Number(raw);
  if (value > most) return refuse("too_big", `must be ${most} or less`, [name]);
  return value < least ? refuse("too_small", `must be ${least} or more`, [name]) : value;
}

/** The only value of a parameter, or undefined if it is absent. */
function memberOf(query: object, name: string): unknown {
  const values: unknown =
    query instanceof URLSearchParams
      ? query.getAll(name)
      : Object.hasOwn(query, name)
        ? Reflect.get(query, name)
        : undefined;
  if (!Array.isArray(values)) return values;
  if (values.length > 1 || (!(query instanceof URLSearchParams) && values.length > 0))
    return refuse("repeated", "must be given once", [name]);
  return values[0];
}

interface Limits {
  readonly maxSkip: number;
  readonly maxLimit: number;
  readonly defaultLimit: number;
  readonly states: readonly string[] | undefined;
}

function jsonSchema({ maxSkip, maxLimit, defaultLimit, states }: Limits): Record<string, unknown> {
  const skip = { type: "integer", minimum: 0, maximum: maxSkip, default: 0 };
  const limit = { type: "integer", minimum: 1, maximum: maxLimit, default: defaultLimit };
  const status = states === undefined ? undefined : { status: { type: "string", enum: [...states] } };
  return { type: "object", properties: { skip, limit, ...status } };
}
