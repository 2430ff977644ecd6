import type { TelemetryDefinition } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import { checkEventOption } from "./internal/check-event-series.ts";
import { DURATION_BUCKETS } from "./internal/duration-buckets.ts";
import { checkCounterName } from "./internal/options.ts";

/** The series that an event becomes. */
export interface EventSeries {
  /** Without the instance's prefix. */
  readonly name: string;
  readonly type: "counter" | "histogram";
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** How one event becomes another series than it would by itself. */
export interface EventSeriesOptions {
  /** Another name, to which the instance's prefix is put. A counter's must end in `_total`. */
  readonly name?: string;
  /** Other names of labels, by the event's own: `{ status: "status_code" }`. Labels that are not named stay. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Other upper bounds of a histogram: 1 to 200 finite numbers, rising. */
  readonly buckets?: readonly number[];
}

const KIB = 1024;
const BUCKETS: Readonly<Record<string, readonly number[]>> = Object.freeze({
  seconds: DURATION_BUCKETS,
  bytes: Object.freeze([0.0625, 0.25, 1, 4, 16, 64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB].map((kib) => kib * KIB)),
  ratio: Object.freeze([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1]),
  items: Object.freeze([0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000]),
});

/**
 * The series that `metrics.observe()` makes of an event: `a.b` in seconds is the histogram `a_b_duration_seconds`, `a.b`
 * in another unit the histogram `a_b_bytes`, `a_b_ratio` or `a_b_items`, and `a.b` without a unit the counter
 * `a_b_total`.
 *
 * @throws TypeError if an option is not valid, or does not fit the event
 * @example
 * ```ts
 * import { eventSeries } from "@seaworthy/metrics";
 * console.log(eventSeries({ name: "mail.sent", help: "A message left.", labels: ["outcome"] }).name); // mail_sent_total
 * ```
 */
export function eventSeries(event: TelemetryDefinition, options: EventSeriesOptions = {}): EventSeries {
  const where = `events: ${event.name}`;
  checkEventOption(where, options);
  const { unit, labels = [] } = event;
  const { name = defaultName(event), buckets, labels: renamed = {} } = options;
  const unknown = Object.keys(renamed).find((label) => !labels.includes(label));
  if (unknown !== undefined)
    throw new TypeError(
      `${where}: the event has no label ${showValue(unknown)}; it has ${labels.join(", ") || "none"}`,
    );
  const named = labels.map((label) => renamed[label] ?? label);
  if (new Set(named).size !== named.length) throw new TypeError(`${where}: labels must not repeat a name`);
  if (unit !== undefined)
    return { name, type: "histogram", labels: named, buckets: buckets ?? BUCKETS[unit] ?? DURATION_BUCKETS };
  if (buckets !== undefined)
    throw new TypeError(`${where}: the event has no unit, so it becomes a counter without buckets`);
  checkCounterName(name);
  return { name, type: "counter", labels: named };
}

function defaultName({ name, unit }: TelemetryDefinition): string {
  const stem = name.replaceAll(".", "_");
  if (unit === undefined) return `${stem}_total`;
  if (unit !== "seconds") return `${stem}_${unit}`;
  return stem.endsWith("_duration") ? `${stem}_seconds` : `${stem}_duration_seconds`;
}
