import type { EdgeRequest } from "./messages.ts";
import type { LoggerPort } from "./ports.ts";

/** Who may read `/metrics`. */
export type MetricsAccess = "everyone" | "authorized" | ((request: EdgeRequest) => boolean | Promise<boolean>);

/** Options of the operations endpoints. */
export interface OperationsOptions {
  /**
   * Whether a caller may use the endpoints for operators and sees the details of health; only `true` means yes. The
   * principal is known to it if `authenticate` returns one, except for probes, which wait 250 ms for the decision.
   *
   * @default no caller, and the endpoints for operators do not exist
   */
  authorize?: (request: EdgeRequest) => boolean | Promise<boolean>;
  /**
   * Who may read `/metrics`: everyone who reaches it, callers that `authorize` lets in, or those for which a function
   * returns `true`. A guarded `/metrics` passes limits and `authenticate` first. @default "everyone"
   */
  metrics?: MetricsAccess;
  /** The logger whose level operators set and, if it has `tail()`, whose lines they follow. @default those endpoints do not exist */
  logger?: LoggerPort;
  /**
   * Whether operators can take CPU profiles and heap snapshots. A snapshot contains every secret that is in memory, and the
   * service stands still while it is taken. @default false
   */
  profiling?: boolean;
  /** Paths of the endpoints for operators. @default "/loglevel", "/debug/logs", "/debug/cpu-profile", "/debug/heap-snapshot" */
  paths?: OperatorPaths;
  /** Address that the listener of `operationsPort` binds to; `"0.0.0.0"` is every address of the machine. @default "127.0.0.1" */
  host?: string;
}

/**
 * Paths of probes, and the group of checks that each reports: `"live"`, `"ready"`, `"startup"`, a group of your own, or
 * `"all"`; and the path of `"metrics"`. A group may have several paths.
 */
export type ProbePaths = Readonly<Record<string, string>>;

/** Paths of the endpoints for operators. */
export interface OperatorPaths {
  /** @default "/loglevel" */
  logLevel?: string;
  /** @default "/debug/logs" */
  logs?: string;
  /** @default "/debug/cpu-profile" */
  cpuProfile?: string;
  /** @default "/debug/heap-snapshot" */
  heapSnapshot?: string;
}
