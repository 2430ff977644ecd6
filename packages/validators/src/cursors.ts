import { createHmac, timingSafeEqual } from "node:crypto";
import { type Clock, type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, showValue } from "@seaworthy/core/options";
import { boundedJson } from "./bounded-json.ts";
import { failure } from "./internal/failure.ts";
import { type KeyMaterial, keyBytes } from "./internal/options.ts";
import { type Refused, refuse } from "./internal/refusal.ts";
import { convertedText, type Schema } from "./internal/zod.ts";

/** Options of {@link createCursors}. */
export interface CursorsOptions {
  /** Keys of at least 32 bytes each. The first key signs, and all keys are tried for reading, so that keys can be rotated. */
  keys: readonly KeyMaterial[];
  /** What the cursors belong to, such as `"orders"` or `"orders:tenant-7"`. Cursors of another scope are refused. */
  scope: string;
  /** How long a cursor is valid. At exactly this age it still is. @default no limit */
  ttl?: Duration;
  /** @default systemClock */
  clock?: Clock;
}

/** Makes and reads the cursors of one list. */
export interface Cursors<T> {
  /** Returns a position as a string for a client, safe in a URL. */
  seal(position: T): string;
  /** Returns the position. @throws VALIDATION_FAILED if the cursor was not made with these keys, for this scope, within `ttl` */
  open(cursor: string): T;
  /** Returns a schema for cursors whose output is the position. Code: `cursor`. */
  schema(): Schema<T, string>;
}

const OPTIONS = ["keys", "scope", "ttl", "clock"];
const SHORTEST_KEY = 32;
const LONGEST_CURSOR = 4096;
// A MAC and a dot take 44 characters.
const LONGEST_PAYLOAD = LONGEST_CURSOR - 44;
const LIMITS = { bytes: LONGEST_CURSOR, depth: 4, keys: LONGEST_CURSOR };
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const MAC_BYTES = 32;
// Keeps a key that also signs other things from making valid cursors by accident.
const PURPOSE = "seaworthy cursor 1";
const MESSAGE = "must be a cursor that this service issued for this list";

/**
 * Makes cursors for paging from a position: JSON data of up to 4 KiB, signed with HMAC-SHA-256, that a client sends back.
 *
 * Prevents clients from inventing positions, which end up in a WHERE clause, and from using a cursor of one list or tenant
 * for another. A cursor is signed but not encrypted: a client can decode and read the position. A refused cursor always
 * gives the same single issue with the code `cursor`.
 *
 * @throws TypeError if an option is out of its bounds, and from `seal` if the position is not plain JSON data
 * @example
 * ```ts
 * import { createCursors } from "@seaworthy/validators";
 * const cursors = createCursors<{ id: number }>({ keys: ["a key of 32 bytes, from a secret!"], scope: "orders" });
 * const next = cursors.seal({ id: 42 });
 * console.log(cursors.open(next)); // { id: 42 }
 * console.log(cursors.schema().safeParse(`${next}x`).success); // false
 * ```
 */
export function createCursors<T>(options: CursorsOptions): Cursors<T> {
  checkOptions("createCursors", options, OPTIONS);
  const { scope } = options;
  const clock = clockOption("clock", options.clock);
  // The value is not shown, because it is most often a key that should be in an array.
  if (!Array.isArray(options.keys) || options.keys.length === 0)
    throw new TypeError(`keys must be an array of at least one key; got ${kindOf(options.keys)}`);
  const keys = options.keys.map((key) => keyBytes("keys", key, SHORTEST_KEY));
  const [signingKey = new Uint8Array()] = keys;
  if (typeof scope !== "string" || scope === "")
    throw new TypeError(`scope must be a string that is not empty; got ${showValue(scope)}`);
  const ttl = options.ttl === undefined ? undefined : toMilliseconds(options.ttl, "ttl");
  const sign = (key: Uint8Array, payload: string): Buffer =>
    createHmac("sha256", key)
      .update(JSON.stringify([PURPOSE, scope, payload]))
      .digest();
  const attempt = (cursor: unknown): { position: T } | undefined => {
    if (typeof cursor !== "string" || cursor.length > LONGEST_CURSOR) return undefined;
    const [payload = "", mac = "", rest] = cursor.split(".", 3);
    const given = Buffer.from(BASE64URL.test(mac) ? mac : "", "base64url");
    if (rest !== undefined || !BASE64URL.test(payload) || given.length !== MAC_BYTES) return undefined;
    // Base64 has several spellings of one value. Only the spelling that `seal` writes is accepted.
    if (given.toString("base64url") !== mac) return undefined;
    const known = keys.map((key) => timingSafeEqual(sign(key, payload), given));
    if (!known.includes(true)) return undefined;
    const [made, position] = read(payload) as [number, T];
    return ttl === undefined || clock.now() - made <= ttl ? { position } : undefined;
  };
  return {
    seal(position) {
      const payload = write(position, clock);
      return `${payload}.${sign(signingKey, payload).toString("base64url")}`;
    },
    open(cursor) {
      const found = attempt(cursor);
      if (found === undefined) throw failure("cursor", MESSAGE);
      return found.position;
    },
    schema: () =>
      convertedText((cursor): T | Refused => {
        const found = attempt(cursor);
        return found === undefined ? refuse("cursor", MESSAGE) : found.position;
      }, {}),
  };
}

function kindOf(keys: unknown): string {
  return Array.isArray(keys) ? "an empty array" : typeof keys === "string" ? "a string" : showValue(keys);
}

function write(position: unknown, clock: Clock): string {
  const payload = Buffer.from(JSON.stringify([clock.now(), position]), "utf8").toString("base64url");
  if (payload.length > LONGEST_PAYLOAD) throw new TypeError("position must fit into a cursor of 4 KiB");
  // `open` must return exactly what was sealed, so undefined, dates and NaN are refused.
  if (!isPlain(position) || !canRead(payload))
    throw new TypeError(`position must be plain JSON data of at most 3 levels; got ${showValue(position)}`);
  return payload;
}

function read(payload: string): unknown {
  return boundedJson(Buffer.from(payload, "base64url"), LIMITS);
}

function canRead(payload: string): boolean {
  try {
    read(payload);
    return true;
  } catch {
    return false; // nested too deeply, or with a member that is not allowed
  }
}

// JSON.stringify has already refused cycles.
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every(isPlain);
  const prototype = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && Object.values(value).every(isPlain);
}
