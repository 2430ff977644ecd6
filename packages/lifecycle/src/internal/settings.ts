import { constants } from "node:os";
import { type Clock, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  flag,
  optionalFunction,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { LifecycleOptions, Notice, StopReport } from "../options.ts";
import { writeNotice } from "./notice.ts";

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
