import { availableParallelism } from "node:os";
import {
  checkOptions,
  clockOption,
  integer,
  optionalFunction,
  positiveDuration,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { RunWorkersOptions } from "../../workers.ts";
import { writeNotice } from "../notice.ts";
import { DEFAULT_SIGNALS, type ExitSettings, exitOption, signalsOption } from "../settings.ts";

/** The options of `runWorkers`, checked, with defaults, and in milliseconds. */
export interface PrimarySettings extends ExitSettings {
  readonly count: number;
  readonly startTimeout: number;
  readonly deadline: number;
  readonly initialDelay: number;
  readonly maxDelay: number;
  readonly crashLimit: number;
  readonly crashWindow: number;
  readonly signals: readonly NodeJS.Signals[];
  readonly restartSignals: readonly NodeJS.Signals[];
  readonly random: () => number;
}

const OPTIONS = [
  "worker",
  "count",
  "startTimeout",
  "deadline",
  "initialDelay",
  "maxDelay",
  "crashLimit",
  "crashWindow",
  "signals",
  "restartSignals",
  "exit",
  "report",
  "flush",
  "clock",
  "random",
];
const MOST_WORKERS = 1024;
/** A place may fail this many times, on average, before the service ends. */
const FAILURES_PER_PLACE = 3;

/** @throws TypeError if an option is malformed */
export function primarySettings(options: RunWorkersOptions): PrimarySettings {
  checkOptions("runWorkers", options, OPTIONS);
  const { report, flush } = options;
  requiredFunction("runWorkers: worker", options.worker);
  optionalFunction("runWorkers: report", report);
  optionalFunction("runWorkers: flush", flush);
  const count = integer("runWorkers: count", withDefault(options.count, availableParallelism()), 1, MOST_WORKERS);
  const crashLimit = withDefault(options.crashLimit, count * FAILURES_PER_PLACE);
  const signals = signalsOption("runWorkers: signals", withDefault(options.signals, DEFAULT_SIGNALS));
  const restartSignals = signalsOption("runWorkers: restartSignals", withDefault(options.restartSignals, ["SIGHUP"]));
  const both = signals.find((signal) => restartSignals.includes(signal));
  if (both !== undefined)
    throw new TypeError(`runWorkers: signals and restartSignals must not share a signal; both have ${showValue(both)}`);
  return {
    ...durations(options),
    count,
    crashLimit: integer("runWorkers: crashLimit", crashLimit, 1),
    signals,
    restartSignals,
    exit: exitOption("runWorkers: exit", withDefault(options.exit, true)),
    report: report ?? writeNotice,
    flush: flush ?? (() => undefined),
    clock: clockOption("runWorkers: clock", options.clock),
    random: requiredFunction("runWorkers: random", withDefault(options.random, Math.random)),
  };
}

function durations(options: RunWorkersOptions) {
  const read = (name: "startTimeout" | "deadline" | "initialDelay" | "maxDelay" | "crashWindow", fallback: string) =>
    positiveDuration(`runWorkers: ${name}`, withDefault(options[name], fallback));
  const initialDelay = read("initialDelay", "200ms");
  const maxDelay = read("maxDelay", "10s");
  if (maxDelay < initialDelay)
    throw new TypeError(`runWorkers: maxDelay must not be below initialDelay; got ${maxDelay} and ${initialDelay} ms`);
  return {
    startTimeout: read("startTimeout", "70s"),
    deadline: read("deadline", "29s"),
    initialDelay,
    maxDelay,
    crashWindow: read("crashWindow", "1m"),
  };
}
