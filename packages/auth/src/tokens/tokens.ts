import type { Clock, Duration } from "@seaworthy/core";
import type { KeyRing } from "./key-ring.ts";

/** What a new token says, apart from what the options say. Other members become claims of their own name. */
export interface NewToken {
  /** Id of the account or service: 1 to 255 characters. */
  readonly subject: string;
  readonly sessionId?: string;
  /** How the subject authenticated, such as `["pwd", "otp"]` (RFC 8176). */
  readonly methods?: readonly string[];
  /** When it did, in milliseconds since the Unix epoch. */
  readonly authenticatedAt?: number;
  readonly tenant?: string;
  readonly [claim: string]: unknown;
}

/** A token that was issued. */
export interface IssuedToken {
  readonly token: string;
  /** Its id, by which it can be revoked. */
  readonly jti: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** What a sound token says. Times are milliseconds since the Unix epoch. */
export interface AccessClaims {
  readonly subject: string;
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly sessionId?: string;
  readonly methods?: readonly string[];
  readonly authenticatedAt?: number;
  readonly tenant?: string;
  /** The claims that have no member of their own. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Options of `createTokens`. */
export interface TokensOptions {
  /** Who issues the tokens: a name or URL of 1 to 255 characters. */
  readonly issuer: string;
  /** Whom they are for; of several, a token of any is accepted, and new ones are for all. */
  readonly audience: string | readonly string[];
  readonly keys: KeyRing;
  /** How long a token holds, 1 s to 24 h, and no longer than `retireAfter` of the keys. @default "15m" */
  readonly ttl?: Duration;
  /** What clocks may differ by, up to 2 min. @default "5s" */
  readonly tolerance?: Duration;
  /** The header's `typ`, so that a token for one purpose is not accepted for another. @default "at+jwt" */
  readonly type?: string;
  readonly clock?: Clock;
}

/** Issues and verifies signed tokens (RFC 7519). */
export interface Tokens {
  /** Milliseconds. */
  readonly ttl: number;
  /**
   * @throws TypeError if a claim is malformed, or has the name of one that the options decide
   * @throws AUTH_STORE_FAILED if the keys cannot be loaded
   */
  issue(token: NewToken): Promise<IssuedToken>;
  /**
   * Accepts the compact form that `issue` writes, and nothing else.
   *
   * @throws AUTH_TOKEN_INVALID if it is not a sound token; `context.reason` says why
   * @throws AUTH_TOKEN_EXPIRED
   * @throws AUTH_STORE_FAILED if the keys cannot be loaded
   */
  verify(token: string): Promise<AccessClaims>;
}
