import { defineErrors, type ErrorFactory, isSeaworthyError, SeaworthyError } from "@seaworthy/core";

const TITLE = "The input is not valid";

/** The codes of this package. */
export const codes: {
  readonly VALIDATION_FAILED: ErrorFactory;
  readonly VALIDATION_ADDRESS_REFUSED: ErrorFactory;
  readonly VALIDATION_ROOT_UNREADABLE: ErrorFactory;
} = defineErrors(
  {
    VALIDATION_FAILED: { status: 422, title: TITLE, expose: ["issues", "omitted"], stackless: true },
    // Host and address stay in the log: told to a client, they would draw a map of the network.
    VALIDATION_ADDRESS_REFUSED: { status: 422, title: "The address is not allowed", expose: true, stackless: true },
    VALIDATION_ROOT_UNREADABLE: { status: 500, title: "The root folder of a safe path cannot be read" },
  },
  { owner: "@seaworthy/validators" },
);

/** One problem of an input. No member holds any of the input but the names in `path`. */
export interface ValidationIssue {
  /** JSON Pointer (RFC 6901) of the value that is refused: `""` for the whole, `"/items/0/qty"` for a part. */
  readonly path: string;
  /** Stable lower-case word, such as `invalid_type` or `too_small`. */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
}

/**
 * An input was refused: `VALIDATION_FAILED`, status 422. `toProblem` shows its issues to clients.
 *
 * It holds 100 issues at most; `omitted` counts the others. Recognise it with {@link isValidationError}.
 */
export class ValidationError extends SeaworthyError {
  readonly issues: readonly ValidationIssue[];
  /** How many problems were found beyond `issues`. */
  readonly omitted: number;

  constructor(issues: readonly ValidationIssue[], omitted = 0) {
    const frozen = Object.freeze(issues.map((issue) => Object.freeze({ ...issue })));
    super(codes.VALIDATION_FAILED.code, TITLE, {
      status: 422,
      context: omitted > 0 ? { issues: frozen, omitted } : { issues: frozen },
      exposed: ["issues", "omitted"],
      stackless: true,
    });
    this.issues = frozen;
    this.omitted = omitted;
  }
}
Object.defineProperty(ValidationError.prototype, "name", {
  value: "ValidationError",
  writable: true,
  configurable: true,
});

/** Whether `value` is a {@link ValidationError}, made by any copy of this package. */
export function isValidationError(value: unknown): value is ValidationError {
  return isSeaworthyError(value, codes.VALIDATION_FAILED.code) && Array.isArray((value as { issues?: unknown }).issues);
}

/** A {@link ValidationError} with one issue. */
export function failure(code: string, message: string, path = ""): ValidationError {
  return new ValidationError([{ path, code, message }]);
}
