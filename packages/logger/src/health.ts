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
