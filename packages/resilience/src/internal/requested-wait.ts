import { type Clock, type Duration, isSeaworthyError, toMilliseconds } from "@seaworthy/core";
import { isObject } from "@seaworthy/core/objects";
import { parseRetryAfter } from "../retry-after.ts";
import { reportCallback } from "./report.ts";

const MILLISECONDS = /^\d{1,15}(?:\.\d{1,6})?$/;

type Shape = {
  retryAfter?: unknown;
  retry_after?: unknown;
  parameters?: Shape;
  code?: unknown;
  headers?: unknown;
  response?: Shape;
};

/**
 * What an error or a result says about when to come back, in milliseconds. Read are `retryAfter` of our own errors, the
 * headers `retry-after-ms` and `Retry-After` on `headers` or `response.headers`, whether `Headers` or a plain object, and
 * the seconds that the SDKs of Slack, Discord and Telegram give. A `retryAfter` of any other library is not read: nothing
 * says whether it is seconds or milliseconds.
 *
 * @param extract - asked in place of all that
 */
export function retryAfterOf(
  outcome: unknown,
  clock: Clock,
  extract?: (outcome: unknown) => Duration | undefined,
): number | undefined {
  try {
    if (extract !== undefined) return extracted(extract, outcome);
    if (typeof outcome !== "object" || outcome === null) return undefined;
    const shape: Shape = outcome;
    return (
      ownTime(shape) ??
      headerTime(shape.headers, clock) ??
      headerTime(shape.response?.headers, clock) ??
      secondsOf(shape)
    );
  } catch {
    return undefined; // a hostile getter says nothing
  }
}

function extracted(extract: (outcome: unknown) => Duration | undefined, outcome: unknown): number | undefined {
  try {
    const answer = extract(outcome);
    return answer === undefined ? undefined : toMilliseconds(answer, "the answer of retryAfter");
  } catch (error) {
    reportCallback(extract, "retryAfter", error);
    return undefined;
  }
}

function ownTime(shape: Shape): number | undefined {
  const { retryAfter } = shape;
  // Asked last: to tell our errors apart may take longer than the call did.
  return typeof retryAfter === "number" && isSeaworthyError(shape) ? positive(retryAfter, 1) : undefined;
}

/** Slack's WebAPIRateLimitedError, discord.js, and the Telegram Bot API. */
function secondsOf(shape: Shape): number | undefined {
  const slack = shape.code === "slack_webapi_rate_limited_error" ? shape.retryAfter : undefined;
  return positive(slack ?? shape.retry_after ?? shape.parameters?.retry_after, 1000);
}

function positive(value: unknown, unit: number): number | undefined {
  return typeof value === "number" && value >= 0 && Number.isFinite(value) ? value * unit : undefined;
}

function headerTime(headers: unknown, clock: Clock): number | undefined {
  const exact = headerOf(headers, "retry-after-ms", "Retry-After-Ms");
  if (exact !== undefined && MILLISECONDS.test(exact)) return Number(exact);
  const text = headerOf(headers, "retry-after", "Retry-After");
  return text === undefined ? undefined : parseRetryAfter(text, clock.now());
}

function headerOf(headers: unknown, name: string, capitalized: string): string | undefined {
  if (!isObject(headers)) return undefined;
  const { get } = headers;
  const found: unknown = typeof get === "function" ? get.call(headers, name) : (headers[name] ?? headers[capitalized]);
  return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
}
