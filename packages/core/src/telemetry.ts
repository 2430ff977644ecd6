import { channel } from "node:diagnostics_channel";
import { systemClock } from "./clock.ts";
import { checkOptions, oneOf, showValue } from "./options.ts";
import { scrubAndCut } from "./secret.ts";

/** Severity of an event's log line, in pino's terms. `"silent"` makes no line. */
export type TelemetryLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
/** A label's value: low-cardinality, since it becomes part of a metric series' identity. */
export type LabelValue = string | number | boolean;
/** What an emitted value measures. Without a unit an event only counts. */
export type TelemetryUnit = "seconds" | "bytes" | "ratio" | "items";

/** How an event is described, once, in its package's `telemetry.ts`. */
export interface TelemetryDefinition<L extends string = string> {
  /** Dotted name, `package.what`: lower-case letters, digits and underscores. */
  readonly name: string;
  /** One sentence; becomes the metric's help text. */
  readonly help: string;
  /** With a unit an event carries a value and becomes a histogram; without, a counter. */
  readonly unit?: TelemetryUnit;
  /** Names of the labels. @default none */
  readonly labels?: readonly L[];
  /** Level of the log line, or a function of the labels. @default "debug" */
  readonly level?: TelemetryLevel | ((labels: Readonly<Record<L, LabelValue>>) => TelemetryLevel);
}

/** What a listener receives. */
export interface TelemetryRecord {
  readonly name: string;
  readonly labels: Readonly<Record<string, LabelValue>>;
  /** In the definition's unit. */
  readonly value?: number;
  /** Of any cardinality; for log lines only, never for metrics. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly definition: TelemetryDefinition;
}

/** An event that can be emitted. */
export interface TelemetryEvent<L extends string = string> extends TelemetryDefinition<L> {
  /** Whether anybody listens. Check it before building labels: with no listener it costs one boolean read. */
  readonly active: boolean;
  /** Tells every listener. Never throws. */
  emit(labels: Readonly<Record<L, LabelValue>>, value?: number, details?: Readonly<Record<string, unknown>>): void;
}

/** Receives every event of every package. */
export type TelemetryListener = (record: TelemetryRecord) => void;

// Channels are process-wide by name, so two copies of this package share this one.
const events = channel("seaworthy:telemetry");
const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const DEFINITION = ["name", "help", "unit", "labels", "level"];
const UNITS: readonly TelemetryUnit[] = ["seconds", "bytes", "ratio", "items"];
const LEVELS: readonly TelemetryLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const definitions = new Map<string, TelemetryDefinition>();

class DefinedEvent implements TelemetryEvent {
  readonly name: string;
  readonly help: string;
  declare readonly unit?: TelemetryUnit;
  declare readonly labels?: readonly string[];
  declare readonly level?: TelemetryDefinition["level"] & {};

  constructor(definition: TelemetryDefinition) {
    this.name = definition.name;
    this.help = definition.help;
    Object.assign(this, definition);
    Object.freeze(this);
  }

  get active(): boolean {
    return events.hasSubscribers;
  }

  emit(
    labels: Readonly<Record<string, LabelValue>>,
    value?: number,
    details?: Readonly<Record<string, unknown>>,
  ): void {
    if (!events.hasSubscribers) return;
    // Members are assigned one by one: two conditional spreads take three times as long.
    const record: { -readonly [K in keyof TelemetryRecord]: TelemetryRecord[K] } = {
      name: this.name,
      labels,
      at: systemClock.now(),
      definition: this,
    };
    if (value !== undefined) record.value = value;
    if (details !== undefined) record.details = details;
    events.publish(record);
  }
}

/**
 * Describes an event of a package. The same description may be given again (a package loaded twice); another one under
 * the same name may not.
 *
 * @throws TypeError when the name or a member is malformed, or the name already means something else
 * @example
 * ```ts
 * import { defineEvent } from "@seaworthy/core";
 * const sent = defineEvent("mail.sent", { help: "A message was handed to the server.", labels: ["outcome"] });
 * if (sent.active) sent.emit({ outcome: "ok" });
 * ```
 */
export function defineEvent<const L extends string = never>(
  name: string,
  definition: Omit<TelemetryDefinition<L>, "name">,
): TelemetryEvent<L> {
  if (typeof name !== "string" || !NAME.test(name))
    throw new TypeError(`event name must be dotted lower-case, like "package.what"; got ${showValue(name)}`);
  checkDefinition(`event ${name}`, definition);
  const event = new DefinedEvent({ ...definition, name } as unknown as TelemetryDefinition);
  const known = definitions.get(name);
  if (known !== undefined && !sameDefinition(known, event))
    throw new TypeError(`event ${name} is already defined otherwise`);
  definitions.set(name, event);
  return event as unknown as TelemetryEvent<L>;
}

function checkDefinition(event: string, definition: Omit<TelemetryDefinition, "name">): void {
  checkOptions(event, definition, DEFINITION);
  const { help, unit, labels = [], level } = definition;
  if (typeof help !== "string" || help === "")
    throw new TypeError(`${event}: help must be a sentence; got ${showValue(help)}`);
  if (!Array.isArray(labels)) throw new TypeError(`${event}: labels must be a list of names; got ${showValue(labels)}`);
  for (const label of labels) {
    if (typeof label !== "string" || !LABEL.test(label))
      throw new TypeError(`${event}: ${showValue(label)} cannot be a label name`);
  }
  if (new Set(labels).size !== labels.length) throw new TypeError(`${event}: labels must not repeat a name`);
  if (unit !== undefined) oneOf(`${event}: unit`, unit, UNITS);
  if (level !== undefined && typeof level !== "function") oneOf(`${event}: level`, level, LEVELS);
}

function sameDefinition(a: TelemetryDefinition, b: TelemetryDefinition): boolean {
  const plain = ({ help, unit, labels, level }: TelemetryDefinition): string =>
    JSON.stringify([help, unit, labels, String(level)]);
  return plain(a) === plain(b);
}

/** The events defined so far in this process by this copy of the package, by name. */
export function definedEvents(): readonly TelemetryDefinition[] {
  return [...definitions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Calls `listener` with every event from now on, synchronously; the function returned ends that.
 *
 * A listener that throws or rejects is reported once, as a process warning with code `CORE_TELEMETRY_LISTENER`, and
 * stays subscribed; neither the emitter nor `uncaughtException` learns of it. Events that a listener itself causes are
 * not shown to it again, so that one that logs cannot loop.
 */
export function onTelemetry(listener: TelemetryListener): () => void {
  if (typeof listener !== "function") throw new TypeError("listener must be a function");
  let busy = false;
  let reported = false;
  const report = (error: unknown): void => {
    if (reported) return;
    reported = true;
    warn(error);
  };
  // diagnostics_channel turns an exception of a subscriber into an uncaughtException, so none may leave here.
  const subscriber = (message: unknown): void => {
    if (busy) return;
    busy = true;
    try {
      const result = listener(message as TelemetryRecord) as unknown;
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    } finally {
      busy = false;
    }
  };
  events.subscribe(subscriber);
  return () => void events.unsubscribe(subscriber);
}

function warn(error: unknown): void {
  let reason = "an unreadable value";
  try {
    reason = scrubAndCut(error instanceof Error ? `${error.name}: ${error.message}` : String(error), 1024);
  } catch {
    // Its own text is all that is lost; the warning itself must come out.
  }
  process.emitWarning(`A telemetry listener failed (${reason}); later failures of it are not reported.`, {
    code: "CORE_TELEMETRY_LISTENER",
  });
}
