import { isSeaworthyError, type SeaworthyError } from "./error.ts";
import { problemTypes } from "./internal/problem-types.ts";
import { STATUS_TITLES } from "./internal/status-titles.ts";
import { jsonSafe } from "./json-safe.ts";
import { scrubSecrets } from "./scrub-secrets.ts";

/** A problem document (RFC 9457), served as `application/problem+json`. */
export interface Problem {
  /** URI reference of the kind of problem. @default "about:blank" */
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** URI reference of this occurrence. */
  instance?: string;
  /** The error's stable code. Absent if the error is not an error of Seaworthy. */
  code?: string;
  [extension: string]: unknown;
}

// Room for a list of a hundred issues, which jsonSafe's own limit would cut.
const MOST_MEMBERS = 200;
const RESERVED = new Set(["type", "title", "status", "detail", "instance", "code"]);

/**
 * What a client may learn of an error, as a problem document. An error of Seaworthy shows its code, its message if it
 * exposes that, and the members of its context that its definition names; never a cause or a stack. Anything else
 * becomes a bare 500.
 *
 * @param extra - members to add, such as `instance` or `correlationId`; `undefined` ones are left out
 * @example
 * ```ts
 * import { toProblem } from "@seaworthy/core";
 * console.log(toProblem(new Error("db-7.internal refused")).title); // Internal Server Error
 * ```
 */
export function toProblem(error: unknown, extra: Readonly<Record<string, unknown>> = {}): Problem {
  const problem = isSeaworthyError(error) ? readable(error) : bare();
  for (const [key, value] of Object.entries(extra)) if (value !== undefined) problem[key] = value;
  return problem;
}

function bare(): Problem {
  return { type: "about:blank", title: "Internal Server Error", status: 500 };
}

// A brand does not promise that the members are there, nor that they can be read.
function readable(error: SeaworthyError): Problem {
  try {
    return known(error);
  } catch {
    return bare();
  }
}

function known(error: SeaworthyError): Problem {
  const status = Number.isInteger(error.status) && error.status >= 400 && error.status <= 599 ? error.status : 500;
  const standard = STATUS_TITLES[status] ?? "Error";
  const problem: Problem = {
    type: problemTypes.get(error.code) ?? "about:blank",
    title: error.expose ? scrubSecrets(error.message) : standard,
    status,
    code: error.code,
  };
  // RFC 9110 counts Retry-After in whole seconds.
  const { retryAfter } = error;
  if (retryAfter !== undefined && Number.isFinite(retryAfter)) problem.retryAfter = Math.ceil(retryAfter / 1000);
  if (!error.expose) return problem;
  for (const key of error.exposed) {
    if (!RESERVED.has(key) && Object.hasOwn(error.context, key))
      problem[key] = jsonSafe(error.context[key], { redact: () => false, members: MOST_MEMBERS });
  }
  return problem;
}
