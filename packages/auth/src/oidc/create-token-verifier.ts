import { type Principal, type SeaworthyError, toMilliseconds } from "@seaworthy/core";
import { isObject, withoutUndefined } from "@seaworthy/core/objects";
import {
  boundedString,
  checkOptions,
  finiteNumber,
  integer,
  optionalFunction,
  showValue,
} from "@seaworthy/core/options";
import { type JWTPayload, jwtVerify } from "jose";
import { errors } from "../errors.ts";
import { bearerToken, challenged } from "../internal/bearer.ts";
import { Issuer } from "../internal/oidc/issuer.ts";
import { ISSUER_OPTIONS, issuerPlan } from "../internal/oidc/issuer-options.ts";
import { readCompact } from "../internal/oidc/read-compact.ts";
import { algorithmsOption } from "../internal/oidc/signing-algorithms.ts";
import { outsideTokenEvent } from "../telemetry.ts";
import type { BearerRequest, OutsideToken, TokenVerifier, TokenVerifierOptions } from "./token-verifier.ts";

const OPTIONS = [...ISSUER_OPTIONS, ...["audience", "algorithms", "types", "clockTolerance", "maxLength", "principal"]];
const DEFAULT_ALGORITHMS = ["EdDSA", "Ed25519", "ES256", "PS256", "RS256"];
const LONGEST_TOLERANCE = 300_000;
/** Headers by which a token would name its own key (RFC 7515, section 4.1). */
const KEY_HEADERS = ["jwk", "jku", "x5u"];

/**
 * Verifies the access tokens of an outside issuer, such as an identity provider of the company, with the keys that the issuer
 * publishes.
 *
 * The keys are loaded on the first token, and again when they are old or a token names an unknown one. If the issuer cannot
 * be reached, the keys that are known are used on.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createTokenVerifier } from "@seaworthy/auth/oidc";
 * const verifier = createTokenVerifier({ issuer: "https://login.example.com", audience: "https://api.example.com" });
 * await verifier.verify("not a token").catch((error) => console.log(error.code)); // AUTH_TOKEN_INVALID
 * ```
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  checkOptions("createTokenVerifier", options, OPTIONS);
  const { algorithms = DEFAULT_ALGORITHMS, types = ["at+jwt"], clockTolerance = "5s", maxLength = 16_384 } = options;
  const plan = issuerPlan(options);
  const tolerance = toMilliseconds(clockTolerance, "clockTolerance");
  return new Verifier({
    issuer: new Issuer(plan),
    name: plan.issuer,
    clock: plan.clock,
    audience: words("audience", options.audience),
    algorithms: algorithmsOption("algorithms", algorithms),
    types: words("types", types).map((type) => type.toLowerCase()),
    tolerance: finiteNumber("clockTolerance", tolerance, 0, LONGEST_TOLERANCE) / 1000,
    maxLength: integer("maxLength", maxLength, 256, 65_536),
    principal: optionalFunction("principal", options.principal) ?? principalOf,
  });
}

function words(name: string, value: string | readonly string[]): readonly string[] {
  const found = typeof value === "string" ? [value] : value;
  if (!Array.isArray(found) || found.length === 0)
    throw new TypeError(`${name} must be a string or an array of strings; got ${showValue(value)}`);
  return found.map((word) => boundedString(name, word, 1, 2048));
}

function principalOf({ subject, issuer, clientId, scopes }: OutsideToken): Principal {
  return withoutUndefined({ id: subject, issuer, clientId, scopes });
}

interface VerifierPlan {
  readonly issuer: Issuer;
  readonly name: string;
  readonly clock: { now(): number };
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  readonly types: readonly string[];
  readonly tolerance: number;
  readonly maxLength: number;
  readonly principal: (token: OutsideToken) => Principal;
}

class Verifier implements TokenVerifier {
  readonly #plan: VerifierPlan;

  constructor(plan: VerifierPlan) {
    this.#plan = plan;
  }

  async verify(token: string): Promise<OutsideToken> {
    const refused = this.#refusal(token);
    if (refused !== undefined) throw this.#refuse("AUTH_TOKEN_INVALID", refused);
    const { issuer, name, audience, algorithms, tolerance, clock } = this.#plan;
    try {
      const { payload } = await jwtVerify(token, issuer.key, {
        issuer: name,
        audience: [...audience],
        algorithms: [...algorithms],
        requiredClaims: ["sub", "exp", "iat"],
        clockTolerance: tolerance,
        currentDate: new Date(clock.now()),
      });
      if (typeof payload.sub !== "string" || payload.sub === "") throw new Error("sub is not a string");
      if (outsideTokenEvent.active) outsideTokenEvent.emit({ outcome: "ok" }, undefined, { issuer: name });
      return outsideToken(payload);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  bearer(): (request: BearerRequest) => Promise<Principal | undefined> {
    return async (request) => {
      const token = bearerToken(request.header("authorization"));
      return token === undefined ? undefined : this.#plan.principal(await challenged(() => this.verify(token)));
    };
  }

  /** What can be refused without a key, so that such tokens never cause a request to the issuer. */
  #refusal(token: string): string | undefined {
    const { name, algorithms, types, maxLength } = this.#plan;
    const parts = readCompact(token, maxLength);
    if (typeof parts === "string") return parts;
    const { alg, typ } = parts.header;
    if (typeof alg !== "string" || !algorithms.includes(alg)) return "the algorithm is not allowed";
    // RFC 7515, section 4.1.9: without a slash, "application/" is left out.
    const type = typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : undefined;
    if (type === undefined || !types.includes(type)) return "the type is not one of an access token";
    if (KEY_HEADERS.some((member) => member in parts.header)) return "the token names its own key";
    if (parts.payload.iss !== name) return "the token is of another issuer";
    return undefined;
  }

  #failure(error: unknown): unknown {
    const code = isObject(error) ? error.code : undefined;
    if (code === "AUTH_ISSUER_UNAVAILABLE" || code === "AUTH_ISSUER_INVALID") return error;
    const message = isObject(error) && typeof error.message === "string" ? error.message : "the token is not valid";
    return this.#refuse(code === "ERR_JWT_EXPIRED" ? "AUTH_TOKEN_EXPIRED" : "AUTH_TOKEN_INVALID", message, error);
  }

  #refuse(code: "AUTH_TOKEN_INVALID" | "AUTH_TOKEN_EXPIRED", reason: string, cause?: unknown): SeaworthyError {
    const outcome = code === "AUTH_TOKEN_EXPIRED" ? "expired" : "invalid";
    if (outsideTokenEvent.active) outsideTokenEvent.emit({ outcome }, undefined, { issuer: this.#plan.name, reason });
    return errors[code]({}, { cause });
  }
}

function outsideToken(claims: JWTPayload): OutsideToken {
  const { sub = "", iss = "", aud = [], exp = 0, jti, scope, client_id: clientId } = claims;
  return withoutUndefined({
    subject: sub,
    issuer: iss,
    audience: typeof aud === "string" ? [aud] : aud,
    clientId: typeof clientId === "string" ? clientId : undefined,
    scopes: typeof scope === "string" ? scope.split(" ").filter((word) => word !== "") : [],
    expiresAt: exp * 1000,
    jti,
    claims,
  });
}
