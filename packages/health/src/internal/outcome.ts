import type { HealthStatus } from "../check.ts";
import { errors } from "../errors.ts";
import { CLEAN } from "./built-in.ts";
import { cleanData } from "./clean-data.ts";
import { failureCode } from "./failure.ts";
import { frozen } from "./frozen.ts";

/** What one run came to, safe to show. */
export interface Verdict {
  readonly status: HealthStatus;
  readonly data?: Record<string, unknown>;
  readonly error?: string;
  /** What was thrown, for logs alone. */
  readonly thrown?: unknown;
}

const HEALTHY: Verdict = Object.freeze({ status: "healthy" });
const PUBLIC_CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * The verdict on what a check returned. Whatever a driver answers is healthy: "PONG", rows, `true`. Three values are
 * not, since they say that something failed: `false`, the response of a `fetch` that is not ok, and an object whose
 * status is another word than ours, which may be misspelt or come from another system.
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
    return {
      status,
      ...(cleaned === undefined ? undefined : { data: cleaned }),
      ...(error === undefined ? undefined : { error: publicCode(error) }),
    };
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
