export { errors } from "./errors.ts";
export { createPasswords } from "./passwords/create-passwords.ts";
export { hashPassword, needsRehash, verifyPassword } from "./passwords/hash-password.ts";
export { pwnedPasswords } from "./passwords/pwned-passwords.ts";

export type { AuthErrorCode } from "./errors.ts";
export type {
  BcryptEngine,
  BreachLookup,
  HashFault,
  PasswordCost,
  PasswordIssue,
  PasswordOwner,
  Passwords,
  PasswordsOptions,
  PasswordVerification,
  Pepper,
} from "./passwords/passwords.ts";
export type { PwnedPasswordsOptions } from "./passwords/pwned-passwords.ts";
export type {
  AuthStore,
  LockoutPolicy,
  Rotation,
  StoredApiKey,
  StoredOnce,
  StoredPasskey,
  StoredRefresh,
  StoredSession,
  StoredTotp,
  StoredUser,
  UserChanges,
  UserStatus,
} from "./stores/store.ts";
