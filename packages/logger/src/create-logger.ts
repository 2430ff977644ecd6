import { type Clock, type Context, systemClock } from "@seaworthy/core";
import { boundedString, checkOptions, clockOption, requiredFunction, showValue } from "@seaworthy/core/options";
import { type AnyDestination, type Target, toTarget } from "./destinations/destination.ts";
import { stdout, toPretty, wantsPretty } from "./destinations/stdout.ts";
import { type FormatOptions, type FormatPreset, toFormat } from "./format.ts";
import { createConsoleWriter } from "./internal/console/console-writer.ts";
import { createFamily } from "./internal/family.ts";
import type { LineFormat } from "./internal/line-format.ts";
import { refuseForeignOptions } from "./internal/option-hints.ts";
import { type Output, Sink } from "./internal/sink.ts";
import { LEVELS, type LogLevel, toLevel } from "./level.ts";
import { type LimitOptions, toLimits } from "./limits.ts";
import type { Logger } from "./logger.ts";
import { createRedactor, type RedactOptions } from "./redact.ts";

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Name of the service, in every line; 128 characters at the most. @default no name */
  name?: string;
  /** Least level of the lines made, and of every destination that has no level of its own. @default "info" */
  level?: LogLevel;
  /** Where lines go. @default standard output */
  destinations?: AnyDestination | readonly AnyDestination[];
  /** What is blanked out besides the values of living secrets; a list is one of `keys`. @default what usually holds a credential */
  redact?: readonly string[] | RedactOptions;
  /**
   * Whether lines carry `correlationId`, `traceId` and `spanId` of the current context; a function gives further fields
   * of it. @default true
   */
  context?: boolean | ((context: Context) => object | undefined);
  /**
   * Lines for people in place of JSON: `true` for every destination but files, `"auto"` for `stdout()` where it is a
   * terminal and `NODE_ENV` is not `production`. @default "auto"
   */
  pretty?: boolean | "auto";
  /**
   * The shape of a line: the name of a preset, or names and styles of the level, the time, the message and so on.
   * @default pino's, with ISO times
   */
  format?: FormatPreset | FormatOptions;
  /** What is cut, and where. */
  limits?: LimitOptions;
  /** @default the system's */
  clock?: Clock;
  /** Decides what a sampled logger writes. @default Math.random */
  random?: () => number;
}

const OPTIONS = ["name", "level", "destinations", "redact", "context", "pretty", "format", "limits", "clock", "random"];
const LONGEST_NAME = 128;

/**
 * Creates a logger: pino's interface, one JSON line a call, and no call that throws.
 *
 * A destination with a level of its own takes lines from that level, be it above or below the logger's. A level that is
 * set later, on the logger or on a child, holds for all destinations, until the first level is set again.
 *
 * @throws TypeError when an option is not as described
 * @throws LOGGER_FILE_UNUSABLE when the file of a `file()` destination cannot be opened
 * @example
 * ```ts
 * import { createLogger } from "@seaworthy/logger";
 * const logger = createLogger({ name: "orders" });
 * logger.info({ orderId: 7, apiKey: "k-123" }, "order accepted"); // apiKey is "[redacted]"
 * ```
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  if (typeof options === "object" && options !== null) refuseForeignOptions("createLogger", options);
  checkOptions("createLogger", options, OPTIONS);
  const { name, context = true, clock = systemClock, random = Math.random } = options;
  if (name !== undefined) boundedString("name", name, 1, LONGEST_NAME);
  if (typeof context !== "boolean" && typeof context !== "function")
    throw new TypeError(`context must be true, false or a function; got ${showValue(context)}`);
  clockOption("clock", clock);
  requiredFunction("random", random);
  const level = options.level === undefined ? "info" : toLevel(options.level, "level");
  const limits = toLimits(options.limits);
  const redactor = createRedactor(options.redact);
  const format = toFormat(options.format, name);
  const pretty = options.pretty === undefined ? "auto" : toPretty(options.pretty, "pretty");
  const targets = toTargets(options.destinations);
  const sink = new Sink(targets.map((target) => toOutput(target, pretty, format, clock)));
  sink.open(clock);
  return createFamily({
    format,
    level,
    lowest: lowestOf(level, targets),
    context,
    clock,
    random,
    limits,
    redactor,
    sink,
  });
}

function toTargets(given: LoggerOptions["destinations"] = [stdout()]): Target[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw new TypeError("destinations must not be empty; got []");
  return list.map((item, i) => toTarget(item, `destinations[${i}]`));
}

function toOutput(target: Target, pretty: boolean | "auto", shape: LineFormat, clock: Clock): Output {
  const wanted = target.pretty ?? (target.kind === "stdout" ? pretty : target.kind === "stream" && pretty === true);
  if (!wantsPretty(wanted)) return { target, console: undefined };
  return { target, console: (to) => createConsoleWriter(shape, clock, target.kind === "stdout", to) };
}

// A silent logger is silent everywhere.
function lowestOf(level: LogLevel, targets: readonly Target[]): LogLevel {
  if (level === "silent") return level;
  let lowest: LogLevel = level;
  for (const target of targets)
    if (target.level !== undefined && LEVELS[target.level] < LEVELS[lowest]) lowest = target.level;
  return lowest;
}
