import { createHmac, timingSafeEqual } from "node:crypto";
import { errors } from "../errors.ts";

/** What cursors of one list have in common. */
export interface CursorKey {
  readonly key: string | Uint8Array | undefined;
  /** The order that the position belongs to. */
  readonly order: readonly string[];
}

const LONGEST = 4096;
const TAG_BYTES = 16;

/** An opaque cursor: the position and its order as JSON in base64url, with a tag in front if there is a key. */
export function writeCursor(position: readonly string[], cursor: CursorKey): string {
  const body = Buffer.from(JSON.stringify([cursor.order, position]));
  return (cursor.key === undefined ? body : Buffer.concat([tagOf(body, cursor.key), body])).toString("base64url");
}

/** The position of a cursor. It comes from a client, so that anything may be wrong with it. */
export function readCursor(text: unknown, cursor: CursorKey): string[] {
  if (typeof text !== "string" || text.length > LONGEST || !/^[\w-]+$/.test(text))
    throw errors.POSTGRES_CURSOR_INVALID();
  const bytes = Buffer.from(text, "base64url");
  const body = cursor.key === undefined ? bytes : bytes.subarray(TAG_BYTES);
  if (cursor.key !== undefined) {
    const tag = bytes.subarray(0, TAG_BYTES);
    if (tag.length !== TAG_BYTES || !timingSafeEqual(tag, tagOf(body, cursor.key)))
      throw errors.POSTGRES_CURSOR_INVALID();
  }
  const [order, position] = parse(body);
  const fits = JSON.stringify(order) === JSON.stringify(cursor.order);
  if (!fits || !Array.isArray(position) || position.length !== cursor.order.length)
    throw errors.POSTGRES_CURSOR_INVALID();
  // PostgreSQL has no text with a null character.
  return position.map((value: unknown) => {
    if (typeof value !== "string" || value.includes("\0")) throw errors.POSTGRES_CURSOR_INVALID();
    return value;
  });
}

function parse(body: Buffer): unknown[] {
  try {
    const value: unknown = JSON.parse(body.toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

const tagOf = (body: Buffer, key: string | Uint8Array): Buffer =>
  createHmac("sha256", key).update("seaworthy.cursor.v1\0").update(body).digest().subarray(0, TAG_BYTES);
