import { withoutUndefined } from "@seaworthy/core/objects";
import type { OutputStatus } from "./internal/output-status.ts";

/** What `logger.health()` returns. It has the shape of a check's result of the health package. */
export interface LoggerHealth {
  /** `"degraded"` while a destination does not take lines. A logger never makes a service unhealthy. */
  readonly status: "healthy" | "degraded";
  /** Only while degraded. */
  readonly error?: "LOGGER_WRITE_FAILED";
  readonly data: {
    /** How much waits in memory to be written, in bytes, for all destinations. */
    readonly waitingBytes: number;
    /** How many lines were lost since the logger was created. */
    readonly lostLines: number;
    /** When a line was last written, as ISO 8601 in UTC; kept from the first call of `health()` on. */
    readonly lastWrite?: string;
    /** The destination that failed last and why, such as `"file: ENOSPC"`. It stays after the failure is over. */
    readonly lastError?: string;
  };
}

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
