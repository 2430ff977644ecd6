import type { Row } from "@seaworthy/core";
import { checkOptions, showValue } from "@seaworthy/core/options";
import { errors } from "./errors.ts";
import { type CursorKey, readCursor, writeCursor } from "./internal/cursor.ts";
import { codeOf } from "./internal/driver-errors.ts";
import type { PostgresClient } from "./postgres.ts";
import { isStatement, type SqlStatement, sql } from "./sql.ts";

/** A column that a keyset page is ordered by. */
export interface PageOrder {
  /** Name of a column of the query's result. Its values must not be null. */
  column: string;
  /** @default "asc" */
  direction?: "asc" | "desc";
}

/** A page by number: rows `offset` to `offset + limit - 1`. */
export interface OffsetPageOptions {
  /** Rows per page, 1 to 1000. @default 50 */
  limit?: number;
  /** Rows to leave out, 0 to 100 000. The server reads them nevertheless; use a cursor for long lists. @default 0 */
  offset?: number;
}

/** A page after a cursor, which stays right while rows are added and removed. */
export interface KeysetPageOptions {
  /** Rows per page, 1 to 1000. @default 50 */
  limit?: number;
  /** `next` of the page before. @default the first page */
  after?: string | undefined;
  /** The columns that order the list; together they must be unique, so that the last one is usually the id. */
  orderBy: readonly (string | PageOrder)[];
  /** Signs cursors against changes (HMAC-SHA-256); 32 bytes or more, the same in all instances. @default not signed */
  key?: string | Uint8Array;
}

/** One page of a list. */
export interface Page<R extends Row = Row> {
  readonly rows: R[];
  readonly limit: number;
  /** Whether there are rows after this page. */
  readonly hasMore: boolean;
}

/** A page of {@link KeysetPageOptions}. */
export interface KeysetPage<R extends Row = Row> extends Page<R> {
  /** Where the next page begins; missing on the last page. */
  readonly next?: string;
}

const LARGEST = 1000;
const FARTHEST = 100_000;
/** SQLSTATEs for a text that is not a value of its type. */
const UNREADABLE: ReadonlySet<string> = new Set(["22P02", "22P03", "22003", "22007", "22008", "22009"]);
const OPTIONS = ["limit", "offset", "after", "orderBy", "key"];

/**
 * Reads one page of a query.
 *
 * With `orderBy`, the page follows the cursor `after`: rows that are added or removed meanwhile never make a row appear
 * twice or go missing. Otherwise the page is counted by `offset`, and the query has to have an `order by` of its own.
 *
 * @throws TypeError if an option is malformed
 * @throws POSTGRES_PAGE_INVALID (status 400) if `limit` or `offset` is not an integer within its bounds
 * @throws POSTGRES_CURSOR_INVALID (status 400) if `after` was not made for this order, or was changed
 * @example
 * ```ts
 * import { connectPostgres, page, sql } from "@seaworthy/postgres";
 * await using db = await connectPostgres({ url: "pglite://memory" });
 * const numbers = sql`select * from generate_series(1, ${5}) as id`;
 * const first = await page(db, numbers, { limit: 2, orderBy: ["id"] });
 * const second = await page(db, numbers, { limit: 2, orderBy: ["id"], after: first.next });
 * console.log(second.rows); // [ { id: 3 }, { id: 4 } ]
 * ```
 */
export function page<R extends Row = Row>(
  client: PostgresClient,
  query: SqlStatement,
  options: KeysetPageOptions,
): Promise<KeysetPage<R>>;
export function page<R extends Row = Row>(
  client: PostgresClient,
  query: SqlStatement,
  options?: OffsetPageOptions,
): Promise<Page<R>>;
export async function page(
  client: PostgresClient,
  query: SqlStatement,
  options: OffsetPageOptions | KeysetPageOptions = {},
): Promise<KeysetPage> {
  if (!isStatement(query)) throw new TypeError(`query must be a statement of sql; got ${showValue(query)}`);
  checkOptions("page", options, OPTIONS);
  const limit = within("limit", options.limit ?? 50, 1, LARGEST);
  if ("orderBy" in options) return keysetPage(client, query, options, limit);
  if ("after" in options || "key" in options) throw new TypeError("page: after and key need orderBy");
  const offset = within("offset", (options as OffsetPageOptions).offset ?? 0, 0, FARTHEST);
  // The line break ends a comment at the end of the query.
  const { rows } = await client.query(sql`select * from (${query}\n) as page limit ${limit + 1} offset ${offset}`);
  const hasMore = rows.length > limit;
  return { rows: rows.slice(0, limit), limit, hasMore };
}

