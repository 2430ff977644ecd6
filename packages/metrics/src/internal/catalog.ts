import { isDeepStrictEqual } from "node:util";
import { type Clock, startTimer } from "@seaworthy/core";
import type { MetricOptions } from "../counter.ts";
import type { LabelSpec } from "../labels.ts";
import { overflowed } from "../telemetry.ts";
import { DropCounter } from "./drops.ts";
import { Family, type SeriesKind } from "./family.ts";
import { checkHelp, checkName, checkSeriesLimit, parseLabels } from "./options.ts";
import {
  type Aggregation,
  type Collectable,
  isCompound,
  isRegistered,
  type PromRegistry,
  register,
  type Snapshot,
  takeSnapshots,
  unregister,
} from "./prom.ts";

/** How long a render waits for metrics that the host put into the registry itself, in milliseconds. */
const FOREIGN_LIMIT = 2000;
/** What a histogram puts behind its name, each for a series of its own. */
const PARTS = ["_bucket", "_sum", "_count"];

/** What an instance's metrics have in common. */
export interface CatalogOptions {
  readonly prefix: string;
  readonly constant: Readonly<Record<string, string>>;
  readonly limit: number;
  readonly registry: PromRegistry;
  readonly clock: Clock;
}

/** One metric to be made. */
export interface Definition<S extends object, F> {
  readonly options: MetricOptions<LabelSpec>;
  readonly kind: SeriesKind<S>;
  readonly aggregator: Aggregation;
  readonly collect?: (() => void) | undefined;
  /** What, beside the options, makes two definitions the same. */
  readonly identity: unknown;
  readonly over: (family: Family<S>) => F;
}

interface Known {
  readonly identity: unknown;
  readonly facade: unknown;
}

/** The metrics that one instance made, and their place in the registry. */
export class Catalog {
  readonly drops: DropCounter;
  private readonly options: CatalogOptions;
  private readonly known = new Map<string, Known>();
  private readonly own = new Map<Collectable, string>();
  private closed = false;

  constructor(options: CatalogOptions) {
    this.options = options;
    const name = `${options.prefix}seaworthy_metrics_dropped_total`;
    if (isRegistered(options.registry, name))
      throw new TypeError(
        `registry has the metrics of another instance already (${name}); give one of the two a prefix`,
      );
    this.drops = new DropCounter(name, options.constant);
    this.add(name, this.drops.family);
  }

  /**
   * The metric of this description, which may be given again. With `lenient` a name that the host took in the registry
   * is left to the host, and a label of its own wins over a constant one; else both are refused.
   */
  define<S extends object, F>(definition: Definition<S, F>, lenient = false): F {
    const { options, kind } = definition;
    const name = checkName(`${this.options.prefix}${checkName(options.name)}`);
    const identity = [kind.type, { ...options }, definition.identity];
    const known = this.known.get(name);
    if (known !== undefined) {
      if (!isDeepStrictEqual(known.identity, identity))
        throw new TypeError(`metric ${name} is already defined otherwise`);
      return known.facade as F;
    }
    const taken = this.holderOf(name, kind.type);
    if (taken !== undefined && !lenient) throw new TypeError(`name: the registry has a metric ${taken} already`);
    const family = this.familyOf(name, definition, lenient ? {} : this.options.constant);
    const facade = definition.over(family);
    this.known.set(name, { identity, facade });
    if (taken === undefined && !this.closed) this.add(name, family);
    return facade;
  }

  /** Everything in the registry as data. A metric that fails is left out and counted. */
  async snapshots(): Promise<Snapshot[]> {
    const { registry, clock } = this.options;
    let cancel: (() => void) | undefined;
    let late: Promise<never> | undefined;
    const limit = (): Promise<never> => {
      late ??= new Promise((_resolve, reject) => {
        cancel = startTimer(clock, FOREIGN_LIMIT, () => reject(new Error("too slow")));
      });
      return late;
    };
    try {
      return await takeSnapshots(registry, async (metric) => {
        try {
          const name = this.own.get(metric);
          // Under its own name: rendering a registry as OpenMetrics directly makes prom-client cut "_total" off it.
          return name === undefined ? await Promise.race([metric.get(), limit()]) : { ...(await metric.get()), name };
        } catch {
          this.drops.count(String(metric.name), "collect");
          return undefined;
        }
      });
    } finally {
      cancel?.();
    }
  }

  /** Takes this instance's metrics out of the registry. */
  close(): void {
    this.closed = true;
    for (const name of this.own.values()) unregister(this.options.registry, name);
    this.own.clear();
  }

  /** The metric in the registry that writes series under the same name: Prometheus refuses a text with both. */
  private holderOf(name: string, type: Snapshot["type"]): string | undefined {
    const { registry } = this.options;
    if (isRegistered(registry, name)) return name;
    if (type === "histogram") return PARTS.map((part) => name + part).find((whole) => isRegistered(registry, whole));
    const part = PARTS.find((end) => name.endsWith(end));
    const whole = part === undefined ? undefined : name.slice(0, -part.length);
    return whole !== undefined && isCompound(registry, whole) ? whole : undefined;
  }

  private add(name: string, metric: Collectable): void {
    register(this.options.registry, metric);
    this.own.set(metric, name);
  }

  private familyOf<S extends object, F>(name: string, definition: Definition<S, F>, barred: object): Family<S> {
    const { options, kind, aggregator, collect } = definition;
    const { constant } = this.options;
    const limit =
      options.seriesLimit === undefined
        ? this.options.limit
        : checkSeriesLimit(options.seriesLimit, `${name}: seriesLimit`);
    return new Family({
      name,
      help: checkHelp(name, options.help),
      kind,
      labels: parseLabels(name, options.labels, barred),
      constant,
      aggregator,
      limit,
      drops: this.drops,
      collect,
      onOverflow: () => tellOverflow(name, limit),
    });
  }
}

function tellOverflow(metric: string, seriesLimit: number): void {
  // Not from inside a recording: that may be a telemetry listener's, which is not shown events of its own making.
  queueMicrotask(() => {
    process.emitWarning(
      `Metric ${metric} reached its limit of ${seriesLimit} series; further label sets share the series "__overflow__".`,
      { code: "METRICS_SERIES_LIMIT" },
    );
    if (overflowed.active) overflowed.emit({ metric }, undefined, { seriesLimit });
  });
}
