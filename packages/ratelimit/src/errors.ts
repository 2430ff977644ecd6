import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** The codes of this package. */
export type RateLimitErrorCode =
  | "RATELIMIT_EXCEEDED"
  | "RATELIMIT_UNAVAILABLE"
  | "RATELIMIT_COST_TOO_LARGE"
  | "RATELIMIT_QUEUE_FULL"
  | "RATELIMIT_WAIT_TOO_LONG"
  | "RATELIMIT_BUSY"
  | "RATELIMIT_LEASE_LOST"
  | "RATELIMIT_CLOSED";

/** Factories by code. */
export const errors: Readonly<Record<RateLimitErrorCode, ErrorFactory>> = defineErrors(
  {
    RATELIMIT_EXCEEDED: {
      status: 429,
      title: "The quota is exceeded",
      type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
      retryable: true,
      expose: ["violated-policies"],
      stackless: true,
    },
    RATELIMIT_UNAVAILABLE: {
      status: 503,
      title: "The rate limit cannot be checked at the moment",
      retryable: true,
      retryAfter: "1s",
      expose: true,
      stackless: true,
    },
    RATELIMIT_COST_TOO_LARGE: { status: 500, title: "The call costs more than the limit ever allows", expose: false },
    RATELIMIT_QUEUE_FULL: {
      status: 503,
      title: "Too many calls wait for their turn",
      retryable: true,
      expose: true,
      stackless: true,
    },
    RATELIMIT_WAIT_TOO_LONG: {
      status: 503,
      title: "The turn of the call comes later than it may wait",
      retryable: true,
      expose: true,
      stackless: true,
    },
    RATELIMIT_BUSY: {
      status: 429,
      title: "Too many operations run at the same time",
      retryable: true,
      stackless: true,
    },
    RATELIMIT_LEASE_LOST: { status: 500, title: "The lease could not be renewed in time", expose: false },
    RATELIMIT_CLOSED: { status: 503, title: "The rate limiter has been closed", retryable: true, expose: false },
  },
  { owner: "@seaworthy/ratelimit" },
);
