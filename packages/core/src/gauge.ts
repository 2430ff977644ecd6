import { channel } from "node:diagnostics_channel";
import { checkOptions, oneOf, requiredFunction, showValue } from "./options.ts";
import type { EventLabels, LabelValue, TelemetryUnit } from "./telemetry.ts";

/** How the values of several readers with the same labels become one. */
export type GaugeMerge = "sum" | "max";

/** How a gauge is described, once, in its package's `telemetry.ts`. */
export interface GaugeDefinition<L extends string = string> {
  /** Dotted name, `package.what`: lower-case letters, digits and underscores. */
  readonly name: string;
  /** One sentence; becomes the metric's help text. */
  readonly help: string;
  /** What a value measures. @default none: a plain number */
  readonly unit?: TelemetryUnit;
  /** Names of the labels. @default none */
  readonly labels?: readonly L[];
  /** How the values of several readers with the same labels become one. @default "sum" */
  readonly merge?: GaugeMerge;
}

/** A state of the process that is read on request, such as the number of calls in flight. */
export interface Gauge<L extends string = string> extends GaugeDefinition<L> {
  /**
   * Calls `read` for each scrape from now on. Returns a function that ends this.
   *
   * `read` must return at once. If it returns `undefined`, what it read is gone, and it is not called again. If it throws
   * or returns anything that is not a finite number, the scrape goes without it. A gauge keeps 10 000 readers at most;
   * further ones are left out, and one process warning with the code `CORE_GAUGE_FULL` says so.
   *
   * @throws TypeError if the labels are not the ones of the definition, or `read` is not a function
   */
  track(labels: EventLabels<L>, read: () => number | undefined): () => void;
}

/** One value of a gauge, at the moment of the scrape. */
export interface GaugeReading {
  readonly definition: GaugeDefinition;
  readonly labels: Readonly<Record<string, LabelValue>>;
  /** In the definition's unit. */
  readonly value: number;
}

interface Reader {
  readonly gauge: TrackedGauge;
  readonly labels: Readonly<Record<string, LabelValue>>;
  readonly read: () => number | undefined;
}

type Collect = (reading: GaugeReading) => void;

// Channels are process-wide by name, so one scrape reaches the readers of every copy of this package.
const scrapes = channel("seaworthy:gauges");
const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const OPTIONS = ["help", "unit", "labels", "merge"];
const UNITS: readonly TelemetryUnit[] = ["seconds", "bytes", "ratio", "items"];
const MERGES: readonly GaugeMerge[] = ["sum", "max"];
const MOST_READERS = 10_000;
const readers = new Set<Reader>();

class TrackedGauge implements Gauge {
  readonly name: string;
  readonly help: string;
  declare readonly unit?: TelemetryUnit;
  declare readonly labels?: readonly string[];
  declare readonly merge?: GaugeMerge;
  #tracked = 0;
  #warned = false;

  constructor(name: string, description: Omit<GaugeDefinition, "name">) {
    this.name = name;
    this.help = description.help;
    Object.assign(this, description);
    Object.freeze(this);
  }

  track(labels: Readonly<Record<string, LabelValue>>, read: () => number | undefined): () => void {
    requiredFunction(`gauge ${this.name}: read`, read);
    const reader: Reader = { gauge: this, labels: this.#checked(labels), read };
    if (this.#tracked >= MOST_READERS) {
      this.#warn();
      return () => undefined;
    }
    this.#tracked++;
    if (readers.size === 0) scrapes.subscribe(answer);
    readers.add(reader);
    return () => this.forget(reader);
  }

  /** Ends the calls of a reader; a reader that was ended before makes no difference. */
  forget(reader: Reader): void {
    if (!readers.delete(reader)) return;
    this.#tracked--;
    if (readers.size === 0) scrapes.unsubscribe(answer);
  }

  #checked(labels: Readonly<Record<string, LabelValue>>): Readonly<Record<string, LabelValue>> {
    const names = this.labels ?? [];
    const given = typeof labels === "object" && labels !== null ? Object.keys(labels) : [];
    if (given.length !== names.length || names.some((name) => !given.includes(name)))
      throw new TypeError(`gauge ${this.name}: labels must be {${names.join(", ")}}; got ${showValue(labels)}`);
    return Object.freeze({ ...labels });
  }

