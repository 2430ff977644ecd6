import { defineErrors, type ErrorDefinition, type ErrorFactory } from "@seaworthy/core";

/** The codes of the failures that the edge itself answers. */
export type HttpErrorCode =
  | "HTTP_NOT_FOUND"
  | "HTTP_METHOD_NOT_ALLOWED"
  | "HTTP_NOT_ACCEPTABLE"
  | "HTTP_MALFORMED_JSON"
  | "HTTP_MALFORMED_REQUEST"
  | "HTTP_BODY_TOO_LARGE"
  | "HTTP_UNSUPPORTED_MEDIA_TYPE"
  | "HTTP_UNAUTHENTICATED"
  | "HTTP_FORBIDDEN"
  | "HTTP_CROSS_SITE_REQUEST"
  | "HTTP_RATE_LIMITED"
  | "HTTP_OVERLOADED"
  | "HTTP_DEADLINE_EXCEEDED"
  | "HTTP_IDEMPOTENCY_KEY_MISSING"
  | "HTTP_IDEMPOTENCY_KEY_INVALID"
  | "HTTP_IDEMPOTENCY_KEY_REUSED"
  | "HTTP_IDEMPOTENCY_IN_FLIGHT"
  | "HTTP_IDEMPOTENCY_ANSWER_TOO_LARGE"
  | "HTTP_INSPECTION_RUNNING"
  | "HTTP_REQUEST_FAILED";

const DEFINITIONS: Readonly<Record<HttpErrorCode, ErrorDefinition>> = {
  HTTP_NOT_FOUND: { status: 404, title: "Not found", stackless: true },
  HTTP_METHOD_NOT_ALLOWED: { status: 405, title: "Method not allowed", stackless: true },
  HTTP_NOT_ACCEPTABLE: {
    status: 406,
    title: "The client does not accept the media type of the answer",
    expose: ["available"],
    stackless: true,
  },
  HTTP_MALFORMED_JSON: { status: 400, title: "The body is not JSON", stackless: true },
  HTTP_MALFORMED_REQUEST: { status: 400, title: "The request is malformed", stackless: true },
  HTTP_BODY_TOO_LARGE: { status: 413, title: "The body is too large", expose: ["limit"], stackless: true },
  HTTP_UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "The body's media type is not supported", stackless: true },
  HTTP_UNAUTHENTICATED: { status: 401, title: "Authentication is needed", stackless: true },
  HTTP_FORBIDDEN: { status: 403, title: "Forbidden", stackless: true },
  HTTP_CROSS_SITE_REQUEST: { status: 403, title: "Pages of other sites may not send this request", stackless: true },
  HTTP_RATE_LIMITED: {
    status: 429,
    title: "Too many requests",
    // draft-ietf-httpapi-ratelimit-headers-08 and later, with the member below.
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    retryable: true,
    expose: ["violated-policies"],
    stackless: true,
  },
  HTTP_OVERLOADED: {
    status: 503,
    title: "The service is overloaded",
    retryable: true,
    expose: true,
    stackless: true,
  },
  HTTP_DEADLINE_EXCEEDED: {
    status: 504,
    title: "The request took longer than its deadline",
    retryable: true,
    expose: true,
    stackless: true,
  },
  HTTP_IDEMPOTENCY_KEY_MISSING: { status: 400, title: "An Idempotency-Key header is needed", stackless: true },
  HTTP_IDEMPOTENCY_KEY_INVALID: { status: 400, title: "The Idempotency-Key header is not valid", stackless: true },
  HTTP_IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: "The Idempotency-Key was used for another request",
    stackless: true,
  },
  HTTP_IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    title: "A request with this Idempotency-Key is being processed",
    retryable: true,
    stackless: true,
  },
  HTTP_IDEMPOTENCY_ANSWER_TOO_LARGE: {
    status: 409,
    title: "The request with this Idempotency-Key was processed, and its answer is too large to be kept",
    stackless: true,
  },
  HTTP_INSPECTION_RUNNING: {
    status: 409,
    title: "A CPU profile or a heap snapshot is being taken",
    retryable: true,
    stackless: true,
  },
  HTTP_REQUEST_FAILED: { status: 500, title: "The request failed", stackless: true },
};

/** The failures that the edge itself answers: one factory per code. */
export const errors: Readonly<Record<HttpErrorCode, ErrorFactory>> = defineErrors(DEFINITIONS, {
  owner: "@seaworthy/http",
});
