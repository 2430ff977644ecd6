export { createAccess } from "./access/create-access.ts";
export { createApiKeys } from "./api-keys/create-api-keys.ts";
export { createAuth } from "./create-auth.ts";
export { errors } from "./errors.ts";
export { fileMailer } from "./mailers/file-mailer.ts";
export { createPasswords } from "./passwords/create-passwords.ts";
export { hashPassword, needsRehash, verifyPassword } from "./passwords/hash-password.ts";
export { pwnedPasswords } from "./passwords/pwned-passwords.ts";
export { qrCodeSvg } from "./qr-code.ts";
export { memoryAuthStore } from "./stores/memory-store.ts";
export { createKeyRing } from "./tokens/create-key-ring.ts";
export { createTokens } from "./tokens/create-tokens.ts";
export { memoryKeyStore } from "./tokens/memory-key-store.ts";
export { findRecoveryCode, generateRecoveryCodes } from "./totp/recovery-codes.ts";
export { generateTotp, generateTotpSecret, verifyTotp } from "./totp/totp.ts";

export type {
  Access,
  AccessOptions,
  AccessPrincipal,
  PermissionPattern,
  RoleDefinition,
  RoleDefinitions,
  TenantAccess,
} from "./access/access.ts";
export type {
  ApiKeyFacts,
  ApiKeyStore,
  ApiKeys,
  ApiKeysOptions,
  IssuedApiKey,
  NewApiKey,
  RotateOptions,
} from "./api-keys/api-keys.ts";
export type {
  Auth,
  AuthPrincipal,
  AuthRequest,
  AuthSession,
  AuthUser,
  ChangePasswordInput,
  ClientFacts,
  CookieAuthOptions,
  CookieLogin,
  Login,
  LoginInput,
  NewAccount,
  RegisterInput,
  Registration,
  SessionInput,
  TotpEnrolment,
} from "./auth.ts";
export type {
  Anomaly,
  AnomalyVerdict,
  AuthLimiters,
  AuthLinks,
  AuthMail,
  AuthOptions,
  SessionCookieOptions,
  SessionLimits,
  AuthTotpOptions,
} from "./auth-options.ts";
export type { AuthErrorCode } from "./errors.ts";
export type { Mail, Mailer } from "./mailers/mailer.ts";
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
  AccountStore,
  StoredApiKeys,
  AuthStore,
  IdentityStore,
  LockoutPolicy,
  NewRefresh,
  NewSession,
  NextRefresh,
  OnceStore,
  PasskeyStore,
  Rotation,
  SessionOfUser,
  SessionStore,
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
export type {
  Jwks,
  KeyRing,
  KeyRingOptions,
  KeyRotation,
  KeyStore,
  RingKey,
  RingKeyFacts,
  StoredTokenKey,
  TokenAlgorithm,
  TokenKey,
  TokenKeyMaterial,
} from "./tokens/key-ring.ts";
export type { AccessClaims, IssuedToken, NewToken, Tokens, TokensOptions } from "./tokens/tokens.ts";
export type { RecoveryCodes } from "./totp/recovery-codes.ts";
export type { TotpOptions, VerifyTotpOptions } from "./totp/totp.ts";
