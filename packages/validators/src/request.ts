// What the edge of a service needs for its requests. This entry point loads zod only when it is given a zod schema.

export type { BoundedJsonOptions } from "./bounded-json.ts";
export { boundedJson } from "./bounded-json.ts";
export type { ValidationIssue } from "./errors.ts";
export { isValidationError, ValidationError } from "./errors.ts";
export type { OutputOf, StandardResult, StandardSchema } from "./standard-schema.ts";
export { validateAsync } from "./validate-async.ts";
