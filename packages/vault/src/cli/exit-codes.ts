import { isSeaworthyError } from "@seaworthy/core";

/** What the program's exit status means. `run` ends with its command's own status instead. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unlock: 3,
  notFound: 4,
  damaged: 5,
  busy: 6,
  permissions: 7,
  notExecutable: 126,
  noCommand: 127,
  interrupted: 130,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  VAULT_UNLOCK_FAILED: EXIT.unlock,
  VAULT_MISSING: EXIT.notFound,
  VAULT_NOT_FOUND: EXIT.notFound,
  VAULT_KEY_NOT_FOUND: EXIT.notFound,
  VAULT_EXPIRED: EXIT.notFound,
  VAULT_TAMPERED: EXIT.damaged,
  VAULT_CORRUPT: EXIT.damaged,
  VAULT_ROLLBACK: EXIT.damaged,
  VAULT_BUSY: EXIT.busy,
  VAULT_PERMISSIONS: EXIT.permissions,
};

/** A mistake in how the program was called, or another end that the vault has not caused. */
export class CommandError extends Error {
  readonly status: number;

  constructor(message: string, status: number = EXIT.usage) {
    super(message);
    this.status = status;
  }
}

/** The status for an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.status;
  if (isSeaworthyError(error)) return BY_CODE[error.code] ?? EXIT.failed;
  // The library refuses malformed arguments so, and here they come from the command line.
  return error instanceof TypeError ? EXIT.usage : EXIT.failed;
}
