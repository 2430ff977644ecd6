import type { Principal } from "@seaworthy/core";
import type { UserStatus } from "./stores/store.ts";

/** An account as hosts see it, without secrets. Times are milliseconds since the Unix epoch. */
export interface AuthUser {
  readonly id: string;
  readonly email: string;
  readonly status: UserStatus;
  readonly roles: readonly string[];
  readonly tenant?: string;
  readonly emailVerifiedAt?: number;
  readonly createdAt: number;
  /** Until when logins are refused after too many failures. */
  readonly lockedUntil?: number;
  /** Whether a login needs a code of an authenticator app. */
  readonly totp: boolean;
}

/** A session as hosts see it, without secrets. Times are milliseconds since the Unix epoch. */
export interface AuthSession {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  /** The end that no use postpones. */
  readonly expiresAt: number;
  /** When a password or a second factor was last shown. */
  readonly authenticatedAt: number;
  /** What was shown: `"pwd"`, `"otp"`, `"hwk"`, `"fed"` (RFC 8176 and OpenID Connect). */
  readonly methods: readonly string[];
  readonly device?: string;
  readonly address?: string;
  readonly userAgent?: string;
}

/** Who makes a request, read from the store: roles and tenant are those of this moment, not those of the login. */
export interface AuthPrincipal extends Principal {
  readonly id: string;
  readonly roles: readonly string[];
  readonly tenant?: string;
  readonly sessionId: string;
  /** What was shown at the login: `"pwd"`, `"otp"`, `"hwk"`, `"fed"`. */
  readonly methods: readonly string[];
  /** When it was shown, in milliseconds since the Unix epoch. */
  readonly authenticatedAt: number;
}

/** What is known about the client of a call. */
export interface ClientFacts {
  /** IP address. @default the address of the context's client */
  ip?: string;
  /** @default the user agent of the context's client */
  userAgent?: string;
  /** A name for the list of sessions, such as `"Ada's phone"`: 1 to 200 characters. */
  device?: string;
}

/** Input of {@link Auth.register}. */
export interface RegisterInput extends ClientFacts {
  email: string;
  password: string;
}

/** What the host decides about a new account. It is not part of {@link RegisterInput}, which comes from a client. */
export interface NewAccount {
  /** @default [] */
  roles?: readonly string[];
  tenant?: string;
}

/**
 * The outcome of a registration. With a mailer it is `"pending"` for every address, also for one that has an account: only
 * its mailbox learns which.
 */
export type Registration = { readonly status: "pending" } | { readonly status: "active"; readonly user: AuthUser };

/** Input of {@link Auth.login}. */
export interface LoginInput extends ClientFacts {
  email: string;
  password: string;
  /** A code of the authenticator app, a recovery code, or the code of a mail. */
  totp?: string;
}

