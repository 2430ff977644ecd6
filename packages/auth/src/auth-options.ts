import type { AuditSink, Clock, Duration, Limiter } from "@seaworthy/core";
import type { AuthUser } from "./auth.ts";
import type { Mailer } from "./mailers/mailer.ts";
import type { Passwords, PasswordsOptions } from "./passwords/passwords.ts";
import type { AuthStore } from "./stores/store.ts";
import type { Tokens, TokensOptions } from "./tokens/tokens.ts";

/** How long sessions last. */
export interface SessionLimits {
  /** A session ends if it is not used for this long. @default "7d" */
  idle?: Duration;
  /** A session ends this long after the login, however much it is used. @default "30d" */
  absolute?: Duration;
  /** How long a used refresh token still gets the same successor, 0 to 1 minute. @default "10s" */
  grace?: Duration;
  /** How exactly the last use is known: it is written at most once per this time. @default "1m" */
  touchEvery?: Duration;
}

/** Budgets of attempts. Each is a limiter of the host. */
export interface AuthLimiters {
  /** Counts attempts per address, whatever the account. */
  address?: Limiter;
  /** Counts attempts per pair of address and account. */
  pair?: Limiter;
}

/** Where the links of mails lead. The token is best put behind `#`, where no server logs it. */
export interface AuthLinks {
  verifyEmail(token: string): string;
  resetPassword(token: string): string;
}

/** What a mail is about. */
export interface AuthMail {
  purpose: "verify-email" | "account-exists" | "reset-password" | "password-changed" | "login-code";
  to: string;
  link?: string;
  code?: string;
}

/** Something unusual about a login that is right otherwise, or a refresh token that was used twice. */
export interface Anomaly {
  readonly kinds: readonly ("new-device" | "new-network" | "refresh-reused")[];
  readonly user: AuthUser;
  readonly address?: string;
  readonly userAgent?: string;
}

/** What has to happen at a login with an anomaly. */
export type AnomalyVerdict = "allow" | "second-factor" | "refuse";

/** The second factor of authenticator apps. */
export interface AuthTotpOptions {
  /** The name that the app shows, such as `"Harbor"`: 1 to 64 characters without a colon. */
  issuer: string;
  /** Encrypts the shared secrets in the store: at least 32 bytes. Of several, the first one encrypts. */
  key: string | Uint8Array | readonly (string | Uint8Array)[];
}

/** The session cookie. */
export interface SessionCookieOptions {
  /** Without the prefix `__Host-`, which is put in front of it: 1 to 64 letters, digits, `_` or `-`. @default "session" */
  name?: string;
  /** @default "Lax" */
  sameSite?: "Strict" | "Lax";
}

/** Options of `createAuth`. */
export interface AuthOptions {
  store: AuthStore;
  /** Access tokens: issuer, audience and keys, or what `createTokens` returned. */
  tokens: Tokens | TokensOptions;
  /** What `createPasswords` returned, or its options. @default Argon2id at the parameters that OWASP recommends */
  passwords?: Passwords | PasswordsOptions;
  /** Failures in a row that lock an account, 1 to 100, and how long. @default { failures: 5, for: "30m" } */
  lockout?: { failures?: number; for?: Duration };
  sessions?: SessionLimits;
  cookie?: SessionCookieOptions;
  /** Keeps an entry about each operation, in the transaction of the change if the sink is of the same database. @default none */
  audit?: AuditSink;
  /** Sends the links of verifications and resets. @default none: accounts are active at once, and passwords cannot be reset */
  mailer?: Mailer;
  /** Where links lead. Needed with a mailer, and only with one. */
  links?: AuthLinks;
  /** Subject and text of mails. @default short English texts */
  composeMail?: (mail: AuthMail) => { subject: string; text: string; html?: string };
  /** How long the links of mails are valid. @default { verify: "24h", reset: "1h" } */
  linkLifetime?: { verify?: Duration; reset?: Duration };
  /** Budgets of logins, registrations and requests for mails. One limiter counts both per address and per pair. @default none */
  limiter?: Limiter | AuthLimiters;
  /** Needed for authenticator apps. @default none */
  totp?: AuthTotpOptions;
  /**
   * Decides about a login from a new device or network. A hook that fails, or takes longer than 2 s, demands a second
   * factor. @default every login is allowed
   */
  onAnomaly?: (anomaly: Anomaly) => AnomalyVerdict | undefined | Promise<AnomalyVerdict | undefined>;
  /** How often expired records are removed by a timer. @default never: call `removeExpired()` */
  cleanUpEvery?: Duration;
  /** @default systemClock */
  clock?: Clock;
}
