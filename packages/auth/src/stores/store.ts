import type { AccountStore, StoredUser } from "./account-store.ts";

export type { AccountStore, LockoutPolicy, StoredTotp, StoredUser, UserChanges, UserStatus } from "./account-store.ts";

/** One login that lasts: a browser or an app. */
export interface StoredSession {
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
  /** Hash of the cookie's value, for sessions of browsers. */
  readonly cookieHash?: string;
  readonly endedAt?: number;
  readonly endedBy?: string;
}

/** A session together with its account, as one read finds them. */
export interface SessionOfUser {
  readonly session: StoredSession;
  readonly user: StoredUser;
  /** Whether the token that was asked about is refused. */
  readonly revoked: boolean;
}

/** The first refresh token of a session. Only its hash is kept. */
export interface NewRefresh {
  readonly hash: string;
  readonly createdAt: number;
  /** The store keeps the end of the session if that is earlier. */
  readonly expiresAt: number;
}

/** The refresh token that follows another one. */
export interface NextRefresh extends NewRefresh {
  /** Random, from which the holder of the former token, and no other party, can derive this token again. */
  readonly salt: string;
}

/** A refresh token. Only its hash is kept. */
export interface StoredRefresh extends NewRefresh {
  readonly sessionId: string;
  readonly userId: string;
  /** When it was exchanged for its successor. */
  readonly usedAt?: number;
  /** The salt of the successor, if there is one. */
  readonly successorSalt?: string;
}

/** What an exchange of a refresh token found. Exactly one caller gets `rotated`. */
export type Rotation =
  | { readonly outcome: "rotated" | "grace" | "reused" | "expired"; readonly refresh: StoredRefresh }
  | { readonly outcome: "unknown" };

/** What comes with a new session. */
export interface NewSession {
  readonly session: StoredSession;
  readonly refresh?: NewRefresh;
  /** The hash against which the password was compared: a password that was changed meanwhile opens no session. */
  readonly passwordHash?: string;
}

/** A secret that is sent out and comes back once: a link in a mail, a challenge, a state of a login elsewhere. */
export interface StoredOnce {
  readonly hash: string;
  readonly purpose: string;
  readonly userId?: string;
  readonly expiresAt: number;
  /** JSON-safe. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A key of a machine. */
export interface StoredApiKey {
  readonly id: string;
  readonly hash: string;
  readonly owner: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly lastUsedAt?: number;
  readonly revokedAt?: number;
}

/** A passkey (WebAuthn credential). */
export interface StoredPasskey {
  /** Credential id, base64url. */
  readonly id: string;
  readonly userId: string;
  /** COSE public key, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly backedUp: boolean;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

/** Sessions, refresh tokens and refused access tokens. */
export interface SessionStore {
  /**
   * Keeps a new session and its first refresh token, if it has one. Resolves with `false` if the account is not active,
   * or if its password hash is not `passwordHash`.
   */
  createSession(made: NewSession): Promise<boolean>;
  /** The session, also an ended one, with its account, and whether the token `jti` is refused: in one read. */
  findSession(id: string, jti?: string): Promise<SessionOfUser | undefined>;
  findSessionByCookie(hash: string): Promise<SessionOfUser | undefined>;
  /** The sessions that have neither ended nor expired, the one used last first. */
  sessions(userId: string, now: number): Promise<readonly StoredSession[]>;
  /** Moves `lastUsedAt` forward, never back, and replaces the address, if there is one. */
  touchSession(id: string, at: number, address?: string): Promise<void>;
  /** Replaces members of a session that has not ended: after a second factor, a new password, a rotated cookie. */
  updateSession(
    id: string,
    changes: { authenticatedAt?: number; methods?: readonly string[]; cookieHash?: string },
  ): Promise<boolean>;
  /** Ends a session and its refresh tokens. Resolves with `false` if it had ended before. */
  endSession(id: string, at: number, by: string): Promise<boolean>;
  /** Ends all sessions of an account, apart from `except`. Resolves with their ids. */
  endSessions(userId: string, at: number, by: string, except?: string): Promise<readonly string[]>;

