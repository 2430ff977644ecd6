import { isObject } from "@seaworthy/core/objects";

/** The parts of a signed token that are looked at before its signature. */
export interface CompactParts {
  readonly header: Readonly<Record<PropertyKey, unknown>>;
  readonly payload: Readonly<Record<PropertyKey, unknown>>;
}

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Takes a JWS in compact form apart, or returns why it cannot be one. A part whose last character has bits that stand for
 * nothing is refused: the same token would have several spellings, of which a list of revoked ones knows one.
 */
export function readCompact(token: unknown, longest: number): CompactParts | string {
  if (typeof token !== "string") return "the token is not a string";
  if (token.length > longest) return `the token has more than ${longest} characters`;
  if (!COMPACT.test(token)) return "the token is not in compact form";
  const parts = token.split(".");
  if (!parts.every((part) => Buffer.from(part, "base64url").toString("base64url") === part))
    return "the token is not in canonical form";
  const [header, payload] = parts.map(readJson);
  if (!isObject(header) || !isObject(payload)) return "the header or the payload is not a JSON object";
  return { header, payload };
}

function readJson(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return undefined;
  }
}
