import type { Clock, Duration } from "@seaworthy/core";
import type { Notice, StopReport } from "./options.ts";

/** Options of {@link runWorkers}. */
export interface RunWorkersOptions {
  /**
   * Starts the service in a worker process. The worker counts as ready when the returned promise resolves, so it should
   * wait for `life.start()`. The argument is the worker's place, from 1 to `count`: a replacement has the place of the
   * worker that it replaces.
   */
  worker: (place: number) => unknown;
  /** Number of workers, 1 to 1024. @default availableParallelism() of node:os */
  count?: number;
  /** Longest time until a worker is ready, above 0. At the bound it is killed, and counts as ended. @default "70s" */
  startTimeout?: Duration;
  /**
   * Longest time for a worker to end after it was requested to stop, above 0. At the bound it is killed. It should be
   * longer than the `deadline` of the lifecycle in the worker. @default "29s"
   */
  deadline?: Duration;
  /** Time before the first restart in a place, above 0. It doubles with every further one; half of it is random. @default "200ms" */
  initialDelay?: Duration;
  /** Longest time before a restart, `initialDelay` or more. @default "10s" */
  maxDelay?: Duration;
  /** Number of workers, 1 or more, that may end by themselves within `crashWindow`. At the next one the service ends. @default 3 × count */
  crashLimit?: number;
  /** Time over which `crashLimit` counts, above 0. @default "1m" */
  crashWindow?: Duration;
  /** Signals that stop all workers. The second one kills them and ends the process at once. @default ["SIGTERM", "SIGINT"] */
  signals?: readonly NodeJS.Signals[];
  /** Signals that replace the workers one after the other. @default ["SIGHUP"] */
  restartSignals?: readonly NodeJS.Signals[];
  /**
   * How the primary ends. A function is called once instead of `process.exit`, after any stop; `false` does nothing. By
   * default the primary ends after a signal or a crash loop, and not after `stop()`. @default true
   */
  exit?: boolean | ((code: 0 | 1, report: StopReport) => void);
  /** Receives the notices of the primary. @default a line on standard error */
  report?: (notice: Notice) => void;
  /** Writes out what is buffered in the primary. It may take up to a second before the primary ends. */
  flush?: () => unknown;
  /** @default systemClock */
  clock?: Clock;
  /** Returns a number from 0 to 1, 1 excluded. @default Math.random */
  random?: () => number;
}

/** One worker process. */
export interface WorkerStatus {
  /** From 1 to `count`. During a rolling restart, two processes have the same place. */
  readonly place: number;
  /** Undefined if the process could not be created. */
  readonly pid: number | undefined;
  readonly state: "starting" | "ready" | "stopping";
}

/** The worker processes, as seen by the primary. */
export interface Workers extends AsyncDisposable {
  /** The processes that run now. */
  list(): readonly WorkerStatus[];
  /**
   * Replaces the workers one after the other: a new worker must be ready before the old one is requested to stop. If
   * this is called during a rolling restart, another one follows.
   *
   * @throws LIFECYCLE_RESTART_FAILED if a new worker does not become ready; the old ones keep running
   * @throws LIFECYCLE_RESTART_INTERRUPTED if the workers are stopped meanwhile
   */
  restart(): Promise<void>;
  /**
   * Requests all workers to stop, and waits until they have ended. Workers that take longer than `deadline` are killed.
   * If it is called again, it returns the same promise.
   */
  stop(reason?: string): Promise<StopReport>;
}
