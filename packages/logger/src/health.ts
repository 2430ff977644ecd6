/** The result of `logger.health()`. It has the shape of the result of a check of the health package. */
export interface LoggerHealth {
  /** `"degraded"` while a destination does not accept lines. A logger never makes a service unhealthy. */
  readonly status: "healthy" | "degraded";
  /** Present only while the status is `"degraded"`. */
  readonly error?: "LOGGER_WRITE_FAILED";
  readonly data: {
    /** How many bytes wait in memory, for all destinations together. */
    readonly waitingBytes: number;
    /** How many lines were lost since the logger was created. */
    readonly lostLines: number;
    /** When a line was last written, as ISO 8601 in UTC. It is recorded from the first call of `health()` on. */
    readonly lastWrite?: string;
    /** The destination that failed last, and why, such as `"file: ENOSPC"`. It remains after the failure is over. */
    readonly lastError?: string;
  };
}
