import { type KeyObject, randomBytes } from "node:crypto";
import { isSecret } from "@seaworthy/core";
import { errors } from "../../errors.ts";
import type { RowId } from "../../fields/fields.ts";
import { kindOf, shown } from "../check.ts";
import { lengthPrefixed } from "../crypto/bytes.ts";
import { openGcm, sealGcm, TAG_BYTES } from "../crypto/gcm.ts";
import { VALUE_BYTES } from "../format/limits.ts";

const FORM = 1;
const KEY_BYTES = 4;
const NONCE_BYTES = 12;
const FRONT_BYTES = 1 + KEY_BYTES;
const SHORTEST = FRONT_BYTES + NONCE_BYTES + TAG_BYTES;
const LONGEST_PLACE = 255;
const LONGEST_ROW = 1024;
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** Which value of which record. */
export interface Place {
  readonly scope: string;
  readonly column: string;
  readonly row: RowId;
}

/** Form (1), number of the key (4), nonce (12), ciphertext, tag (16). What stands in front is authenticated, too. */
export function sealField(place: Place, id: number, key: KeyObject, value: Uint8Array): Buffer {
  const front = Buffer.alloc(FRONT_BYTES);
  front[0] = FORM;
  front.writeUInt32BE(id, 1);
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([front, nonce, sealGcm(key, nonce, value, contextOf(front, place))]);
}

/** @throws VAULT_FIELD_INVALID */
export function openField(place: Place, sealed: Buffer, key: KeyObject): Buffer {
  const front = sealed.subarray(0, FRONT_BYTES);
  const nonce = sealed.subarray(FRONT_BYTES, FRONT_BYTES + NONCE_BYTES);
  const value = openGcm(key, nonce, sealed.subarray(FRONT_BYTES + NONCE_BYTES), contextOf(front, place));
  if (value === undefined) throw errors.VAULT_FIELD_INVALID({ scope: place.scope, column: place.column });
  return value;
}

/** The bytes of a sealed field. @throws VAULT_FIELD_INVALID if they cannot be those of one */
export function fieldBytes(sealed: unknown): Buffer {
  const bytes = typeof sealed === "string" ? fromText(sealed) : sealed;
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`sealed must be a string or bytes; got ${shown(sealed)}`);
  const length = bytes.length;
  if (length < SHORTEST || length > SHORTEST + VALUE_BYTES || bytes[0] !== FORM)
    throw errors.VAULT_FIELD_INVALID({ reason: "it is not a sealed field" });
  return Buffer.from(bytes.buffer, bytes.byteOffset, length);
}

/** The number of the key of a sealed field. */
export function keyIdOf(sealed: Buffer): number {
  return sealed.readUInt32BE(1);
}

/** The name of a scope or column. @throws TypeError */
export function checkPlace(what: string, value: unknown): string {
  if (typeof value === "string" && value.length > 0 && value.length <= LONGEST_PLACE && value.isWellFormed())
    return value;
  throw new TypeError(`${what} must be a string of 1 to ${LONGEST_PLACE} characters; got ${shown(value)}`);
}

/** The bytes of a value; of text, its UTF-8. @throws TypeError; no part of the value is in its message */
export function valueBytes(value: unknown): Uint8Array {
  const plain = isSecret(value) ? value.reveal() : value;
  if (typeof plain === "string" && !plain.isWellFormed())
    throw new TypeError("value must be well-formed text; got a lone surrogate");
  const bytes = typeof plain === "string" && plain.length <= VALUE_BYTES ? Buffer.from(plain, "utf8") : plain;
  if (bytes instanceof Uint8Array && bytes.length <= VALUE_BYTES) return bytes;
  throw new TypeError(
    `value must be a string, bytes, or a secret of either, of at most ${VALUE_BYTES} bytes; got ${kindOf(plain)}`,
  );
}

function contextOf(front: Buffer, { scope, column, row }: Place): Buffer {
  return lengthPrefixed("field", front, scope, column, rowText(row));
}

function rowText(row: unknown): string {
  if (typeof row === "bigint" || (typeof row === "number" && Number.isSafeInteger(row))) return String(row);
  if (typeof row === "string" && row.length > 0 && row.length <= LONGEST_ROW && row.isWellFormed()) return row;
  throw new TypeError(`row must be a string of 1 to ${LONGEST_ROW} characters or an integer; got ${shown(row)}`);
}

/** One text for the same bytes: a changed last character that decodes to the same bytes is refused. */
function fromText(sealed: string): Buffer {
  const bytes = BASE64URL.test(sealed) ? Buffer.from(sealed, "base64url") : undefined;
  if (bytes?.toString("base64url") === sealed) return bytes;
  throw errors.VAULT_FIELD_INVALID({ reason: "it is not base64url" });
}
