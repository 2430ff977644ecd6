/** What an account may do: only `active` accounts log in. `pending` ones have not verified their e-mail address. */
export type UserStatus = "pending" | "active" | "inactive" | "suspended";

/** An account as the store keeps it. Times are milliseconds since the Unix epoch. */
export interface StoredUser {
  readonly id: string;
  /** Normalized: NFC, lower case. Unique. */
  readonly email: string;
  readonly status: UserStatus;
  /** Absent for accounts that log in through passkeys or another provider only. */
  readonly passwordHash?: string;
  readonly roles: readonly string[];
  readonly tenant?: string;
  readonly emailVerifiedAt?: number;
  readonly createdAt: number;
  /** Logins that failed in a row, counted when they begin. */
  readonly failures: number;
  /** Until when logins are refused. */
  readonly lockedUntil?: number;
  readonly totp?: StoredTotp;
}

/** The second factor of an account. */
export interface StoredTotp {
  /** The shared secret as the service sealed it. */
  readonly secret: string;
  readonly confirmedAt?: number;
  /** The newest time step that was accepted; older ones and itself are replays. */
  readonly lastStep: number;
  /** Hashes of the recovery codes that are left. */
  readonly recovery: readonly string[];
}

/** Members of an account that {@link AuthStore.updateUser} replaces. `null` removes an optional member. */
export interface UserChanges {
  email?: string;
  status?: UserStatus;
  roles?: readonly string[];
  tenant?: string | null;
  emailVerifiedAt?: number | null;
  totp?: StoredTotp | null;
}

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

/** A refresh token. Only its hash is kept. */
export interface StoredRefresh {
  readonly hash: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** When it was exchanged for its successor. */
  readonly usedAt?: number;
  /** Random bytes, from which only the holder of the token can derive the successor again. */
  readonly salt: string;
}

/** What an exchange of a refresh token found. Exactly one caller gets `rotated`. */
export type Rotation =
  | { readonly outcome: "rotated" | "grace" | "reused" | "expired"; readonly refresh: StoredRefresh }
  | { readonly outcome: "unknown" };

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

/** How many failures lock an account, and for how long in milliseconds. */
export interface LockoutPolicy {
  readonly failures: number;
  readonly for: number;
}

/**
 * What the service keeps about accounts. Each method is atomic: of parallel callers it serves each as if they came one
 * after another. A rejection means that nothing was changed.
 */
export interface AuthStore {
  /** A short word for telemetry, such as `"postgres"`. */
  readonly kind: string;

  /** Resolves with `false` if the id or the e-mail address is taken. */
  createUser(user: StoredUser): Promise<boolean>;
  findUser(id: string): Promise<StoredUser | undefined>;
  findUserByEmail(email: string): Promise<StoredUser | undefined>;
  /** Resolves with the changed account, with `undefined` if there is none, with `"taken"` if the new address is. */
  updateUser(id: string, changes: UserChanges): Promise<StoredUser | "taken" | undefined>;
  /** Replaces the hash if it is still `expected`; `undefined` means that there is none. */
  replacePasswordHash(id: string, expected: string | undefined, next: string): Promise<boolean>;
  /** Removes the account with its sessions, tokens, passkeys, identities and keys. */
  deleteUser(id: string): Promise<boolean>;

  /**
   * Counts one attempt before the password is compared, so that parallel guesses cannot exceed the limit. Resolves with
   * `false` while the account is locked; that does not extend the lock. The attempt that reaches `policy.failures` locks
   * the account from then on. The first attempt after the end of a lock begins a new count.
   */
  beginAttempt(id: string, now: number, policy: LockoutPolicy): Promise<boolean>;
  /** Forgets the counted attempts and the lock, after a success. */
  clearAttempts(id: string): Promise<void>;
  /** Takes a time step of the second factor: resolves with `false` if it is not newer than the last one. */
  takeTotpStep(id: string, step: number): Promise<boolean>;
  /** Removes a recovery code by its hash: resolves with `false` if it is not there. */
  takeRecoveryCode(id: string, hash: string): Promise<boolean>;

