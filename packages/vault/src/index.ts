export { errors as vaultErrors } from "./errors.ts";
export { generateSecret } from "./generate-secret.ts";
export { formatOtpauth, parseOtpauth } from "./otp/otpauth.ts";
export { totpAt } from "./otp/totp.ts";
export { vaultReferences } from "./references.ts";
export { rotateCredential } from "./rotate-credential.ts";
export { fileStore } from "./stores/file-store.ts";
export { memoryStore } from "./stores/memory-store.ts";
export { postgresStore, postgresVaultMigration } from "./stores/postgres-store.ts";
export { openVault } from "./vault.ts";

export type { BundleOptions, ImportOptions, ImportResult } from "./bundle.ts";
export type { Credential, CredentialSource } from "./credential.ts";
export type { KdfOptions } from "./crypto/argon2.ts";
export type { DueEntry, Entry, EntryVersion, ListOptions, NewEntry, SecretValue, SetOptions } from "./entries.ts";
export type { VaultErrorCode } from "./errors.ts";
export type { SlotKind } from "./format/slot.ts";
export type { GenerateOptions } from "./generate-secret.ts";
export type { OtpauthKey } from "./otp/otpauth.ts";
export type { TotpAlgorithm, TotpCode, TotpParameters } from "./otp/totp.ts";
export type { RotateCredentialOptions, Rotation, RotationStep } from "./rotate-credential.ts";
export type { FileStoreOptions } from "./stores/file-store.ts";
export type { PostgresStoreOptions } from "./stores/postgres-store.ts";
export type { StoredHead, VaultCommit, VaultStore } from "./stores/store.ts";
export type {
  GetOptions,
  KeySlot,
  Vault,
  VaultOptions,
  Verified,
  WatchListener,
  WatchOptions,
} from "./vault.ts";