/** A login with tokens. */
export interface Login {
  readonly user: AuthUser;
  readonly session: AuthSession;
  readonly accessToken: string;
  /** When the access token expires, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  readonly refreshToken: string;
}

/** A login with a cookie. */
export interface CookieLogin {
  readonly user: AuthUser;
  readonly session: AuthSession;
  /** A `Set-Cookie` header. */
  readonly cookie: string;
}

/** A login whose proof is not a password: a passkey, or an outside provider. */
export interface SessionInput extends ClientFacts {
  userId: string;
  /** What was shown, such as `["hwk"]` or `["fed"]`. */
  methods: readonly string[];
  /** A code, if the hook for anomalies demands a second factor. */
  totp?: string;
}

/** Input of {@link Auth.changePassword}. */
export interface ChangePasswordInput extends ClientFacts {
  userId: string;
  /** The session that stays. @default none: all sessions end */
  sessionId?: string;
  current: string;
  password: string;
}

/** The other half of an enrollment: what the authenticator app needs. */
export interface TotpEnrolment {
  /** Base32. */
  readonly secret: string;
  /** For a QR code. */
  readonly uri: string;
}

/** A request as {@link Auth.bearer} and {@link Auth.cookie} read it; the request of `edge()` of `@seaworthy/http` fits. */
export interface AuthRequest {
  readonly method: string;
  readonly address?: string;
  header(name: string): string | undefined;
}

/** Options of {@link Auth.cookie}. */
export interface CookieAuthOptions {
  /**
   * Other origins whose pages may send unsafe requests with the cookie. `false` checks no origins, because the edge does.
   * @default none
   */
  origins?: readonly string[] | false;
}

/** Accounts, logins and sessions. */
export interface Auth extends AsyncDisposable {
  /**
   * Makes an account. With a mailer it is pending until its e-mail address is verified.
   *
   * @throws AUTH_PASSWORD_REJECTED with `context.issues`
   * @throws AUTH_EMAIL_TAKEN if the address has an account, and there is no mailer that could tell its owner
   * @throws AUTH_RATE_LIMITED, AUTH_BUSY
   * @throws TypeError if the input is malformed
   */
  register(input: RegisterInput, account?: NewAccount): Promise<Registration>;
  /** Sends another link for the verification. The answer is the same for every address. */
  requestEmailVerification(input: { email: string } & ClientFacts): Promise<void>;
  /**
   * Verifies an e-mail address with the token of a mail, and activates a pending account.
   *
   * @throws AUTH_TOKEN_INVALID if the token is unknown, used or expired
   */
  verifyEmail(token: string): Promise<AuthUser>;

  /**
   * Compares a password and, where one is needed, a second factor, and begins a session.
   *
   * @throws AUTH_INVALID_CREDENTIALS if the account is unknown or locked, or if the password is wrong
   * @throws AUTH_EMAIL_UNVERIFIED, AUTH_INACTIVE, AUTH_SUSPENDED after the right password only
   * @throws AUTH_TOTP_REQUIRED if `totp` is missing; `context.method` says whether an app or a mail has the code
   * @throws AUTH_TOTP_INVALID, AUTH_TOTP_REPLAYED if it is wrong or was used before
   * @throws AUTH_RATE_LIMITED, AUTH_BUSY
   */
  login(input: LoginInput): Promise<Login>;
  /** The same for browsers: the session is in a cookie, and there are no tokens. */
  loginWithCookie(input: LoginInput): Promise<CookieLogin>;
  /**
   * Begins a session for an account that proved itself otherwise: with a passkey, or at an outside provider.
   *
   * @throws AUTH_INVALID_CREDENTIALS if the account is unknown
   * @throws AUTH_EMAIL_UNVERIFIED, AUTH_INACTIVE, AUTH_SUSPENDED
   */
  startSession(input: SessionInput): Promise<Login>;
  /** The same with a cookie. */
  startCookieSession(input: SessionInput): Promise<CookieLogin>;
  /**
   * Exchanges a refresh token for a new one and a new access token. Within the grace, a repeated or parallel exchange gets
   * the same successor. A token that is used after that ends its session.
   *
   * @throws AUTH_TOKEN_INVALID, AUTH_TOKEN_EXPIRED, AUTH_REFRESH_REUSED
   */
  refresh(token: string, client?: ClientFacts): Promise<Login>;
  /**
   * Who an access token belongs to. Session, roles and status are read from the store.
   *
   * @throws AUTH_TOKEN_INVALID, AUTH_TOKEN_EXPIRED, AUTH_TOKEN_REVOKED
   */
  authenticate(accessToken: string): Promise<AuthPrincipal>;

  /** For `edge({ authenticate })`: the principal of the `Authorization` header, if there is one. */
  bearer(): (request: AuthRequest) => Promise<AuthPrincipal | undefined>;
  /** For `edge({ authenticate })`: the principal of the session cookie, if there is one. */
  cookie(options?: CookieAuthOptions): (request: AuthRequest) => Promise<AuthPrincipal | undefined>;
  /** A new cookie for a session, in place of the old one: for after a change of privileges. `undefined` if it has ended. */
  renewCookie(sessionId: string): Promise<string | undefined>;
  /** A `Set-Cookie` header that removes the cookie, for after a logout. */
  clearCookie(): string;

