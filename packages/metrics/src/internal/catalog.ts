import { isDeepStrictEqual } from "node:util";
import { type Clock, startTimer } from "@seaworthy/core";
import type { MetricOptions } from "../counter.ts";
import type { LabelSpec } from "../labels.ts";
import { collectEvent, overflowEvent } from "../telemetry.ts";
import { Collector } from "./collector.ts";
import { DropCounter } from "./drop-counter.ts";
import { Family } from "./family.ts";
import { checkHelp, checkName, checkSeriesLimit, parseLabels } from "./options.ts";
import {
  type Aggregation,
  type Collectable,
  isCompound,
  isRegistered,
  type MetricsRegistry,
  metricsOf,
  register,
  type Snapshot,
  takeSnapshots,
  unregister,
} from "./prom.ts";
import type { Series, SeriesKind } from "./series-kind.ts";

/** What a histogram puts behind its name, each for a series of its own. */
const PARTS = ["_bucket", "_sum", "_count"];

/** What an instance's metrics have in common. */
export interface CatalogOptions {
  readonly prefix: string;
  readonly constant: Readonly<Record<string, string>>;
  readonly limit: number;
  /** How long a render waits for a collection, in milliseconds. */
  readonly collectLimit: number;
  readonly registry: MetricsRegistry;
  readonly clock: Clock;
}

/** One metric to be made. */
export interface Definition<S extends Series, F> {
  readonly options: MetricOptions<LabelSpec>;
  readonly kind: SeriesKind<S>;
  readonly aggregator: Aggregation;
  readonly collect?: (() => void | Promise<void>) | undefined;
  /** What, beside the options, makes two definitions the same. */
  readonly identity?: unknown;
  readonly over: (family: Family<S>) => F;
}

/**
 * What happens to a name that the registry has already: it is refused, or the metric is made but not shown, and its own
 * labels win over constant ones.
 */
export type WhenTaken = "refuse" | "leave";

/** What every family has, whatever its series are. */
type Collected = Collectable & Pick<Family<Series>, "collect" | "read">;

interface Own {
  readonly name: string;
  readonly family: Collected;
}

interface Known {
  readonly identity: unknown;
  readonly facade: unknown;
}

