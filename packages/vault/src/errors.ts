import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** The codes of this package. */
export type VaultErrorCode =
  | "VAULT_UNLOCK_FAILED"
  | "VAULT_TAMPERED"
  | "VAULT_CORRUPT"
  | "VAULT_ROLLBACK"
  | "VAULT_LOCKED"
  | "VAULT_PERMISSIONS"
  | "VAULT_MISSING"
  | "VAULT_NOT_FOUND"
  | "VAULT_KEY_NOT_FOUND"
  | "VAULT_EXPIRED"
  | "VAULT_BUSY"
  | "VAULT_FULL"
  | "VAULT_STORE_FAILED"
  | "VAULT_OUTCOME_UNKNOWN"
  | "VAULT_CONFLICT"
  | "VAULT_LAST_KEY"
  | "VAULT_NOT_TOTP"
  | "VAULT_NOT_TEXT"
  | "VAULT_ROTATION_FAILED"
  | "VAULT_AUDIT_FAILED"
  | "VAULT_FIELD_INVALID"
  | "VAULT_FIELD_KEY_MISSING";

/** Factories by code. No message reaches a service's clients: a vault in trouble is the service's own trouble. */
export const errors: Readonly<Record<VaultErrorCode, ErrorFactory>> = defineErrors(
  {
    VAULT_UNLOCK_FAILED: { status: 500, title: "The vault could not be unlocked", expose: false },
    VAULT_TAMPERED: { status: 500, title: "The vault was changed by someone without its key", expose: false },
    VAULT_CORRUPT: { status: 500, title: "The vault's bytes are damaged", expose: false },
    VAULT_ROLLBACK: { status: 500, title: "The vault is older than it should be", expose: false },
    VAULT_LOCKED: { status: 500, title: "The vault is locked", expose: false },
    VAULT_PERMISSIONS: { status: 500, title: "The vault's files are open to others", expose: false },
    VAULT_MISSING: { status: 500, title: "There is no vault here", expose: false },
    VAULT_NOT_FOUND: { status: 500, title: "The vault has no such entry or version", expose: false },
    VAULT_KEY_NOT_FOUND: { status: 500, title: "The vault has no such key slot", expose: false },
    VAULT_EXPIRED: { status: 500, title: "The credential has expired", expose: false },
    VAULT_BUSY: {
      status: 503,
      title: "The vault is being written by others",
      retryable: true,
      retryAfter: "1s",
      expose: false,
    },
    VAULT_FULL: { status: 500, title: "The vault has reached a limit of its format", expose: false },
    VAULT_STORE_FAILED: { status: 500, title: "The vault's store failed; nothing was written", expose: false },
    VAULT_OUTCOME_UNKNOWN: {
      status: 500,
      title: "The vault's store failed, and it is not known whether the write was stored",
      expose: false,
    },
    VAULT_CONFLICT: { status: 500, title: "The entry is not in the state that the caller expects", expose: false },
    VAULT_LAST_KEY: { status: 500, title: "The vault's last key slot cannot be removed", expose: false },
    VAULT_NOT_TOTP: { status: 500, title: "The entry is not an otpauth URI", expose: false },
    VAULT_NOT_TEXT: { status: 500, title: "The value is not text; read it as bytes", expose: false },
    VAULT_ROTATION_FAILED: { status: 500, title: "The credential could not be rotated", expose: false },
    VAULT_AUDIT_FAILED: { status: 500, title: "The access could not be recorded", expose: false },
    VAULT_FIELD_INVALID: { status: 500, title: "The sealed field cannot be opened in this place", expose: false },
    VAULT_FIELD_KEY_MISSING: { status: 500, title: "The key of the sealed field is missing", expose: false },
  },
  { owner: "@seaworthy/vault" },
);
