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

/** Members of an account that {@link AccountStore.updateUser} replaces. `null` removes an optional member. */
export interface UserChanges {
  email?: string;
  passwordHash?: string | null;
  status?: UserStatus;
  /** Makes a pending account active, and leaves every other status as it is. Not together with `status`. */
  activate?: boolean;
  roles?: readonly string[];
  tenant?: string | null;
  emailVerifiedAt?: number | null;
  totp?: StoredTotp | null;
  /** Replaces the recovery codes of an account with a second factor, and leaves the rest of it as it is. */
  recovery?: readonly string[];
}

/** How many failures lock an account, and for how long in milliseconds. */
export interface LockoutPolicy {
  readonly failures: number;
  readonly for: number;
}

/** Accounts, the count of failed logins, and the second factor. */
export interface AccountStore {
  /** Resolves with `false` if the id or the e-mail address is taken. */
  createUser(user: StoredUser): Promise<boolean>;
  findUser(id: string): Promise<StoredUser | undefined>;
  findUserByEmail(email: string): Promise<StoredUser | undefined>;
  /** Resolves with the changed account, with `undefined` if there is none, with `"taken"` if the new address is. */
  updateUser(id: string, changes: UserChanges): Promise<StoredUser | "taken" | undefined>;
  /** Replaces the hash if it is still `expected`; `undefined` means that there is none. */
  replacePasswordHash(id: string, expected: string | undefined, next: string): Promise<boolean>;
  /**
   * Begins or confirms a second factor: replaces the one that is not confirmed and has the secret `expected`; `undefined` means
   * that there is none. Resolves with `false` if there is another one, or if it was confirmed meanwhile.
   */
  replacePendingTotp(id: string, expected: string | undefined, next: StoredTotp): Promise<boolean>;
  /** Removes the account with its sessions, tokens, secrets, passkeys, identities and keys. */
  deleteUser(id: string): Promise<boolean>;

  /**
   * Counts one attempt before the password is compared, so that parallel guesses cannot exceed the limit. Resolves with
   * `false` while the account is locked, which does not extend the lock, and if there is no account. The attempt that
   * reaches `policy.failures` locks the account from then on. The first attempt after the end of a lock begins a new count.
   *
   * @throws TypeError (as a rejection) in an open transaction, whose rollback would forget the attempt
   */
  beginAttempt(id: string, now: number, policy: LockoutPolicy): Promise<boolean>;
  /** Takes one attempt back that guessed nothing, and the lock that it caused. */
  undoAttempt(id: string): Promise<void>;
  /** Forgets the counted attempts and the lock, after a success. */
  clearAttempts(id: string): Promise<void>;
  /**
   * Takes a time step of the second factor. Resolves with `false` if it is not newer than the last one.
   *
   * @throws TypeError (as a rejection) in an open transaction, whose rollback would make the code valid again
   */
  takeTotpStep(id: string, step: number): Promise<boolean>;
  /**
   * Removes a recovery code by its hash. Resolves with `false` if it is not there.
   *
   * @throws TypeError (as a rejection) in an open transaction, whose rollback would make the code valid again
   */
  takeRecoveryCode(id: string, hash: string): Promise<boolean>;

  /** The devices and networks that an account was used from: the 100 that were seen last. */
  origins(userId: string): Promise<readonly string[]>;
  /** Remembers devices or networks of an account. An account that does not exist has none. */
  noteOrigins(userId: string, origins: readonly string[], at: number): Promise<void>;
}
