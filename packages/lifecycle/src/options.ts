import { constants } from "node:os";
import { type Clock, type Duration, describeError, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  flag,
  optionalFunction,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { Cut } from "./cut.ts";

/** Something that people have to read, in one line. */
export interface Notice {
  /** `fatal` for errors that nobody caught; `error` for a failed start and for what was cut; `warn` for the rest. */
  readonly level: "warn" | "error" | "fatal";
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** How a service stopped. */
export interface StopReport {
  /** The signal's name, what `stop()` was given, or what failed. */
  readonly reason: string;
  /** 0 when all went well; 1 when something was cut, failed, or nobody caught an error. */
  readonly code: 0 | 1;
  /** Milliseconds from the signal to the end. */
  readonly duration: number;
  readonly cut: readonly Cut[];
  /** Types of the handles that held the event loop, when something was cut. */
  readonly handles: readonly string[];
}

/** Options of {@link createLifecycle}. */
export interface LifecycleOptions {
  /**
   * How long the listeners stay open after readiness failed, until no proxy sends requests here any more. There is no
   * delay at Ctrl-C in a terminal, or when `node --watch` restarts the process. @default "5s"
   */
  drainDelay?: Duration;
  /** Longest time after the drain delay for requests and background work to end; what runs longer is cut. @default "15s" */
  drainTimeout?: Duration;
  /** Longest time after the drain delay for WebSockets and event streams to end once told. @default "5s" */
  streamTimeout?: Duration;
  /** Longest time for one resource to close, unless it says otherwise. @default "5s" */
  closeTimeout?: Duration;
  /** Longest time for one resource to open, unless it says otherwise. @default "60s" */
  startTimeout?: Duration;
  /** Longest time for the whole shutdown; the other limits are cut short by it. Kubernetes kills after 30 s. @default "28s" */
  deadline?: Duration;
  /** Longest time for the shutdown after an error that nobody caught, half of it for requests in flight. @default "5s" */
  fatalTimeout?: Duration;
  /** Signals that begin the shutdown; the second one ends the process at once. @default ["SIGTERM", "SIGINT"] */
  signals?: readonly NodeJS.Signals[];
  /** Whether `uncaughtException` and `unhandledRejection` end the service. @default true */
  fatalErrors?: boolean;
  /**
   * What ends the process. A function is called once, after any shutdown, in its place; `false` does nothing. By default
   * the process ends after a signal, a failed start or a fatal error, and `stop()` leaves it to you.
   * @default true
   */
  exit?: boolean | ((code: 0 | 1, report: StopReport) => void);
  /** Where notices go: a failed start, what was cut, a second signal, a fatal error. @default a line on standard error */
  report?: (notice: Notice) => void;
  /** Writes out what is buffered, such as a logger's lines; waited for up to a second before the process ends. */
  flush?: () => unknown;
  clock?: Clock;
}

/** How the process ends, and what it reports then. */
export interface ExitSettings {
  readonly exit: boolean | ((code: 0 | 1, report: StopReport) => void);
  readonly report: (notice: Notice) => void;
  readonly flush: () => unknown;
  readonly clock: Clock;
}

/** The options in milliseconds, with defaults. */
export interface Settings extends ExitSettings {
  readonly times: Readonly<Record<keyof typeof DEFAULTS, number>>;
  readonly signals: readonly NodeJS.Signals[];
  readonly fatalErrors: boolean;
}

const DEFAULTS = {
  drainDelay: 5000,
  drainTimeout: 15_000,
  streamTimeout: 5000,
  closeTimeout: 5000,
  startTimeout: 60_000,
  deadline: 28_000,
  fatalTimeout: 5000,
} as const;
/** The signals that end a service. */
export const DEFAULT_SIGNALS: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"];
const OTHERS = ["signals", "fatalErrors", "exit", "report", "flush", "clock"];

/** @throws TypeError if an option is malformed */
export function parseOptions(options: LifecycleOptions): Settings {
  checkOptions("createLifecycle", options, [...Object.keys(DEFAULTS), ...OTHERS]);
  const { report, flush } = options;
  optionalFunction("createLifecycle: report", report);
  optionalFunction("createLifecycle: flush", flush);
  return {
    times: parseTimes(options),
    signals: signalsOption("createLifecycle: signals", withDefault(options.signals, DEFAULT_SIGNALS)),
    fatalErrors: flag("createLifecycle: fatalErrors", withDefault(options.fatalErrors, true)),
    exit: exitOption("createLifecycle: exit", withDefault(options.exit, true)),
    report: report ?? writeNotice,
    flush: flush ?? (() => undefined),
    clock: clockOption("createLifecycle: clock", options.clock),
  };
}

/** @throws TypeError if it is not an array of names of signals that can be handled */
export function signalsOption(name: string, signals: readonly NodeJS.Signals[]): readonly NodeJS.Signals[] {
  if (!Array.isArray(signals) || !signals.every(isCatchable))
    throw new TypeError(`${name} must be an array of names like "SIGTERM"; got ${showValue(signals)}`);
  return [...new Set(signals)];
}

/** @throws TypeError if it is neither a boolean nor a function */
export function exitOption(name: string, exit: ExitSettings["exit"]): ExitSettings["exit"] {
  return typeof exit === "boolean" ? exit : requiredFunction(name, exit);
}

function isCatchable(name: unknown): boolean {
  return typeof name === "string" && Object.hasOwn(constants.signals, name) && name !== "SIGKILL" && name !== "SIGSTOP";
}

function parseTimes(options: LifecycleOptions): Settings["times"] {
  const names = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
  const entries = names.map((name) => {
    const { [name]: given = DEFAULTS[name] } = options;
    return [name, toMilliseconds(given, `createLifecycle: ${name}`)];
  });
  return Object.fromEntries(entries) as Settings["times"];
}

/**
 * Writes a notice to standard error, which is all that is sure to work when everything else is being closed. That nobody
 * reads it any more is no news: an error of the write would be one that nobody caught, and end up here again.
 */
export function writeNotice({ level, message, details }: Notice): void {
  const stack = level === "fatal" ? describeError(details.error).stack : undefined;
  const { stderr } = process;
  const ignore = (): void => undefined;
  stderr.once("error", ignore);
  stderr.write(`lifecycle ${level}: ${message}\n${stack === undefined ? "" : `${stack}\n`}`, (error) => {
    // The event comes after this call, for a failure alone.
    if (error === undefined || error === null) stderr.removeListener("error", ignore);
  });
}
