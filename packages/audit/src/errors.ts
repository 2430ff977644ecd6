import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** The codes of this package. */
export type AuditErrorCode =
  | "AUDIT_WRITE_FAILED"
  | "AUDIT_TAMPERED"
  | "AUDIT_BUSY"
  | "AUDIT_CLOSED"
  | "AUDIT_CHECKPOINT_INVALID"
  | "AUDIT_NOT_SEALED";

/** Factories by code. What goes wrong with the trail is not a matter of the service's clients. */
export const errors: Readonly<Record<AuditErrorCode, ErrorFactory>> = defineErrors(
  {
    AUDIT_WRITE_FAILED: {
      status: 503,
      title: "The audit trail could not keep the entry",
      retryable: true,
      expose: false,
    },
    AUDIT_TAMPERED: { status: 500, title: "The audit trail was changed", expose: false },
    AUDIT_BUSY: { status: 500, title: "Another process writes this audit trail", expose: false },
    AUDIT_CLOSED: { status: 503, title: "The audit trail has been closed", expose: false },
    AUDIT_CHECKPOINT_INVALID: {
      status: 500,
      title: "The checkpoint is not a signed note of this trail",
      expose: false,
    },
    AUDIT_NOT_SEALED: { status: 500, title: "Entries can be removed only up to a seal", expose: false },
  },
  { owner: "@seaworthy/audit" },
);
