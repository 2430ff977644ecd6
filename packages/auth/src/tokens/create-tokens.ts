import { randomBytes } from "node:crypto";
import type { Clock } from "@seaworthy/core";
import { toMilliseconds } from "@seaworthy/core";
import {
  boundedString,
  checkOptions,
  clockOption,
  positiveDuration,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import { CompactSign, compactVerify } from "jose";
import { errors } from "../errors.ts";
import { readCompact, readHeader, readJson, type TokenFault, type TokenHeader } from "../internal/compact-form.ts";
import { claimsOf, readClaims } from "../internal/token-claims.ts";
import { tokenEvent } from "../telemetry.ts";
import type { KeyRing, RingKey } from "./key-ring.ts";
import type { AccessClaims, IssuedToken, NewToken, Tokens, TokensOptions } from "./tokens.ts";

const OPTIONS = ["issuer", "audience", "keys", "ttl", "tolerance", "type", "clock"];
const LONGEST_NAME = 255;
const LONGEST_TTL = 86_400_000;
const LONGEST_TOLERANCE = 120_000;
const MOST_CLAIMS = 4096;
const encoder = new TextEncoder();

/**
 * Issues and verifies signed tokens (JWT, RFC 7519) that say who calls. Issuer, audience, type, expiry and id are always
 * required, and a token names only a key of the ring, never brings its own.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createKeyRing, createTokens, memoryKeyStore } from "@seaworthy/auth";
 * const keys = createKeyRing({ rotation: { store: memoryKeyStore() } });
 * const tokens = createTokens({ issuer: "https://shop.example", audience: "shop", keys });
 * const { token } = await tokens.issue({ subject: "u-7", tenant: "t-1" });
 * console.log((await tokens.verify(token)).subject); // u-7
 * ```
 */
export function createTokens(options: TokensOptions): Tokens {
  checkOptions("createTokens", options, OPTIONS);
  const { keys } = options;
  requiredFunction("keys.signingKey", keys?.signingKey);
  requiredFunction("keys.verificationKey", keys.verificationKey);
  const ttl = positiveDuration("ttl", withDefault(options.ttl, "15m"));
  if (ttl < 1000 || ttl > LONGEST_TTL) throw new TypeError(`ttl must be from 1s to 24h; got ${showValue(options.ttl)}`);
  if (ttl > keys.retireAfter)
    throw new TypeError(`ttl must not be longer than retireAfter of the keys, ${keys.retireAfter} ms; got ${ttl} ms`);
  const tolerance = toMilliseconds(withDefault(options.tolerance, "5s"), "tolerance");
  if (tolerance > LONGEST_TOLERANCE) throw new TypeError(`tolerance must be at most 2m; got ${showValue(tolerance)}`);
  return new SignedTokens({
    issuer: boundedString("issuer", options.issuer, 1, LONGEST_NAME),
    audience: audienceOf(options.audience),
    keys,
    ttl,
    tolerance,
    type: boundedString("type", withDefault(options.type, "at+jwt"), 1, 64),
    clock: clockOption("clock", options.clock),
  });
}

function audienceOf(audience: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  if (names.length === 0) throw new TypeError("audience must not be an empty array");
  return names.map((name) => boundedString("audience", name, 1, LONGEST_NAME));
}

interface Plan {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly keys: KeyRing;
  readonly ttl: number;
  readonly tolerance: number;
  readonly type: string;
  readonly clock: Clock;
}

class SignedTokens implements Tokens {
  readonly ttl: number;
  readonly #plan: Plan;
  /** The header of the last sound token, and its text: nearly all tokens have the same. */
  #known: { readonly text: string; readonly header: TokenHeader } | undefined;

  constructor(plan: Plan) {
    this.ttl = plan.ttl;
    this.#plan = plan;
  }

  async issue(token: NewToken): Promise<IssuedToken> {
    const { issuer, audience, keys, type, clock } = this.#plan;
    const own = claimsOf(token);
    const { kid, algorithm, privateKey } = await keys.signingKey();
    const now = Math.floor(clock.now() / 1000);
    const exp = now + Math.floor(this.ttl / 1000);
    const jti = randomBytes(16).toString("base64url");
    const aud = audience.length === 1 ? audience[0] : audience;
    const claims = JSON.stringify({ iss: issuer, aud, iat: now, exp, jti, ...own });
    const payload = encoder.encode(claims);
    if (payload.length > MOST_CLAIMS) throw new TypeError(`claims must be at most ${MOST_CLAIMS} bytes of JSON`);
    const signing = new CompactSign(payload).setProtectedHeader({ alg: algorithm, typ: type, kid });
    return { token: await signing.sign(privateKey), jti, expiresAt: exp * 1000 };
  }

  async verify(token: string): Promise<AccessClaims> {
    const found = await this.#read(token);
    if (typeof found !== "string") return found;
    if (tokenEvent.active) tokenEvent.emit({ reason: found });
    throw found === "expired" ? errors.AUTH_TOKEN_EXPIRED() : errors.AUTH_TOKEN_INVALID({ reason: found });
  }

  async #read(token: string): Promise<AccessClaims | TokenFault | "expired"> {
    const compact = readCompact(token);
    if (typeof compact === "string") return compact;
    const known = this.#known?.text === compact.header ? this.#known.header : undefined;
    const header = known ?? readHeader(compact.header);
    if (header === undefined) return "header";
    if (header.typ !== this.#plan.type) return "type";
    const key = await this.#plan.keys.verificationKey(header.kid);
    if (key === undefined) return "key";
    if (header.alg !== key.algorithm) return "algorithm";
    if (!(await isSigned(token, key))) return "signature";
    if (known === undefined) this.#known = { text: compact.header, header };
    const payload = readJson(compact.payload);
    return payload === undefined ? "claims" : this.#judge(payload);
  }

  #judge(payload: Readonly<Record<string, unknown>>): AccessClaims | TokenFault | "expired" {
    const { issuer, audience, tolerance, clock } = this.#plan;
    const claims = readClaims(payload);
    if (claims === undefined) return "claims";
    if (payload.iss !== issuer) return "issuer";
    const named: readonly unknown[] = Array.isArray(payload.aud) ? payload.aud : [payload.aud];
    if (!audience.some((name) => named.includes(name))) return "audience";
    const now = clock.now();
    const begins = typeof payload.nbf === "number" ? payload.nbf * 1000 : claims.issuedAt;
    // Tokens have whole seconds.
    if (Math.max(begins, claims.issuedAt) > now + tolerance + 1000) return "early";
    return now >= claims.expiresAt + tolerance ? "expired" : claims;
  }
}

async function isSigned(token: string, key: RingKey): Promise<boolean> {
  try {
    await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] });
    return true;
  } catch {
    return false;
  }
}
