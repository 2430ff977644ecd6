import { STATUS_CODES } from "node:http";
import { isSeaworthyError, SeaworthyError } from "@seaworthy/core";
import { errors } from "./errors.ts";

/** Client errors of frameworks and parsers, by their status. */
const BY_STATUS: Readonly<Record<number, () => SeaworthyError>> = {
  400: errors.HTTP_MALFORMED_REQUEST,
  401: errors.HTTP_UNAUTHENTICATED,
  403: errors.HTTP_FORBIDDEN,
  404: errors.HTTP_NOT_FOUND,
  405: errors.HTTP_METHOD_NOT_ALLOWED,
  415: errors.HTTP_UNSUPPORTED_MEDIA_TYPE,
  429: errors.HTTP_RATE_LIMITED,
};
const JSON_SYNTAX = new Set(["entity.parse.failed", "FST_ERR_CTP_INVALID_JSON_BODY", "FST_ERR_CTP_EMPTY_JSON_BODY"]);
// What clients of other services throw carries that service's answer: its 404 is not ours.
const UPSTREAM = ["response", "request", "config"];

/**
 * What Express, Fastify, Hono, their plugins and their body parsers throw, as errors of the edge. Only their status is
 * taken over: their messages were not written for clients. Anything else comes back as it is.
 *
 * @param bodyLimit - of the route, for errors that do not name it
 */
export function translate(thrown: unknown, bodyLimit?: number): unknown {
  try {
    if (isSeaworthyError(thrown) || typeof thrown !== "object" || thrown === null) return thrown;
    const { status, statusCode, type, code } = thrown as Record<string, unknown>;
    if (JSON_SYNTAX.has(type as string) || JSON_SYNTAX.has(code as string)) return errors.HTTP_MALFORMED_JSON();
    const given = typeof status === "number" ? status : statusCode;
    if (typeof given !== "number" || !Number.isInteger(given) || given < 400 || given > 599) return thrown;
    if (UPSTREAM.some((member) => member in thrown)) return thrown;
    // Routers report a path that cannot be decoded so; it names nothing that exists.
    if ((given === 400 && thrown instanceof URIError) || code === "FST_ERR_BAD_URL") return errors.HTTP_NOT_FOUND();
    if (given === 413) return tooLarge((thrown as { limit?: unknown }).limit ?? bodyLimit);
    return BY_STATUS[given]?.() ?? ofStatus(given, thrown);
  } catch {
    return undefined; // reading it ran code that threw; it becomes a bare 500
  }
}

const tooLarge = (limit: unknown): SeaworthyError =>
  errors.HTTP_BODY_TOO_LARGE(typeof limit === "number" ? { limit } : undefined);

function ofStatus(status: number, cause: unknown): SeaworthyError {
  const { code } = errors.HTTP_REQUEST_FAILED;
  return new SeaworthyError(code, STATUS_CODES[status] ?? "The request failed", { status, cause, stackless: true });
}
