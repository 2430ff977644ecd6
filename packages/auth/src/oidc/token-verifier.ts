import type { Clock, Duration, Principal } from "@seaworthy/core";
import type { FetchFunction } from "../internal/oidc/bounded-fetch.ts";

/** An access token of an outside issuer, after it was verified. */
export interface OutsideToken {
  /** The issuer's id of the user or client. Unique for this issuer only. */
  readonly subject: string;
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly clientId?: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  readonly jti?: string;
  /** All claims, as the issuer wrote them. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A request as far as {@link TokenVerifier.bearer} reads it; what `edge()` passes fits. */
export interface BearerRequest {
  header(name: string): string | undefined;
}

/** Verifies the access tokens of one outside issuer. */
export interface TokenVerifier {
  /**
   * @throws AUTH_TOKEN_INVALID if it is not a token of this issuer for this audience
   * @throws AUTH_TOKEN_EXPIRED if it was one
   * @throws AUTH_ISSUER_UNAVAILABLE if the keys cannot be loaded
   * @throws AUTH_ISSUER_INVALID if the issuer's documents cannot be used
   */
  verify(token: string): Promise<OutsideToken>;
  /**
   * A function for `edge({ authenticate })`: it reads `Authorization: Bearer`, and resolves with `undefined` if a request does
   * not have it.
   */
  bearer(): (request: BearerRequest) => Promise<Principal | undefined>;
}

/** Options of {@link createTokenVerifier}. */
export interface TokenVerifierOptions {
  /** The issuer, exactly as its tokens name it in `iss`. HTTPS, or HTTP on this machine. */
  issuer: string;
  /** What the tokens have to name in `aud`: this service. At least one of several. */
  audience: string | readonly string[];
  /** @default EdDSA, ES256, PS256 and RS256 */
  algorithms?: readonly string[];
  /**
   * What the header `typ` has to be. `"at+jwt"` (RFC 9068) keeps out ID tokens, which are made for clients. Some providers write
   * `"JWT"` in both; then see to it that the audience of the service is not a client id. @default ["at+jwt"]
   */
  types?: readonly string[];
  /** Where the keys are, if the issuer has no discovery document. @default `jwks_uri` of the discovery document */
  jwksUri?: string;
  /** How far the clocks may differ, 0 to 5 minutes. @default "5s" */
  clockTolerance?: Duration;
  /** Longest token that is looked at, 256 to 65536 characters. @default 16384 */
  maxLength?: number;
  /** Makes the principal of `bearer()`. @default `{ id: subject, issuer, clientId, scopes }` */
  principal?: (token: OutsideToken) => Principal;
  /** How long the keys and the discovery document are used without being loaded again. @default "10m" */
  cacheFor?: Duration;
  /** How long they are used if the issuer cannot be reached. @default "24h" */
  staleFor?: Duration;
  /** The least time between two loads, also if tokens name unknown keys. @default "10s" */
  cooldown?: Duration;
  /** How long the issuer may take to answer. @default "5s" */
  timeout?: Duration;
  /** Makes the requests, for proxies and guards. @default the platform's `fetch` */
  fetch?: FetchFunction;
  /** @default systemClock */
  clock?: Clock;
}