  /** Ends a session. Resolves with `false` if it had ended, or if it is not one of `userId`. */
  logout(sessionId: string, options?: { userId?: string }): Promise<boolean>;
  /** Ends all sessions of an account, apart from `except`. Resolves with their number. */
  logoutAll(userId: string, options?: { except?: string }): Promise<number>;
  /** The sessions that are open, the one used last first. */
  sessions(userId: string): Promise<readonly AuthSession[]>;
  /**
   * Refuses one access token from now on. Its session goes on.
   *
   * @throws AUTH_TOKEN_INVALID, AUTH_TOKEN_EXPIRED
   */
  revoke(accessToken: string): Promise<void>;

  /**
   * Replaces a password and ends the other sessions. Resolves with a new cookie if `sessionId` is a session with one.
   *
   * @throws AUTH_INVALID_CREDENTIALS if the current password is wrong, or the account is locked
   * @throws AUTH_PASSWORD_REJECTED with `context.issues`
   */
  changePassword(input: ChangePasswordInput): Promise<{ readonly cookie?: string }>;
  /** Sends a link for a new password. Answer and time are the same for every address. */
  requestPasswordReset(input: { email: string } & ClientFacts): Promise<void>;
  /**
   * Sets a new password with the token of a mail, ends all sessions and lifts a lock.
   *
   * @throws AUTH_TOKEN_INVALID if the token is unknown, used or expired
   * @throws AUTH_PASSWORD_REJECTED with `context.issues`; the token stays valid
   */
  resetPassword(input: { token: string; password: string } & ClientFacts): Promise<void>;

  findUser(userId: string): Promise<AuthUser | undefined>;
  findUserByEmail(email: string): Promise<AuthUser | undefined>;
  /** Every status but `"active"` ends the sessions at once. Resolves with `undefined` if there is no such account. */
  setStatus(userId: string, status: UserStatus): Promise<AuthUser | undefined>;
  /** Takes effect with the next request. Resolves with `undefined` if there is no such account. */
  setRoles(userId: string, roles: readonly string[]): Promise<AuthUser | undefined>;
  /** Removes an account with all that belongs to it. Resolves with `false` if there is none. */
  deleteUser(userId: string): Promise<boolean>;

  /**
   * Begins the enrollment of an authenticator app. It has no effect until it is confirmed.
   *
   * @throws AUTH_FORBIDDEN if the account has one already
   */
  enrolTotp(userId: string): Promise<TotpEnrolment>;
  /**
   * Completes the enrollment with the first code. Resolves with recovery codes, which are shown once, and with a new cookie
   * if `sessionId` is a session with one.
   *
   * @throws AUTH_TOTP_INVALID, AUTH_TOTP_REPLAYED
   */
  confirmTotp(
    userId: string,
    code: string,
    options?: { sessionId?: string },
  ): Promise<{ readonly recoveryCodes: readonly string[]; readonly cookie?: string }>;
  /**
   * Removes the authenticator app, with a code of it or a recovery code.
   *
   * @throws AUTH_TOTP_INVALID, AUTH_TOTP_REPLAYED
   */
  disableTotp(userId: string, code: string): Promise<void>;
  /** Makes new recovery codes with a code of the app; the old ones no longer work. */
  renewRecoveryCodes(userId: string, code: string): Promise<readonly string[]>;

  /** Removes expired sessions, tokens and secrets. Resolves with the number of removed records. */
  removeExpired(): Promise<number>;
  /** Ends the clean-up and waits for mails that are on their way. The store is closed by its owner. */
  close(): Promise<void>;
}
