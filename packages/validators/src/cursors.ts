import { createHmac, timingSafeEqual } from "node:crypto";
import { type Clock, type Duration, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions, showValue } from "@seaworthy/core/options";
import { boundedJson } from "./bounded-json.ts";
import { failure } from "./errors.ts";
import { type KeyMaterial, keyBytes } from "./internal/options.ts";
import { type Refused, refuse } from "./internal/refusal.ts";
import { convertedText, type Schema } from "./internal/zod.ts";

/** Options of {@link createCursors}. */
export interface CursorsOptions {
  /** Keys of at least 32 bytes each: the first signs, all are tried in reading, so that keys can be rotated. */
  keys: readonly KeyMaterial[];
  /** What the cursors belong to, such as `"orders"` or `"orders:tenant-7"`: those of another scope are refused. */
  scope: string;
  /** How long a cursor is taken after it was made. @default forever */
  ttl?: Duration;
  clock?: Clock;
}

/** Makes and reads the cursors of one list. */
export interface Cursors<T> {
  /** A position as text for a client, safe in a URL. */
  seal(position: T): string;
  /** @throws VALIDATION_FAILED when the cursor was not made here, for this scope, within its time */
  open(cursor: string): T;
  /** A schema for cursors that gives out the position. Code: `cursor`. */
  schema(): Schema<T, string>;
}

const SHORTEST_KEY = 32;
const LONGEST_CURSOR = 4096;
// A MAC and a dot are 44 characters.
const LONGEST_PAYLOAD = LONGEST_CURSOR - 44;
const LIMITS = { bytes: LONGEST_CURSOR, depth: 4, keys: LONGEST_CURSOR };
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const MAC_BYTES = 32;
// A key that signs other things too makes no cursors by accident.
const PURPOSE = "seaworthy cursor 1";
const MESSAGE = "must be a cursor that this list gave out";

/**
 * Cursors for paging from a position: JSON data of up to 4 KiB, signed with HMAC-SHA-256, given to clients and taken back.
 *
 * Prevents clients from writing positions of their own, which end up in a WHERE clause, and from carrying a cursor from
 * one list or tenant to another. A cursor is signed, not encrypted: who decodes it can read the position. Anything that
 * is wrong with one is the same single issue, code `cursor`.
 *
 * @throws TypeError when an option is out of its bounds, and from `seal` when the position is not plain JSON data
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
  checkOptions("createCursors", options, ["keys", "scope", "ttl", "clock"]);
  const { scope, clock = systemClock } = options;
  // Not shown: what stands in the place of a list of keys is most often a key.
  if (!Array.isArray(options.keys) || options.keys.length === 0)
    throw new TypeError(`keys must be a list of one key or more; got ${kindOf(options.keys)}`);
  const keys = options.keys.map((key) => keyBytes(key, "keys", SHORTEST_KEY));
  if (typeof scope !== "string" || scope === "") throw new TypeError(`scope must be text; got ${showValue(scope)}`);
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
    // Base64 has several spellings of one value; the one that was made is the only one that is taken.
    if (given.toString("base64url") !== mac) return undefined;
    const known = keys.map((key) => timingSafeEqual(sign(key, payload), given));
    if (!known.includes(true)) return undefined;
    const [made, position] = read(payload) as [number, T];
    return ttl === undefined || clock.now() - made <= ttl ? { position } : undefined;
  };
  return {
    seal(position) {
      const payload = write(position, clock);
      return `${payload}.${sign(keys[0] as Uint8Array, payload).toString("base64url")}`;
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
  return Array.isArray(keys) ? "an empty list" : typeof keys === "string" ? "text" : showValue(keys);
}

function write(position: unknown, clock: Clock): string {
  const payload = Buffer.from(JSON.stringify([clock.now(), position]), "utf8").toString("base64url");
  if (payload.length > LONGEST_PAYLOAD) throw new TypeError("position must fit into a cursor of 4 KiB");
  // What comes back must be what was sealed: no undefined, date or NaN passes for it.
  if (!isPlain(position) || !canRead(payload))
    throw new TypeError(`position must be plain JSON data, at most 3 deep; got ${showValue(position)}`);
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
    return false; // nested too deep, or with a member that no cursor may have
  }
}

// JSON.stringify was here before, so there is no cycle.
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every(isPlain);
  const prototype = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && Object.values(value).every(isPlain);
}
