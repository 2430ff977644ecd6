import { STATUS_CODES } from "node:http";
import { isSeaworthyError, SeaworthyError, scrubSecrets } from "@seaworthy/core";
import { cutText } from "@seaworthy/core/redaction";
import { errors } from "../errors.ts";
import type { Header } from "../messages.ts";
import { headersOf } from "./error-headers.ts";
import { validationOf } from "./error-issues.ts";
import { membersOf } from "./members.ts";

/** An error as the edge answers it. */
export interface Translated {
  readonly error: unknown;
  /** Headers that the error brought along, such as `Allow` or `WWW-Authenticate`. */
  readonly headers: readonly Header[];
  /** A message that its author meant for clients. */
  readonly detail: string | undefined;
}

/** Client errors of frameworks and parsers, by their status. */
const BY_STATUS: Readonly<Record<number, () => SeaworthyError>> = {
  400: errors.HTTP_MALFORMED_REQUEST,
  401: errors.HTTP_UNAUTHENTICATED,
  403: errors.HTTP_FORBIDDEN,
  404: errors.HTTP_NOT_FOUND,
  405: errors.HTTP_METHOD_NOT_ALLOWED,
  406: errors.HTTP_NOT_ACCEPTABLE,
  415: errors.HTTP_UNSUPPORTED_MEDIA_TYPE,
  429: errors.HTTP_RATE_LIMITED,
};
const JSON_SYNTAX: ReadonlySet<unknown> = new Set([
  "entity.parse.failed",
  "FST_ERR_CTP_INVALID_JSON_BODY",
  "FST_ERR_CTP_EMPTY_JSON_BODY",
]);
/** Errors of multer, which have no status. */
const TOO_LARGE: ReadonlySet<unknown> = new Set([
  "LIMIT_FILE_SIZE",
  "LIMIT_FIELD_VALUE",
  "LIMIT_FILE_COUNT",
  "LIMIT_FIELD_COUNT",
  "LIMIT_PART_COUNT",
]);
// What clients of other services throw carries that service's answer: its 404 is not ours.
const UPSTREAM = ["response", "request", "config"];
const LONGEST_DETAIL = 1000;
const NOTHING: Pick<Translated, "headers" | "detail"> = { headers: [], detail: undefined };

/**
 * What Express, Fastify, Hono, Nest, their plugins and their body parsers throw, as errors of the edge: with their status,
 * their headers, and their message if it is marked as meant for clients. Anything else comes back as it is.
 *
 * @param bodyLimit - of the route, for errors that do not name it
 */
export function translate(thrown: unknown, bodyLimit?: number): Translated {
  try {
    if (typeof thrown !== "object" || thrown === null) return { error: thrown, ...NOTHING };
    if (isSeaworthyError(thrown)) return { error: thrown, headers: headersOf(thrown), detail: undefined };
    const { type, code } = membersOf(thrown);
    if (JSON_SYNTAX.has(type) || JSON_SYNTAX.has(code)) return { error: errors.HTTP_MALFORMED_JSON(), ...NOTHING };
    const status = statusOf(thrown);
    if (status === undefined) return { error: thrown, ...NOTHING };
    const validation = validationOf(thrown, status);
    if (validation !== undefined) return { error: validation, ...NOTHING };
    return { error: ofStatus(status, thrown, bodyLimit), headers: headersOf(thrown), detail: detailOf(thrown, status) };
  } catch {
    return { error: undefined, ...NOTHING }; // reading it ran code that threw; it becomes a bare 500
  }
}

/** Nest's HttpException, which has a member `response` although it is not the answer of another service. */
export const isOfNest = (thrown: unknown): thrown is { getStatus(): unknown; getResponse(): unknown } =>
  typeof membersOf(thrown).getStatus === "function" && typeof membersOf(thrown).getResponse === "function";

function statusOf(thrown: object): number | undefined {
  const given = isOfNest(thrown) ? thrown.getStatus() : ownStatusOf(thrown);
  if (typeof given !== "number" || !Number.isInteger(given) || given < 400 || given > 599) return undefined;
  return !isOfNest(thrown) && UPSTREAM.some((member) => member in thrown) ? undefined : given;
}

function ownStatusOf(thrown: object): unknown {
  const { code, status, statusCode } = membersOf(thrown);
  if (TOO_LARGE.has(code)) return 413;
  return typeof status === "number" ? status : statusCode;
}

function ofStatus(status: number, thrown: object, bodyLimit: number | undefined): SeaworthyError {
  const { code, limit } = membersOf(thrown);
  // Routers report a path that cannot be decoded so; it names nothing that exists.
  if ((status === 400 && thrown instanceof URIError) || code === "FST_ERR_BAD_URL") return errors.HTTP_NOT_FOUND();
  if (status === 413) {
    const most = limit ?? bodyLimit;
    return errors.HTTP_BODY_TOO_LARGE(typeof most === "number" ? { limit: most } : undefined);
  }
  const known = BY_STATUS[status];
  if (known !== undefined) return known();
  const title = STATUS_CODES[status] ?? "The request failed";
  return new SeaworthyError(errors.HTTP_REQUEST_FAILED().code, title, { status, cause: thrown, stackless: true });
}

/**
 * A message for clients: of http-errors that expose it (those of body parsers, which have a `type`, quote the body), and
 * of HTTPException of Hono and HttpException of Nest, which are made to be shown.
 */
function detailOf(thrown: object, status: number): string | undefined {
  if (status >= 500) return undefined;
  const { expose, type, message, getResponse } = membersOf(thrown);
  const isMeant = (expose === true && typeof type !== "string") || typeof getResponse === "function";
  const text = isOfNest(thrown) ? messageOf(thrown.getResponse(), message) : message;
  if (!isMeant || typeof text !== "string" || text === "" || text === STATUS_CODES[status]) return undefined;
  return cutText(scrubSecrets(text), LONGEST_DETAIL);
}

function messageOf(response: unknown, otherwise: unknown): unknown {
  const { message } = membersOf(response);
  if (Array.isArray(message)) return message.filter((one) => typeof one === "string").join("; ");
  return typeof message === "string" ? message : otherwise;
}