  /** Keeps a new session and its first refresh token, if it has one. */
  createSession(session: StoredSession, refresh?: StoredRefresh): Promise<void>;
  /** The session, also an ended one, with its account, in one read. */
  findSession(id: string): Promise<{ session: StoredSession; user: StoredUser } | undefined>;
  findSessionByCookie(hash: string): Promise<{ session: StoredSession; user: StoredUser } | undefined>;
  /** The sessions that have neither ended nor expired, the one used last first. */
  sessions(userId: string, now: number): Promise<readonly StoredSession[]>;
  /** Moves `lastUsedAt` forward, never back. */
  touchSession(id: string, at: number): Promise<void>;
  /** Replaces members of a session that has not ended: after a second factor, a new password, a rotated cookie. */
  updateSession(
    id: string,
    changes: { authenticatedAt?: number; methods?: readonly string[]; cookieHash?: string },
  ): Promise<boolean>;
  /** Ends a session and its refresh tokens; resolves with `false` if it had ended before. */
  endSession(id: string, at: number, by: string): Promise<boolean>;
  /** Ends all sessions of an account, apart from `except`. Resolves with their ids. */
  endSessions(userId: string, at: number, by: string, except?: string): Promise<readonly string[]>;

  /**
   * Exchanges a refresh token for its successor, in one step. `next` is kept only for `rotated`. Within `grace`
   * milliseconds after the exchange the same token gets `grace`, as long as its successor has not been used itself;
   * afterwards `reused`. A token of an ended session is `expired`.
   */
  rotateRefresh(hash: string, next: StoredRefresh, now: number, grace: number): Promise<Rotation>;
  findRefresh(hash: string): Promise<StoredRefresh | undefined>;

  /** Refuses a token by its id from now on, until `expiresAt`. */
  revokeToken(jti: string, expiresAt: number): Promise<void>;
  isTokenRevoked(jti: string): Promise<boolean>;

  putOnce(secret: StoredOnce): Promise<void>;
  /** Removes and returns the secret: exactly one caller gets it, and none after `expiresAt`. */
  takeOnce(hash: string, purpose: string, now: number): Promise<StoredOnce | undefined>;
  /** Removes all secrets of an account for a purpose. */
  dropOnce(userId: string, purpose: string): Promise<void>;

  createApiKey(key: StoredApiKey): Promise<void>;
  findApiKey(id: string): Promise<StoredApiKey | undefined>;
  apiKeys(owner: string): Promise<readonly StoredApiKey[]>;
  touchApiKey(id: string, at: number): Promise<void>;
  /** Replaces the end of a key, for a rotation with overlap. */
  expireApiKey(id: string, expiresAt: number): Promise<boolean>;
  revokeApiKey(id: string, at: number): Promise<boolean>;

  /** Resolves with `false` if the credential id is taken. */
  createPasskey(passkey: StoredPasskey): Promise<boolean>;
  findPasskey(id: string): Promise<StoredPasskey | undefined>;
  passkeys(userId: string): Promise<readonly StoredPasskey[]>;
  /** Moves the counter forward; resolves with `false` if it is not greater (both 0 is allowed, as WebAuthn says). */
  usePasskey(id: string, counter: number, at: number): Promise<boolean>;
  deletePasskey(userId: string, id: string): Promise<boolean>;

  /** The account that an outside provider's subject is linked to. */
  findIdentity(issuer: string, subject: string): Promise<string | undefined>;
  /** Resolves with `false` if the subject is linked to another account. */
  linkIdentity(issuer: string, subject: string, userId: string): Promise<boolean>;
  unlinkIdentity(userId: string, issuer: string): Promise<boolean>;

  /** Remembers a device or network of an account: resolves with `true` if it was not known. */
  noteOrigin(userId: string, origin: string, at: number): Promise<boolean>;

  /** Removes what has expired. Resolves with the number of removed records. */
  removeExpired(now: number): Promise<number>;
  close(): Promise<void>;
}
