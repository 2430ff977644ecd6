import type { Clock, Context, Duration } from "@seaworthy/core";
import {
  boundedString,
  checkOptions,
  clockOption,
  oneOf,
  positiveDuration,
  requiredFunction,
  showValue,
} from "@seaworthy/core/options";
import type { AnyDestination } from "./destinations/destination.ts";
import { stdout } from "./destinations/stdout.ts";
import type { FormatOptions, FormatPreset } from "./format.ts";
import { CALLER_FACTS, type CallerFact } from "./internal/caller-facts.ts";
import { createConsoleWriter } from "./internal/console/console-writer.ts";
import { createFamily } from "./internal/family.ts";
import { LEVELS, toLevel } from "./internal/level-numbers.ts";
import { createTime, type LineFormat } from "./internal/line-format.ts";
import { createLineMaker } from "./internal/line-maker.ts";
import { refuseForeignOptions } from "./internal/option-hints.ts";
import type { OutletOptions } from "./internal/outlet.ts";
import { toPretty, wantsPretty } from "./internal/pretty-choice.ts";
import { type DestinationEntry, readDestination } from "./internal/read-destination.ts";
import { toFormat } from "./internal/read-format.ts";
import { toLimits } from "./internal/read-limits.ts";
import { createReader } from "./internal/read-line.ts";
import { createRedactor } from "./internal/redactor.ts";
import { Sink } from "./internal/sink.ts";
import type { LogLevel } from "./level.ts";
import type { LimitOptions } from "./limits.ts";
import type { Logger } from "./logger.ts";
import type { RedactOptions } from "./redact.ts";

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Name of the service, which is in every line; 1 to 128 characters. @default no name */
  name?: string;
  /** Lines below this level are not written, except to destinations with a lower level of their own. @default "info" */
  level?: LogLevel;
  /** Where lines are written, one or more. @default `stdout()` */
  destinations?: AnyDestination | readonly AnyDestination[];
  /** What is blanked besides the values of living secrets. An array is the same as `{ paths }`. @default names of credentials */
  redact?: readonly string[] | RedactOptions;
  /**
   * Whether lines have the `correlationId`, `traceId` and `spanId` of the current context. A function returns further fields
   * from the context. @default true
   */
  context?: boolean | ((context: Context) => object | undefined);
  /**
   * Which facts about the caller, as far as the context has them, are in each line: the id of the principal
   * (`principalId`), the tenant (`tenant`, from the context or the principal), and the address of the client
   * (`clientAddress`). They are personal data in many places, so that none is written by default. @default none
   */
  caller?: readonly CallerFact[];
  /**
   * Whether lines are formatted for people instead of JSON: `true` for every destination except files, `"auto"` for
   * destinations that are terminals, unless `NODE_ENV` is `production`. @default "auto"
   */
  pretty?: boolean | "auto";
  /**
   * The shape of a line: the name of a preset, or names and styles of the level, the time, the message and so on.
   * @default "pino", with ISO times
   */
  format?: FormatPreset | FormatOptions;
  /** Limits beyond which a line is cut. */
  limits?: LimitOptions;
  /**
   * How long `close()` and `flush()` wait for the destinations. What a destination has not written by then counts as a
   * failure of that destination. @default "10s"
   */
  closeTimeout?: Duration;
  /** @default the system's clock */
  clock?: Clock;
  /** Decides which lines a sampled logger writes. @default Math.random */
  random?: () => number;
}

const OPTIONS = [
  "name",
  "level",
  "destinations",
  "redact",
  "context",
  "caller",
  "pretty",
  "format",
  "limits",
  "closeTimeout",
  "clock",
  "random",
];
const LONGEST_NAME = 128;

/**
 * Creates a logger with the interface of pino. It writes one line of JSON per call, and its log methods never throw.
 *
 * A destination with a level of its own receives lines from that level on, which may be above or below the level of the
 * logger. A level that is set later, on the logger or on a child, applies to all destinations, until the first level is set
 * again.
 *
 * @throws TypeError if an option is not as described
 * @throws LOGGER_FILE_UNUSABLE if the file of a `file()` destination cannot be opened
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
  const { name, context = true, random = Math.random, closeTimeout = "10s" } = options;
  const clock = clockOption("clock", options.clock);
  if (name !== undefined) boundedString("name", name, 1, LONGEST_NAME);
  if (typeof context !== "boolean" && typeof context !== "function")
    throw new TypeError(`context must be a boolean or a function; got ${showValue(context)}`);
  if (context === false && options.caller !== undefined)
    throw new TypeError("caller needs the context, which context: false leaves out");
  requiredFunction("random", random);
  const level = options.level === undefined ? "info" : toLevel(options.level, "level");
  const limits = toLimits(options.limits);
  const redactor = createRedactor(options.redact);
  const format = toFormat(options.format, name, readCallerOption(options.caller));
  const pretty = options.pretty === undefined ? "auto" : toPretty(options.pretty, "pretty");
  const entries = readDestinations(options.destinations);
  const sink = new Sink({
    outputs: entries.map((entry) => ({ entry, console: consoleFor(entry, pretty, format, clock) })),
    clock,
    closeTimeout: positiveDuration("closeTimeout", closeTimeout),
  });
  sink.open({
    parse: createReader(format),
    format: createLineMaker({ format, timestamp: createTime(format.time, clock), limits, redactor }),
  });
  return createFamily({
    format,
    level,
    lowest: lowestOf(level, entries),
    context,
    clock,
    random,
    limits,
    redactor,
    sink,
  });
}

function readCallerOption(given: unknown = []): CallerFact[] {
  if (!Array.isArray(given))
    throw new TypeError(`caller must be an array of ${CALLER_FACTS.join(", ")}; got ${showValue(given)}`);
  const facts = given.map((fact: unknown, i) => oneOf(`caller[${i}]`, fact, CALLER_FACTS));
  return CALLER_FACTS.filter((fact) => facts.includes(fact));
}

function readDestinations(given: LoggerOptions["destinations"] = [stdout()]): DestinationEntry[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw new TypeError("destinations must not be empty; got []");
  return list.map((item, i) => readDestination(item, `destinations[${i}]`));
}

function consoleFor(
  { pretty, destination }: DestinationEntry,
  fallback: boolean | "auto",
  format: LineFormat,
  clock: Clock,
): OutletOptions["console"] {
  if (!wantsPretty(pretty ?? fallback, destination.isTTY === true)) return undefined;
  return (write) => createConsoleWriter({ format, clock, terminal: destination, write });
}

// A silent logger writes nothing, whatever the levels of its destinations are.
function lowestOf(level: LogLevel, entries: readonly DestinationEntry[]): LogLevel {
  if (level === "silent") return level;
  let lowest: LogLevel = level;
  for (const entry of entries)
    if (entry.level !== undefined && LEVELS[entry.level] < LEVELS[lowest]) lowest = entry.level;
  return lowest;
}
