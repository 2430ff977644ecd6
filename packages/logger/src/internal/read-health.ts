import { withoutUndefined } from "@seaworthy/core/objects";
import type { LoggerHealth } from "../health.ts";
import type { OutputStatus } from "./output-status.ts";

/** Reads the health of a family of loggers. */
export function healthOf(statuses: readonly OutputStatus[]): LoggerHealth {
  let waitingBytes = 0;
  let lostLines = 0;
  let wroteAt = 0;
  let lastError: string | undefined;
  let isFailing = false;
  for (const status of statuses) {
    status.isWatched = true;
    waitingBytes += status.waitingBytes;
    lostLines += status.lostLines;
    wroteAt = Math.max(wroteAt, status.wroteAt ?? 0);
    const reason = status.failure ?? status.lastError;
    if (reason !== undefined && !isFailing) lastError = `${status.kind}: ${reason}`;
    isFailing ||= status.failure !== undefined;
  }
  return {
    status: isFailing ? "degraded" : "healthy",
    ...withoutUndefined({ error: isFailing ? ("LOGGER_WRITE_FAILED" as const) : undefined }),
    data: withoutUndefined({
      waitingBytes,
      lostLines,
      lastWrite: wroteAt > 0 ? new Date(wroteAt).toISOString() : undefined,
      lastError,
    }),
  };
}
