import type { Clock, Duration } from "@seaworthy/core";
import type { Cut } from "./cut.ts";

/** A message for the operators of the service, in one line. */
export interface Notice {
  /** `fatal` for uncaught errors; `error` for a failed start and for what was cut; `warn` for the rest. */
  readonly level: "warn" | "error" | "fatal";
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** How a service stopped. */
export interface StopReport {
  /** The name of the signal, the argument of `stop()`, or what failed. */
  readonly reason: string;
  /** 0 if all went well; 1 if something was cut or failed, or an error was not caught. */
  readonly code: 0 | 1;
  /** Milliseconds from the signal to the end. */
  readonly duration: number;
  readonly cut: readonly Cut[];
  /** Types of the handles that held the event loop, if something was cut. */
  readonly handles: readonly string[];
}

/** Options of {@link createLifecycle}. */
export interface LifecycleOptions {
  /**
   * How long the listeners stay open after readiness has failed, so that every proxy can notice. There is no delay at
   * Ctrl-C in a terminal, or if `node --watch` restarts the process. @default "5s"
   */
  drainDelay?: Duration;
  /** Longest time after the drain delay for requests and background work to end. What takes longer is cut. @default "15s" */
  drainTimeout?: Duration;
  /** Longest time after the drain delay for WebSockets and event streams to end. @default "5s" */
  streamTimeout?: Duration;
  /** Longest time for one resource to close, unless the resource has a limit of its own. @default "5s" */
  closeTimeout?: Duration;
  /** Longest time for one resource to open, unless the resource has a limit of its own. @default "60s" */
  startTimeout?: Duration;
  /** Longest time for the whole shutdown. It shortens the other limits. Kubernetes kills after 30 s. @default "28s" */
  deadline?: Duration;
  /** Longest time for the shutdown after an uncaught error. Half of it is for requests in flight. @default "5s" */
  fatalTimeout?: Duration;
  /** Signals that start the shutdown. The second one ends the process at once. @default ["SIGTERM", "SIGINT"] */
  signals?: readonly NodeJS.Signals[];
  /** Whether `uncaughtException` and `unhandledRejection` end the service. @default true */
  fatalErrors?: boolean;
  /**
   * How the process ends. A function is called once instead of `process.exit`, after any shutdown; `false` does nothing.
   * By default the process ends after a signal, a failed start or a fatal error, and not after `stop()`.
   * @default true
   */
  exit?: boolean | ((code: 0 | 1, report: StopReport) => void);
  /** Receives the notices: a failed start, what was cut, a second signal, a fatal error. @default a line on standard error */
  report?: (notice: Notice) => void;
  /** Writes out what is buffered, such as the lines of a logger. It may take up to a second before the process ends. */
  flush?: () => unknown;
  clock?: Clock;
}
