// The only file that touches prom-client. Its registry, its text formats and its aggregation are used; its metric
// classes are not, since they hash the labels anew on each call. A registry takes anything with a name and get(), which
// its own AggregatorRegistry relies on as well.
import { isObject, readMember } from "@seaworthy/core/objects";
import { AggregatorRegistry, openMetricsContentType, prometheusContentType, Registry } from "prom-client";

/** A registry of prom-client, with the content type that it has by default. */
export type PromRegistry = Registry<typeof prometheusContentType>;

/**
 * What a registry must have to hold metrics: prom-client's registries of either content type have it, and so have those
 * of another copy of prom-client and of `@prometheus-io/client`.
 */
export interface MetricsRegistry {
  registerMetric(metric: never): unknown;
  removeSingleMetric(name: string): unknown;
  getSingleMetric(name: string): unknown;
  getMetricsAsArray(): readonly unknown[];
  getMetricsAsJSON(): Promise<readonly unknown[]>;
}

/** How a metric's series of several processes become one. */
export type Aggregation = "sum" | "first" | "min" | "max" | "average" | "omit";

/** A text format that Prometheus reads. */
export type TextFormat = "prometheus" | "openmetrics";

/** One line of the output, in prom-client's words. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>;
    readonly value: number;
    readonly timestamp: number;
  };
}

/** One metric's samples at one moment, in prom-client's words. */
export interface Snapshot {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  readonly aggregator: Aggregation;
  readonly values: readonly Sample[];
}

/** What a registry holds. */
export interface Collectable {
  /** Writable, because prom-client cuts "_total" off the counters of an OpenMetrics registry. */
  name: string;
  readonly help: string;
  readonly type: Snapshot["type"];
  readonly aggregator: Aggregation;
  get(): Promise<Snapshot>;
  reset(): void;
}

/** The whole of a render. */
export interface Rendered {
  readonly body: string;
  readonly contentType: string;
}

type AnyRegistry = Registry;
const METHODS = ["registerMetric", "removeSingleMetric", "getSingleMetric", "getMetricsAsArray", "getMetricsAsJSON"];

export function createRegistry(): PromRegistry {
  return new Registry();
}

/** Whether `value` is a registry, by its shape: two copies of prom-client in one tree must both do. */
export function isRegistry(value: unknown): value is MetricsRegistry {
  return isObject(value) && METHODS.every((method) => typeof readMember(value, method) === "function");
}

export function isRegistered(registry: MetricsRegistry, name: string): boolean {
  return (registry.getSingleMetric(name) ?? undefined) !== undefined;
}

/** Whether a metric of this name writes series of other names: `_sum`, `_count` and, if it is a histogram, `_bucket`. */
export function isCompound(registry: MetricsRegistry, name: string): boolean {
  const type = readMember(registry.getSingleMetric(name), "type");
  return type === "histogram" || type === "summary";
}

export function register(registry: MetricsRegistry, metric: Collectable): void {
  registry.registerMetric(metric as never);
}

/** The metrics that a registry holds, those of the host among them. */
export function metricsOf(registry: MetricsRegistry): readonly Collectable[] {
  return registry.getMetricsAsArray() as readonly Collectable[];
}

export function unregister(registry: MetricsRegistry, name: string): void {
  registry.removeSingleMetric(name);
}

/** Reads one metric, or, if it cannot be read, gives `undefined`. */
export type Reader = (metric: Collectable) => Promise<Snapshot | undefined>;

/** All metrics of a registry as data, default labels included; `read` decides what an unreadable metric does. */
export async function takeSnapshots(registry: MetricsRegistry, read: Reader): Promise<Snapshot[]> {
  const readable = metricsOf(registry).map((metric) => ({
    get: async (): Promise<Partial<Snapshot>> => (await read(metric)) ?? {},
  }));
  // The same registry with other eyes: its default labels are private, and this is the public way that applies them.
  const view: MetricsRegistry = Object.create(registry, { getMetricsAsArray: { value: () => readable } });
  return (await view.getMetricsAsJSON()).filter(isSnapshot);
}

/** What a metric gave that could be read. */
const isSnapshot = (value: unknown): value is Snapshot => readMember(value, "values") !== undefined;

/** Writes snapshots as text. */
export async function writeText(snapshots: readonly Snapshot[], format: TextFormat): Promise<Rendered> {
  const contentType = format === "openmetrics" ? openMetricsContentType : prometheusContentType;
  // A registry of its own for each text: in OpenMetrics mode prom-client strips "_total" off the metrics it holds, and
  // the next plain text would lack it.
  const view: AnyRegistry = new Registry();
  view.setContentType(contentType as never);
  for (const snapshot of snapshots) {
    const metric = { ...snapshot, get: () => ({ ...snapshot, name: metric.name }) };
    view.registerMetric(metric as never);
  }
  return { body: await view.metrics(), contentType };
}

/** Snapshots of several processes as one, by each metric's own rule of aggregation. */
export async function aggregate(processes: readonly (readonly Snapshot[])[]): Promise<Snapshot[]> {
  const registry: MetricsRegistry = AggregatorRegistry.aggregate([...processes]);
  return (await registry.getMetricsAsJSON()).filter(isSnapshot);
}