  /**
   * Exchanges a refresh token for its successor, in one step. `next` is kept only for `rotated`. Within `grace`
   * milliseconds after the exchange the same token gets `grace`, as long as its successor has not been used itself;
   * afterwards `reused`. A token of an ended session is `expired`.
   *
   * @throws TypeError (as a rejection) in an open transaction, whose rollback would make the token valid again
   */
  rotateRefresh(hash: string, next: NextRefresh, now: number, grace: number): Promise<Rotation>;

  /** Refuses a token by its id from now on, until `expiresAt`. */
  revokeToken(jti: string, expiresAt: number): Promise<void>;
  isTokenRevoked(jti: string): Promise<boolean>;
}

/** Secrets that are sent out and come back once. */
export interface OnceStore {
  putOnce(secret: StoredOnce): Promise<void>;
  /** The secret, which stays, unless it has expired. */
  findOnce(hash: string, purpose: string, now: number): Promise<StoredOnce | undefined>;
  /** Removes and returns the secret: exactly one caller gets it, and none after `expiresAt`. */
  takeOnce(hash: string, purpose: string, now: number): Promise<StoredOnce | undefined>;
  /** Removes all secrets of an account for a purpose. */
  dropOnce(userId: string, purpose: string): Promise<void>;
}

/** Keys of machines. */
export interface StoredApiKeys {
  createApiKey(key: StoredApiKey): Promise<void>;
  findApiKey(id: string): Promise<StoredApiKey | undefined>;
  /** The keys of an owner, the newest first. */
  apiKeys(owner: string): Promise<readonly StoredApiKey[]>;
  /** Moves `lastUsedAt` forward, never back. */
  touchApiKey(id: string, at: number): Promise<void>;
  /** Replaces the end of a key, for a rotation with overlap. */
  expireApiKey(id: string, expiresAt: number): Promise<boolean>;
  /** Resolves with `false` if it was revoked before. */
  revokeApiKey(id: string, at: number): Promise<boolean>;
}

/** Passkeys. */
export interface PasskeyStore {
  /** Resolves with `false` if the credential id is taken, or if there is no such account. */
  createPasskey(passkey: StoredPasskey): Promise<boolean>;
  findPasskey(id: string): Promise<StoredPasskey | undefined>;
  /** The passkeys of an account, the oldest first. */
  passkeys(userId: string): Promise<readonly StoredPasskey[]>;
  /** Moves the counter forward. Resolves with `false` if it is not greater (both 0 is allowed, as WebAuthn says). */
  usePasskey(id: string, counter: number, at: number): Promise<boolean>;
  deletePasskey(userId: string, id: string): Promise<boolean>;
}

/** Accounts of outside providers that are linked to accounts here. */
export interface IdentityStore {
  /** The account that an outside provider's subject is linked to. */
  findIdentity(issuer: string, subject: string): Promise<string | undefined>;
  /** Resolves with `false` if the subject is linked to another account, or if there is no such account. */
  linkIdentity(issuer: string, subject: string, userId: string): Promise<boolean>;
  unlinkIdentity(userId: string, issuer: string): Promise<boolean>;
}

/**
 * What the service keeps about accounts. Each method is atomic: of parallel callers it serves each as if they came one
 * after another. A rejection means that nothing was changed.
 */
export interface AuthStore extends AccountStore, SessionStore, OnceStore, StoredApiKeys, PasskeyStore, IdentityStore {
  /** A short word for telemetry, such as `"postgres"`. */
  readonly kind: string;
  /**
   * Runs `fn` so that what its calls of this store change is kept together, or not at all if it rejects. It is part of the
   * transaction of the database that is open, if there is one.
   */
  transaction<T>(fn: () => Promise<T>): Promise<T>;
  /** Removes what has expired, and sessions that ended a day ago. Resolves with the number of removed records. */
  removeExpired(now: number): Promise<number>;
  close(): Promise<void>;
}