  #warn(): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(`The gauge ${this.name} has ${MOST_READERS} readers; further ones are left out.`, {
      code: "CORE_GAUGE_FULL",
    });
  }
}

/**
 * Describes a state that a package lets others read, such as the state of a breaker or the waiting calls of a bulkhead.
 * Nothing is read until {@link readGauges} is called; `metrics.observe()` of `@seaworthy/metrics` calls it for each
 * scrape.
 *
 * @throws TypeError if the name or a member is malformed
 * @example
 * ```ts
 * import { defineGauge, readGauges } from "@seaworthy/core";
 * const depthGauge = defineGauge("queue.depth", { help: "Messages that wait.", unit: "items", labels: ["queue"] });
 * const waiting = ["a", "b"];
 * const stop = depthGauge.track({ queue: "mail" }, () => waiting.length);
 * console.log(readGauges().map(({ labels, value }) => `${labels.queue} ${value}`)); // [ 'mail 2' ]
 * stop();
 * ```
 */
export function defineGauge<const L extends string = never>(
  name: string,
  description: Omit<GaugeDefinition<L>, "name">,
): Gauge<L>;
export function defineGauge(name: string, description: Omit<GaugeDefinition, "name">): Gauge {
  if (typeof name !== "string" || !NAME.test(name))
    throw new TypeError(`gauge name must be dotted lower-case, like "package.what"; got ${showValue(name)}`);
  const where = `gauge ${name}`;
  checkOptions(where, description, OPTIONS);
  const { help, unit, labels = [], merge } = description;
  if (typeof help !== "string" || help === "")
    throw new TypeError(`${where}: help must be a sentence; got ${showValue(help)}`);
  if (!Array.isArray(labels) || new Set(labels).size !== labels.length)
    throw new TypeError(`${where}: labels must be an array of different names; got ${showValue(labels)}`);
  for (const label of labels) {
    if (typeof label !== "string" || !LABEL.test(label))
      throw new TypeError(`${where}: ${showValue(label)} cannot be a label name`);
  }
  if (unit !== undefined) oneOf(`${where}: unit`, unit, UNITS);
  if (merge !== undefined) oneOf(`${where}: merge`, merge, MERGES);
  return new TrackedGauge(name, description);
}

/**
 * Reads every tracked gauge of the process now. Readers of one gauge with the same labels become one reading, as the
 * definition's `merge` says. Never throws.
 */
export function readGauges(): readonly GaugeReading[] {
  const merged = new Map<string, GaugeReading>();
  const collect: Collect = (reading) => {
    const { definition, labels, value } = reading;
    const key = JSON.stringify([definition.name, ...(definition.labels ?? []).map((label) => String(labels[label]))]);
    const before = merged.get(key);
    if (before === undefined) return void merged.set(key, reading);
    const both = definition.merge === "max" ? Math.max(before.value, value) : before.value + value;
    merged.set(key, { definition, labels, value: both });
  };
  if (scrapes.hasSubscribers) scrapes.publish(collect);
  return [...merged.values()];
}

/** Gives a scrape what the readers of this copy of the package read. An exception must not leave a subscriber. */
function answer(message: unknown): void {
  if (typeof message !== "function") return;
  for (const reader of [...readers]) {
    try {
      const value: unknown = reader.read();
      if (value === undefined) reader.gauge.forget(reader);
      else if (typeof value === "number" && Number.isFinite(value))
        message({ definition: reader.gauge, labels: reader.labels, value });
    } catch {
      // A state that cannot be read now is missing from this scrape; the next one asks again.
    }
  }
}
