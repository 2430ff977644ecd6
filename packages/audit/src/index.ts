export { createAudit } from "./create-audit.ts";
export { toCef, toJsonLine } from "./export.ts";
export { folderAuditKeys } from "./keys/folder-keys.ts";
export { memoryAuditKeys } from "./keys/memory-keys.ts";
export { ed25519Signer, generateSignerKey } from "./signer.ts";
export { fileAuditStore } from "./stores/file-store.ts";
export { memoryAuditStore } from "./stores/memory-store.ts";

export type {
  Audit,
  AuditFault,
  AuditPage,
  AuditQuery,
  AuditVerification,
  AuditVerifyOptions,
  StoredAuditEntry,
} from "./audit.ts";
export type { AuditKeys } from "./keys/keys.ts";
export type { AuditOptions, PersonalOptions } from "./options.ts";
export type { AuditSigner, Ed25519SignerOptions } from "./signer.ts";
export type { AuditHead, AuditSeal, AuditStore, StoredEntry } from "./stores/store.ts";
