import { definedEvents, onTelemetry, type TelemetryDefinition, type TelemetryRecord } from "@seaworthy/core";
import type { Counter } from "./counter.ts";
import { DURATION_BUCKETS, type Histogram } from "./histogram.ts";
import type { DropReason } from "./internal/drops.ts";
import type { NoLabels } from "./labels.ts";

/** The series that an event becomes. */
export interface EventSeries {
  /** Without the instance's prefix. */
  readonly name: string;
  readonly type: "counter" | "histogram";
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
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
 * The series that `metrics.observe()` makes of an event: `a.b` in seconds is the histogram `a_b_seconds`, `a.b` without
 * a unit the counter `a_b_total`. Other units work as seconds do.
 *
 * @example
 * ```ts
 * import { eventSeries } from "@seaworthy/metrics";
 * console.log(eventSeries({ name: "mail.sent", help: "A message left.", labels: ["outcome"] }).name); // mail_sent_total
 * ```
 */
export function eventSeries(event: TelemetryDefinition): EventSeries {
  const { unit, labels = [] } = event;
  const stem = event.name.replaceAll(".", "_");
  if (unit === undefined) return { name: `${stem}_total`, type: "counter", labels };
  return { name: `${stem}_${unit}`, type: "histogram", labels, buckets: BUCKETS[unit] ?? DURATION_BUCKETS };
}

/** What the events are recorded on. */
export interface EventTarget {
  counter(series: EventSeries, help: string): Counter<NoLabels>;
  histogram(series: EventSeries, help: string): Histogram<NoLabels>;
  drop(metric: string, reason: DropReason): void;
}

type Recorder = (record: TelemetryRecord) => void;

/** Turns events into recordings on series, each made when its event is first seen. */
export class EventObserver {
  private readonly recorders = new Map<string, Recorder>();
  private readonly target: EventTarget;
  private readonly buckets: Readonly<Record<string, readonly number[]>>;
  private holders = 0;
  private closed = false;
  private stop: (() => void) | undefined;

  constructor(target: EventTarget, buckets: Readonly<Record<string, readonly number[]>>) {
    this.target = target;
    this.buckets = buckets;
  }

  /** Listens until every function returned has been called. However many listen, an event is recorded once. */
  observe(): () => void {
    if (this.closed) return () => undefined;
    this.holders++;
    this.stop ??= onTelemetry((record) => this.record(record));
    this.prepare();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.holders--;
      if (this.holders === 0) this.end();
    };
  }

  /** Makes the series of events without labels, so that they are there at zero before anything happens. */
  prepare(): void {
    if (this.stop === undefined) return;
    for (const event of definedEvents()) {
      if ((event.labels ?? []).length === 0) this.recorderOf(event);
    }
  }

  /** Ends for good: observing afterwards does nothing. */
  close(): void {
    this.closed = true;
    this.end();
  }

  private end(): void {
    this.stop?.();
    this.stop = undefined;
  }

  private record(record: TelemetryRecord): void {
    try {
      this.recorderOf(record.definition)(record);
    } catch {
      this.target.drop("telemetry", "unreadable"); // something else than core wrote to the channel
    }
  }

  private recorderOf(event: TelemetryDefinition): Recorder {
    const known = this.recorders.get(event.name);
    if (known !== undefined) return known;
    const recorder = this.makeRecorder(event);
    this.recorders.set(event.name, recorder);
    return recorder;
  }

  private makeRecorder(event: TelemetryDefinition): Recorder {
    const buckets = this.buckets[event.name];
    const series = { ...eventSeries(event), ...(buckets === undefined ? undefined : { buckets }) };
    try {
      if (series.type === "counter") {
        const counter = this.target.counter(series, event.help) as unknown as { add(labels: unknown): void };
        return (record) => counter.add(record.labels);
      }
      const histogram = this.target.histogram(series, event.help) as unknown as {
        observe(labels: unknown, value: unknown): void;
      };
      return (record) => histogram.observe(record.labels, record.value);
    } catch {
      return () => this.target.drop(series.name, "conflict"); // the host has a metric of that name
    }
  }
}
