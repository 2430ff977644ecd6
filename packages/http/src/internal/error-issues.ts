import { SeaworthyError } from "@seaworthy/core";
import { membersOf } from "./members.ts";

const MOST_ISSUES = 100;

/** What this file reads of an error of ajv. */
interface AjvError {
  readonly instancePath?: unknown;
  readonly keyword?: unknown;
  readonly message?: unknown;
  readonly params?: { readonly missingProperty?: unknown; readonly additionalProperty?: unknown };
}

/**
 * Fastify's own validation error as `VALIDATION_FAILED` with its issues, or `undefined` if it is another error. The status
 * stays the one that Fastify gives, and the messages are of the schema: values are not in them.
 */
export function validationOf(thrown: object, status: number): SeaworthyError | undefined {
  const { validation, validationContext } = membersOf(thrown);
  if (!Array.isArray(validation) || validation.length === 0) return undefined;
  const issues = validation.slice(0, MOST_ISSUES).map((error: AjvError) => ({
    path: pathOf(error),
    code: typeof error?.keyword === "string" ? error.keyword : "invalid",
    message: typeof error?.message === "string" ? error.message : "is not valid",
  }));
  const where = typeof validationContext === "string" ? { in: validationContext } : undefined;
  return new SeaworthyError("VALIDATION_FAILED", "The input is not valid", {
    status,
    context: { issues, ...where },
    exposed: ["issues", "in"],
    stackless: true,
  });
}

function pathOf(error: AjvError): string {
  const path = typeof error?.instancePath === "string" ? error.instancePath : "";
  const member = error?.params?.missingProperty ?? error?.params?.additionalProperty;
  if (typeof member !== "string") return path;
  return `${path}/${member.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
