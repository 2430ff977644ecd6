import { defineErrors, type ErrorDefinition, type ErrorFactory, isSeaworthyError } from "@seaworthy/core";

/** The codes of the errors that guards themselves cause. */
export type ResilienceErrorCode =
  | "RESILIENCE_CIRCUIT_OPEN"
  | "RESILIENCE_ISOLATED"
  | "RESILIENCE_TIMEOUT"
  | "RESILIENCE_BULKHEAD_FULL"
  | "RESILIENCE_BUDGET_SPENT"
  | "RESILIENCE_HEDGE_LOST"
  | "RESILIENCE_TIERS_FAILED"
  | "RESILIENCE_NO_ANSWER"
  | "RESILIENCE_UPSTREAM_STATUS";

const DEFINITIONS: Readonly<Record<ResilienceErrorCode, ErrorDefinition>> = {
  RESILIENCE_CIRCUIT_OPEN: {
    status: 503,
    title: "The circuit is open; the call was not made",
    retryable: true,
    stackless: true,
  },
  RESILIENCE_ISOLATED: {
    status: 503,
    title: "The circuit is held open by an operator; the call was not made",
    stackless: true,
  },
  RESILIENCE_TIMEOUT: {
    status: 504,
    title: "The operation did not end in time",
    retryable: true,
    stackless: true,
  },
  RESILIENCE_BULKHEAD_FULL: {
    status: 503,
    title: "Too many calls are in flight; the call was not made",
    retryable: true,
    stackless: true,
  },
  RESILIENCE_BUDGET_SPENT: {
    status: 503,
    title: "The budget for repeated calls is spent",
    retryable: true,
    stackless: true,
  },
  RESILIENCE_HEDGE_LOST: {
    status: 503,
    title: "Another call of the same hedge answered first",
    stackless: true,
  },
  RESILIENCE_TIERS_FAILED: {
    status: 503,
    title: "No tier answered",
    retryable: true,
  },
  RESILIENCE_NO_ANSWER: {
    status: 503,
    title: "The tier answered nothing",
    stackless: true,
  },
  RESILIENCE_UPSTREAM_STATUS: {
    status: 502,
    title: "The upstream answered with a status that counts as a failure",
    retryable: true,
    stackless: true,
  },
};

/** The failures that guards themselves cause. They are made without a stack: it would cost most and say least. */
export const errors: Readonly<Record<ResilienceErrorCode, ErrorFactory>> = defineErrors(DEFINITIONS, {
  owner: "@seaworthy/resilience",
});

/** What the message of `RESILIENCE_UPSTREAM_STATUS` begins with. */
export const STATUS_TEXT = "The upstream answered with status ";
const TITLES: ReadonlySet<unknown> = new Set(Object.values(DEFINITIONS).map(({ title }) => title));

function isOurText(message: unknown): boolean {
  return (
    TITLES.has(message) ||
    (typeof message === "string" &&
      (message.includes(": the operation did not end within ") || message.startsWith(STATUS_TEXT)))
  );
}

/**
 * Whether a failure is one of ours with one of these codes. A host's own error is recognized by its members alone: what a
 * clone from another thread has left of its code is in the stack, whose text takes longer to write than the call took.
 */
export function hasCode(value: unknown, ...codes: readonly ResilienceErrorCode[]): boolean {
  try {
    if (typeof value !== "object" || value === null) return false;
    const { code, message }: { code?: unknown; message?: unknown } = value;
    const known: readonly unknown[] = codes;
    const perhaps = code === undefined ? isOurText(message) : known.includes(code);
    return perhaps && codes.some((wanted) => isSeaworthyError(value, wanted));
  } catch {
    return false; // a hostile getter says nothing
  }
}