/** What a client asked for is refused and not made to fit, so that the client learns of it. */
function within(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most)
    throw errors.POSTGRES_PAGE_INVALID(
      { option: name, least, most },
      { message: `${name} must be an integer from ${least} to ${most}; got ${showValue(value)}` },
    );
  return value;
}

async function keysetPage(
  client: PostgresClient,
  query: SqlStatement,
  options: KeysetPageOptions,
  limit: number,
): Promise<KeysetPage> {
  if ("offset" in options) throw new TypeError("page: offset cannot be used with orderBy");
  const order = orderOf(options.orderBy);
  const key: CursorKey = {
    key: checkKey(options.key),
    order: order.map(({ column, direction }) => `${column} ${direction}`),
  };
  const { after } = options;
  const position = after === undefined ? undefined : readCursor(after, key);
  const columns = order.map(({ column }) => sql`page.${sql.identifier(column)}::text`);
  const condition = position === undefined ? sql`` : sql` where ${follows(order, position)}`;
  const statement = sql`select page.*, array[${sql.join(columns)}] as seaworthy_position from (${query}\n) as page${condition}
    order by ${sql.join(order.map(ordering))} limit ${limit + 1}`;
  const { rows } = await client.query(statement).catch((cause: unknown) => {
    // A position that is not a value of its column was written by the client.
    if (position !== undefined && UNREADABLE.has(codeOf(cause))) throw errors.POSTGRES_CURSOR_INVALID({}, { cause });
    throw cause;
  });
  // Rows with null would go missing on a later page, and the row after this page may be the last one that shows it.
  const positions = rows.map(({ seaworthy_position }) => positionOf(seaworthy_position));
  const shown = rows.slice(0, limit).map(({ seaworthy_position: _, ...row }, at) => ({ position: positions[at], row }));
  const last = shown.at(-1)?.position;
  const hasMore = rows.length > limit;
  const page = { rows: shown.map(({ row }) => row), limit, hasMore };
  return hasMore ? { ...page, next: writeCursor(last ?? [], key) } : page;
}

function orderOf(orderBy: unknown): Required<PageOrder>[] {
  if (!Array.isArray(orderBy) || orderBy.length === 0 || orderBy.length > 8)
    throw new TypeError(`orderBy must be an array of 1 to 8 columns; got ${showValue(orderBy)}`);
  return orderBy.map((entry: string | PageOrder) => {
    const { column, direction = "asc" } = typeof entry === "string" ? { column: entry } : entry;
    if (direction !== "asc" && direction !== "desc")
      throw new TypeError(`orderBy: direction must be asc or desc; got ${showValue(direction)}`);
    return { column, direction };
  });
}

function checkKey(key: string | Uint8Array | undefined): string | Uint8Array | undefined {
  if (key === undefined) return undefined;
  const bytes = typeof key === "string" ? Buffer.byteLength(key) : key instanceof Uint8Array ? key.byteLength : 0;
  // The value is not shown, because it is a secret.
  if (bytes < 32) throw new TypeError("key must be a string or bytes of at least 32 bytes");
  return key;
}

const ordering = ({ column, direction }: Required<PageOrder>): SqlStatement =>
  direction === "asc" ? sql`page.${sql.identifier(column)} asc` : sql`page.${sql.identifier(column)} desc`;

/**
 * The rows after a position. If all columns go in one direction, it is a comparison of rows, which an index serves. If not,
 * it is the same written out: the first column is past its value, or equal and the second one past its value, and so on.
 */
function follows(order: readonly Required<PageOrder>[], position: readonly string[]): SqlStatement {
  const columns = order.map(({ column }) => sql`page.${sql.identifier(column)}`);
  const isPast = (direction: string): SqlStatement => (direction === "asc" ? sql`>` : sql`<`);
  const [first] = order;
  if (order.every(({ direction }) => direction === first?.direction)) {
    const values = position.map((value) => sql`${value}`);
    return sql`(${sql.join(columns)}) ${isPast(first?.direction ?? "asc")} (${sql.join(values)})`;
  }
  const cases = order.map(({ direction }, index) => {
    const equal = columns.slice(0, index).map((column, at) => sql`${column} = ${position[at]}`);
    return sql.join([...equal, sql`${columns[index]} ${isPast(direction)} ${position[index]}`], sql` and `);
  });
  return sql`(${sql.join(
    cases.map((one) => sql`(${one})`),
    sql` or `,
  )})`;
}

function positionOf(position: unknown): string[] {
  const values: unknown[] = Array.isArray(position) ? position : [undefined];
  return values.map((value) => {
    if (typeof value !== "string") throw new TypeError("page: the columns of orderBy must not be null");
    return value;
  });
}
