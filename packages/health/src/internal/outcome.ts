import type { HealthStatus } from "../check.ts";
import { errors } from "../errors.ts";
import { CLEAN } from "./built-in.ts";
import { cleanData } from "./clean-data.ts";
import { failureCode } from "./failure.ts";
import { frozen } from "./frozen.ts";

/** The result of one run, safe to show. */
export interface Verdict {
  readonly status: HealthStatus;
  readonly data?: Record<string, unknown>;
  readonly error?: string;
  /** What was thrown, only for logs. */
  readonly thrown?: unknown;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const HEALTHY: Verdict = Object.freeze({ status: "healthy" });
const PUBLIC_CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * The verdict on what a check returned. Every answer of a driver is healthy: "PONG", rows, `true`. Three values are not,
 * because they say that something failed: `false`, the response of a `fetch` that is not ok, and an object whose status
 * is another word than ours, which may be mistyped or come from another system.
 */
export function verdictOf(returned: unknown): Verdict {
  if (returned === false) return { status: "unhealthy", error: errors.HEALTH_CHECK_FAILED.code };
  if (typeof returned !== "object" || returned === null) return HEALTHY;
  try {
    const { status, data, error, ok, [CLEAN]: clean } = returned as Record<string | symbol, unknown>;
    if (typeof status === "number" && ok === false)
      return { status: "unhealthy", error: errors.HEALTH_HTTP_STATUS.code, thrown: returned };
    if (typeof status !== "string") return HEALTHY;
    if (status !== "healthy" && status !== "degraded" && status !== "unhealthy") return invalid(returned);
    const isClean = clean !== undefined && clean === data;
    const cleaned = isClean ? (data as Record<string, unknown>) : frozen(cleanData(data));
    const verdict: Mutable<Verdict> = { status };
    if (cleaned !== undefined) verdict.data = cleaned;
    if (error !== undefined) verdict.error = publicCode(error);
    return verdict;
  } catch (thrown) {
    return invalid(thrown);
  }
}

/** The verdict on what a check threw. */
export function verdictOnThrown(thrown: unknown): Verdict {
  return { status: "unhealthy", error: failureCode(thrown), thrown };
}

function invalid(thrown: unknown): Verdict {
  return { status: "unhealthy", error: errors.HEALTH_CHECK_INVALID.code, thrown };
}

function publicCode(error: unknown): string {
  return typeof error === "string" && PUBLIC_CODE.test(error) ? error : errors.HEALTH_CHECK_FAILED.code;
}
