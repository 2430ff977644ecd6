import { hasCode } from "../errors.ts";

type Shape = { status?: unknown; statusCode?: unknown; response?: Shape; context?: Shape };

/**
 * The HTTP status of a result or an error, as fetch, axios, got, undici and the SDKs of cloud services give it: a number in
 * `status` or `statusCode`, of the value itself or of its `response`.
 */
export function statusOf(outcome: unknown): number | undefined {
  if (typeof outcome !== "object" || outcome === null) return undefined;
  try {
    // The status of our own error is the one that our caller would answer with; the upstream's is in its context.
    const shape: Shape = outcome;
    if (hasCode(outcome, "RESILIENCE_UPSTREAM_STATUS")) return numberOf(shape.context?.status);
    return numberOf(shape.status) ?? numberOf(shape.statusCode) ?? numberOf(shape.response?.status);
  } catch {
    return undefined; // a hostile getter says nothing
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
