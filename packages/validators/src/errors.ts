import { defineErrors, type ErrorFactory, isSeaworthyError, SeaworthyError } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";

const TITLE = "The input is not valid";

/** The errors of this package. */
export const errors: {
  readonly VALIDATION_FAILED: ErrorFactory;
  readonly VALIDATION_ADDRESS_REFUSED: ErrorFactory;
  readonly VALIDATION_ROOT_UNREADABLE: ErrorFactory;
} = defineErrors(
  {
    VALIDATION_FAILED: { status: 422, title: TITLE, expose: ["issues", "omitted"], stackless: true },
    // Host and address stay in the log: shown to a client, they would map the network.
    VALIDATION_ADDRESS_REFUSED: { status: 422, title: "The address is not allowed", expose: true, stackless: true },
    VALIDATION_ROOT_UNREADABLE: { status: 500, title: "The root folder of a safe path cannot be read" },
  },
  { owner: "@seaworthy/validators" },
);

/** One problem of an input. Apart from the names in `path`, no member holds any of the input. */
export interface ValidationIssue {
  /** JSON Pointer (RFC 6901) of the refused value: `""` for the whole input, `"/items/0/qty"` for a part. */
  readonly path: string;
  /** A stable word in lower case, such as `invalid_type` or `too_small`. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
}

/**
 * The error of a refused input: `VALIDATION_FAILED`, status 422. `toProblem` shows its issues to clients.
 *
 * It holds at most 100 issues; `omitted` counts the others. Recognize it with {@link isValidationError}.
 */
export class ValidationError extends SeaworthyError {
  readonly issues: readonly ValidationIssue[];
  /** The number of problems that are not in `issues`. */
  readonly omitted: number;

  constructor(issues: readonly ValidationIssue[], omitted = 0) {
    const frozen = Object.freeze(issues.map((issue) => Object.freeze({ ...issue })));
    super(errors.VALIDATION_FAILED.code, TITLE, {
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

/** Returns whether `value` is a {@link ValidationError} of any copy of this package. */
export function isValidationError(value: unknown): value is ValidationError {
  return isSeaworthyError(value, errors.VALIDATION_FAILED.code) && Array.isArray(readMember(value, "issues"));
}
