import { channel } from "node:diagnostics_channel";
import { systemClock } from "./clock.ts";
import { subscribe } from "./internal/subscribe.ts";
import { checkOptions, oneOf, showValue } from "./options.ts";

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
  /** In the definition's unit; of an event without a unit, how often it has happened. @default 1 for the latter */
  readonly value?: number;
  /** Of any cardinality; for log lines only, never for metrics. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly definition: TelemetryDefinition;
}

/** The labels that an event is emitted with: one value per name, and no others. */
export type EventLabels<L extends string> = Readonly<
  [L] extends [never] ? Record<string, never> : Record<L, LabelValue>
>;

/** What follows the labels: the value of an event with a unit, or how often an event without one has happened. */
export type EventMeasure<U> = [U] extends [TelemetryUnit]
  ? [value: number, details?: Readonly<Record<string, unknown>>]
  : [U] extends [undefined]
    ? [times?: number, details?: Readonly<Record<string, unknown>>]
    : [value?: number, details?: Readonly<Record<string, unknown>>];

/**
 * An event that can be emitted.
 *
 * `U` is its unit, or `undefined` for an event that only counts. An event of unknown unit takes a value or none.
 */
export interface TelemetryEvent<
  L extends string = string,
  U extends TelemetryUnit | undefined = TelemetryUnit | undefined,
> extends TelemetryDefinition<L> {
  /** Whether there is a listener. Check it before you build labels: if there is none, it costs one boolean read. */
  readonly active: boolean;
  /** Calls every listener. An event without a unit counts once, or as often as `times` says. Never throws. */
  emit(labels: EventLabels<L>, ...measure: EventMeasure<U>): void;
}

/** Receives every event of every package. */
export type TelemetryListener = (record: TelemetryRecord) => void;

// Channels are process-wide by name, so two copies of this package share this one.
const events = channel("seaworthy:telemetry");
const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const DEFINITION_OPTIONS = ["name", "help", "unit", "labels", "level"];
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
 * Describes an event of a package.
 *
 * Two versions of a package in one process define their events twice. The second definition must have the same unit and
 * the same labels. Its help text and level may differ; the help text of the first definition is used for both.
 *
 * @throws TypeError if the name or a member is malformed, or if the name is already defined with another unit or other labels
 * @example
 * ```ts
 * import { defineEvent } from "@seaworthy/core";
 * const sent = defineEvent("mail.sent", { help: "A message was handed to the server.", labels: ["outcome"] });
 * if (sent.active) sent.emit({ outcome: "ok" });
 * ```
 */
export function defineEvent<const L extends string = never, const U extends TelemetryUnit | undefined = undefined>(
  name: string,
  description: Omit<TelemetryDefinition<L>, "name" | "unit"> & { readonly unit?: U },
): TelemetryEvent<L, U>;
export function defineEvent(name: string, definition: Omit<TelemetryDefinition, "name">): TelemetryEvent {
  if (typeof name !== "string" || !NAME.test(name))
    throw new TypeError(`event name must be dotted lower-case, like "package.what"; got ${showValue(name)}`);
  checkDefinition(`event ${name}`, definition);
  const known = definitions.get(name);
  if (known !== undefined) checkAgain(known, definition);
  const event = new DefinedEvent({ ...definition, help: known?.help ?? definition.help, name });
  if (known === undefined) definitions.set(name, event);
  return event;
}

/** A series is identified by its name, its unit and its labels; a reworded help text changes none of them. */
function checkAgain(known: TelemetryDefinition, again: Omit<TelemetryDefinition, "name">): void {
  const before = identityOf(known);
  const now = identityOf(again);
  if (before !== now) throw new TypeError(`event ${known.name} is already defined with ${before}; got ${now}`);
}

function identityOf({ unit, labels = [] }: Omit<TelemetryDefinition, "name">): string {
  return `${unit === undefined ? "no unit" : `unit ${unit}`} and labels [${[...labels].sort().join(", ")}]`;
}

function checkDefinition(event: string, definition: Omit<TelemetryDefinition, "name">): void {
  checkOptions(event, definition, DEFINITION_OPTIONS);
  const { help, unit, labels = [], level } = definition;
  if (typeof help !== "string" || help === "")
    throw new TypeError(`${event}: help must be a sentence; got ${showValue(help)}`);
  if (!Array.isArray(labels))
    throw new TypeError(`${event}: labels must be an array of names; got ${showValue(labels)}`);
  for (const label of labels) {
    if (typeof label !== "string" || !LABEL.test(label))
      throw new TypeError(`${event}: ${showValue(label)} cannot be a label name`);
  }
  if (new Set(labels).size !== labels.length) throw new TypeError(`${event}: labels must not repeat a name`);
  if (unit !== undefined) oneOf(`${event}: unit`, unit, UNITS);
  if (level !== undefined && typeof level !== "function") oneOf(`${event}: level`, level, LEVELS);
}

/** The events defined so far in this process by this copy of the package, by name. */
export function definedEvents(): readonly TelemetryDefinition[] {
  return [...definitions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Calls `listener` synchronously with every event from now on. Returns a function that unsubscribes.
 *
 * A listener that throws or rejects is reported once, as a process warning with code `CORE_TELEMETRY_LISTENER`, and
 * stays subscribed; neither the emitter nor `uncaughtException` learns of it. Events that a listener itself causes are
 * not shown to it again, so that one that logs cannot loop.
 */
export function onTelemetry(listener: TelemetryListener): () => void {
  return subscribe(events, listener);
}
