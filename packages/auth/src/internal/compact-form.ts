import { isObject } from "@seaworthy/core/objects";

/** Characters of the longest token that is looked at. */
const LONGEST_TOKEN = 8192;
const SEGMENTS = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Why a token is refused. */
export type TokenFault =
  | "malformed"
  | "oversize"
  | "header"
  | "algorithm"
  | "type"
  | "key"
  | "signature"
  | "claims"
  | "issuer"
  | "audience"
  | "early";

/** The header that tokens of this package have: these members, and no other. */
export interface TokenHeader {
  readonly alg: string;
  readonly typ: string;
  readonly kid: string;
}

/** The parts of a compact serialization (RFC 7515, section 7.1), still in base64url. */
export interface CompactToken {
  readonly header: string;
  readonly payload: string;
}

/**
 * Splits a token in compact form. There must be one text for each token, so that it cannot be changed and still be accepted: some
 * decoders ignore the bits of a last character that make no byte.
 */
export function readCompact(token: unknown): CompactToken | TokenFault {
  if (typeof token !== "string") return "malformed";
  if (token.length > LONGEST_TOKEN) return "oversize";
  const [, header, payload, signature] = SEGMENTS.exec(token) ?? [];
  if (header === undefined || payload === undefined || signature === undefined) return "malformed";
  return [header, payload, signature].every(isCanonical) ? { header, payload } : "malformed";
}

/** Whether base64url text without padding is the one that its bytes have. */
function isCanonical(text: string): boolean {
  const rest = text.length % 4;
  if (rest === 0) return true;
  const unused = rest === 2 ? 15 : 3;
  return rest !== 1 && (DIGITS.indexOf(text.at(-1) ?? "") & unused) === 0;
}

/**
 * A header that has `alg`, `typ` and `kid` and nothing else. Members that name a key (`jwk`, `jku`, `x5c`, `x5u`) or ask for an
 * extension (`crit`, `b64`, `zip`) are thereby refused, whatever they say.
 */
export function readHeader(text: string): TokenHeader | undefined {
  const header = readJson(text);
  if (header === undefined || Object.keys(header).length !== 3) return undefined;
  const { alg, typ, kid } = header;
  return typeof alg === "string" && typeof typ === "string" && typeof kid === "string" ? { alg, typ, kid } : undefined;
}

/**
 * The members of an object in base64url, as one text says them: a member that is there twice is read differently by different parsers, so
 * the text has to be what `JSON.stringify` writes.
 */
export function readJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json = decoder.decode(Buffer.from(text, "base64url"));
    const value: unknown = JSON.parse(json);
    return isObject(value) && !Array.isArray(value) && JSON.stringify(value) === json ? value : undefined;
  } catch {
    return undefined;
  }
}