/** The metrics that one instance made, and their place in the registry. */
export class Catalog {
  readonly drops: DropCounter;
  readonly limit: number;
  readonly #options: CatalogOptions;
  readonly #known = new Map<string, Known>();
  readonly #own = new Map<Collectable, Own>();
  #closed = false;

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.limit = options.limit;
    const name = `${options.prefix}seaworthy_metrics_dropped_total`;
    if (isRegistered(options.registry, name))
      throw new TypeError(
        `registry has the metrics of another instance already (${name}); give one of the two a prefix`,
      );
    this.drops = new DropCounter(name, options.constant);
    this.#add(name, this.drops.family);
  }

  /** The metric of this description, which may be given again. */
  define<S extends Series, F>(definition: Definition<S, F>, whenTaken: WhenTaken): F {
    const { options, kind } = definition;
    const name = checkName(`${this.#options.prefix}${checkName(options.name)}`);
    const identity = [kind.type, { ...options }, definition.identity];
    const known = this.#known.get(name);
    if (known !== undefined) {
      if (!isDeepStrictEqual(known.identity, identity))
        throw new TypeError(`metric ${name} is already defined otherwise`);
      return known.facade as F;
    }
    const taken = this.#holderOf(name, kind.type);
    if (taken !== undefined && whenTaken === "refuse")
      throw new TypeError(`name: the registry has a metric ${taken} already`);
    const family = this.#familyOf(name, definition, whenTaken === "leave" ? {} : this.#options.constant);
    const facade = definition.over(family);
    this.#known.set(name, { identity, facade });
    if (taken === undefined && !this.#closed) this.#add(name, family);
    return facade;
  }

  /** Everything in the registry as data. A metric that fails is left out and counted. */
  async snapshots(): Promise<Snapshot[]> {
    const { registry } = this.#options;
    const late = this.#limit();
    // All collections first: one of them may set more than its own metric, and each may count as dropped.
    const collected = new Map([...this.#own].map(([metric, own]) => [metric, own.family.collect()]));
    const foreign = new Map(
      metricsOf(registry)
        .filter((metric) => !this.#own.has(metric))
        .map((metric) => [metric, this.#readForeign(metric, late.reached)]),
    );
    const ended = Promise.all([...collected.values(), ...foreign.values()]);
    try {
      return await takeSnapshots(registry, async (metric) => {
        await ended;
        const own = this.#own.get(metric);
        if (own === undefined) return foreign.get(metric);
        // Under its own name: rendering a registry as OpenMetrics directly makes prom-client cut "_total" off it.
        return { ...own.family.read((await collected.get(metric)) ?? true), name: own.name };
      });
    } finally {
      late.cancel();
    }
  }

  /** Takes this instance's metrics out of the registry. */
  close(): void {
    this.#closed = true;
    for (const { name } of this.#own.values()) unregister(this.#options.registry, name);
    this.#own.clear();
  }

  async #readForeign(metric: Collectable, late: () => Promise<never>): Promise<Snapshot | undefined> {
    try {
      const reading: Snapshot | Promise<Snapshot> = metric.get();
      return await (reading instanceof Promise ? Promise.race([reading, late()]) : reading);
    } catch (error) {
      this.#tellFailure(String(metric.name), error === TOO_LATE ? "late" : "failed", error);
      return undefined;
    }
  }

  /** One timer for all metrics of the host, started with the first of them. */
  #limit(): { reached: () => Promise<never>; cancel: () => void } {
    const { clock, collectLimit } = this.#options;
    let stop: (() => void) | undefined;
    let promise: Promise<never> | undefined;
    return {
      reached: () => {
        promise ??= new Promise((_resolve, reject) => {
          stop = startTimer(clock, collectLimit, () => reject(TOO_LATE));
        });
        return promise;
      },
      cancel: () => stop?.(),
    };
  }

  /** The metric in the registry that writes series under the same name: Prometheus refuses a text with both. */
  #holderOf(name: string, type: Snapshot["type"]): string | undefined {
    const { registry } = this.#options;
    if (isRegistered(registry, name)) return name;
    if (type === "histogram") return PARTS.map((part) => name + part).find((whole) => isRegistered(registry, whole));
    const part = PARTS.find((end) => name.endsWith(end));
    const whole = part === undefined ? undefined : name.slice(0, -part.length);
    return whole !== undefined && isCompound(registry, whole) ? whole : undefined;
  }

  #add(name: string, family: Collected): void {
    register(this.#options.registry, family);
    this.#own.set(family, { name, family });
  }

  #familyOf<S extends Series, F>(name: string, definition: Definition<S, F>, barred: object): Family<S> {
    const { options, kind, aggregator, collect } = definition;
    const { constant, clock, collectLimit } = this.#options;
    const limit =
      options.seriesLimit === undefined ? this.limit : checkSeriesLimit(options.seriesLimit, `${name}: seriesLimit`);
    const family = new Family({
      name,
      help: checkHelp(name, options.help),
      kind,
      labels: parseLabels(name, options.labels, barred),
      constant,
      aggregator,
      limit,
      drops: this.drops,
      onOverflow: () => tellOverflow(name, limit, kind.overflow),
    });
    if (collect !== undefined)
      family.collector = new Collector({
        collect,
        limit: collectLimit,
        clock,
        onFailure: (reason, error) => this.#tellFailure(name, reason, error),
        onCollected: () => family.keepCollected(),
      });
    return family;
  }

  #tellFailure(metric: string, outcome: "failed" | "late", error: unknown): void {
    this.drops.count(metric, "collect");
    if (collectEvent.active)
      collectEvent.emit({ metric, outcome }, undefined, outcome === "failed" ? { error } : undefined);
  }
}

const TOO_LATE = Symbol("too late");

function tellOverflow(metric: string, seriesLimit: number, overflow: SeriesKind<Series>["overflow"]): void {
  // Not from inside a recording: that may be a telemetry listener's, which is not shown events of its own making.
  queueMicrotask(() => {
    const rest = overflow === "share" ? 'share the series "__overflow__"' : "are dropped and counted";
    process.emitWarning(`Metric ${metric} reached its limit of ${seriesLimit} series; further label sets ${rest}.`, {
      code: "METRICS_SERIES_LIMIT",
    });
    if (overflowEvent.active) overflowEvent.emit({ metric }, undefined, { seriesLimit });
  });
}
