import { definedEvents, onTelemetry, type TelemetryDefinition, type TelemetryRecord } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { type EventSeriesOptions, eventSeries } from "../events.ts";
import type { DropReason } from "./drops.ts";
import type { Makers } from "./makers.ts";

type Recorder = (record: TelemetryRecord) => void;
type Labels = Readonly<Record<string, unknown>>;

/** Turns events into recordings on series, each made when its event is first seen. */
export class EventObserver {
  readonly #recorders = new Map<string, Recorder>();
  readonly #make: Pick<Makers, "counter" | "histogram">;
  readonly #drop: (metric: string, reason: DropReason) => void;
  readonly #options: Readonly<Record<string, EventSeriesOptions>>;
  #holders = 0;
  #closed = false;
  #stop: (() => void) | undefined;

  constructor(
    make: Pick<Makers, "counter" | "histogram">,
    drop: (metric: string, reason: DropReason) => void,
    options: Readonly<Record<string, EventSeriesOptions>>,
  ) {
    this.#make = make;
    this.#drop = drop;
    this.#options = options;
  }

  /** Listens until every function returned has been called. However many listen, an event is recorded once. */
  observe(): () => void {
    if (this.#closed) return () => undefined;
    this.#holders++;
    this.#stop ??= onTelemetry((record) => this.#record(record));
    this.prepare();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders--;
      if (this.#holders === 0) this.#end();
    };
  }

  /** Makes the series of events without labels, so that they are there at zero before anything happens. */
  prepare(): void {
    if (this.#stop === undefined) return;
    for (const event of definedEvents()) {
      if ((event.labels ?? []).length === 0) this.#recorderOf(event);
    }
  }

  /** Whether anybody observes. */
  get isObserving(): boolean {
    return this.#stop !== undefined;
  }

  /** Ends for good: observing afterwards does nothing. */
  close(): void {
    this.#closed = true;
    this.#end();
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #record(record: TelemetryRecord): void {
    try {
      this.#recorderOf(record.definition)(record);
    } catch {
      this.#drop("telemetry", "unreadable"); // something other than core wrote to the channel
    }
  }

  #recorderOf(event: TelemetryDefinition): Recorder {
    const known = this.#recorders.get(event.name);
    if (known !== undefined) return known;
    const recorder = this.#makeRecorder(event);
    this.#recorders.set(event.name, recorder);
    return recorder;
  }

  #makeRecorder(event: TelemetryDefinition): Recorder {
    const options = Object.hasOwn(this.#options, event.name) ? this.#options[event.name] : undefined;
    let { name } = eventSeries(event);
    try {
      const { help } = event;
      const { type, labels, buckets, ...series } = eventSeries(event, options);
      name = series.name;
      const rename = renamer(event.labels ?? [], labels);
      const common = { name, help, labels: labels as readonly [] };
      if (type === "counter") {
        const counter = this.#make.counter(common) as unknown as {
          add(labels: Labels, times?: number): void;
        };
        return (record) => counter.add(rename(record.labels), record.value);
      }
      const histogram = this.#make.histogram(withoutUndefined({ ...common, buckets })) as unknown as {
        observe(labels: Labels, value: unknown): void;
      };
      return (record) => histogram.observe(rename(record.labels), record.value);
    } catch {
      return () => this.#drop(name, "conflict"); // the host has a metric of that name, or the options do not fit
    }
  }
}

/** Gives the labels of a record the names of the series. The event's own object is passed on if no name differs. */
function renamer(from: readonly string[], to: readonly string[]): (labels: Labels) => Labels {
  const other = new Map(from.flatMap((label, i) => (label === to[i] ? [] : [[label, to[i] ?? label] as const])));
  if (other.size === 0) return (labels) => labels;
  return (labels) =>
    Object.fromEntries(Object.entries(labels).map(([label, value]) => [other.get(label) ?? label, value]));
}
