import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, finiteNumber, showValue } from "@seaworthy/core/options";
import type { AccessClaims, NewToken } from "../tokens/tokens.ts";

const LONGEST = 255;
const LATEST = 8.64e15;
/** Claims that the options or members of another name decide. */
const RESERVED = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub", "sid", "amr", "auth_time"];
const MEMBERS = ["subject", "sessionId", "methods", "authenticatedAt", "tenant"];

/** The claims of a new token by their registered names. @throws TypeError naming the member */
export function claimsOf(token: NewToken): Record<string, unknown> {
  if (typeof token !== "object" || token === null)
    throw new TypeError(`claims must be an object; got ${showValue(token)}`);
  const { subject, sessionId, methods, authenticatedAt, tenant } = token;
  const own = Object.entries(token).filter(([name]) => !MEMBERS.includes(name));
  const taken = own.find(([name]) => RESERVED.includes(name));
  if (taken !== undefined) throw new TypeError(`${taken[0]} must not be among the claims; it has a member of its own`);
  if (methods !== undefined && !isStrings(methods))
    throw new TypeError(`methods must be an array of strings; got ${showValue(methods)}`);
  return withoutUndefined({
    ...Object.fromEntries(own),
    sub: boundedString("subject", subject, 1, LONGEST),
    sid: optional("sessionId", sessionId),
    amr: methods,
    auth_time:
      authenticatedAt === undefined
        ? undefined
        : Math.floor(finiteNumber("authenticatedAt", authenticatedAt, 0, LATEST) / 1000),
    tenant: optional("tenant", tenant),
  });
}

/** The claims of a token whose signature is right; `undefined` if one that is required is missing or malformed. */
export function readClaims(payload: Readonly<Record<string, unknown>>): AccessClaims | undefined {
  const {
    sub,
    jti,
    iat,
    exp,
    sid,
    amr,
    auth_time: authTime,
    tenant,
    iss: _issuer,
    aud: _audience,
    nbf,
    ...claims
  } = payload;
  if (!isText(sub) || !isText(jti) || !isTime(iat) || !isTime(exp)) return undefined;
  if (nbf !== undefined && !isTime(nbf)) return undefined;
  if (![sid, tenant].every((text) => text === undefined || isText(text))) return undefined;
  if (amr !== undefined && !isStrings(amr)) return undefined;
  if (authTime !== undefined && !isTime(authTime)) return undefined;
  return withoutUndefined({
    subject: sub,
    jti,
    issuedAt: iat * 1000,
    expiresAt: exp * 1000,
    sessionId: isText(sid) ? sid : undefined,
    methods: amr,
    authenticatedAt: authTime === undefined ? undefined : authTime * 1000,
    tenant: isText(tenant) ? tenant : undefined,
    claims,
  });
}

function optional(name: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : boundedString(name, value, 1, LONGEST);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= LONGEST;
}

/** Seconds since the Unix epoch, within the range of a `Date`. */
function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= LATEST / 1000;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
