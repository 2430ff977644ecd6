import { ValidationError } from "../errors.ts";

/** A {@link ValidationError} with one issue, for the whole input. */
export function failure(code: string, message: string): ValidationError {
  return new ValidationError([{ path: "", code, message }]);
}
