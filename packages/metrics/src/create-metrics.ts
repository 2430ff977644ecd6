import { toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, flag, showValue, withDefault } from "@seaworthy/core/options";
import { negotiate } from "./internal/accept.ts";
import { Catalog } from "./internal/catalog.ts";
import { checkEventOptions } from "./internal/check-events.ts";
import type { DropReason } from "./internal/drops.ts";
import { EventObserver } from "./internal/event-observer.ts";
import { GaugeObserver } from "./internal/gauge-observer.ts";
import { makers } from "./internal/makers.ts";
import * as check from "./internal/options.ts";
import type { MetricsRegistry, PromRegistry, Snapshot } from "./internal/prom.ts";
import { createRegistry, isRegistry, writeText } from "./internal/prom.ts";
import { observeRuntime } from "./internal/runtime.ts";
import type { Metrics, MetricsOptions } from "./metrics.ts";

const OPTIONS = ["prefix", "labels", "runtime", "seriesLimit", "registry", "events", "collectTimeout", "clock"];

/**
 * Metrics for Prometheus that cannot hurt their host: recording never throws, series are bounded, and what could not be
 * recorded is counted in `seaworthy_metrics_dropped_total`.
 *
 * @throws TypeError if an option is not valid
 * @example
 * ```ts
 * import { createMetrics } from "@seaworthy/metrics";
 * const metrics = createMetrics({ prefix: "shop_" });
 * const orders = metrics.counter({ name: "orders_total", help: "Orders taken.", labels: ["country"] });
 * orders.add({ country: "NO" });
 * console.log((await metrics.render()).body.includes('shop_orders_total{country="NO"} 1')); // true
 * await metrics.close();
 * ```
 */
export function createMetrics<R extends MetricsRegistry = PromRegistry>(options: MetricsOptions<R> = {}): Metrics<R> {
  const { registry, clock, runtime, eventOptions, ...rest } = readOptions(options);
  const catalog = new Catalog({ registry, clock, ...rest });
  const make = makers(catalog, clock, "refuse");
  const drop = (metric: string, reason: DropReason): void => catalog.drops.count(metric, reason);
  const events = new EventObserver(make, drop, eventOptions);
  const gauges = new GaugeObserver(make, drop);
  const stopRuntime = runtime ? observeRuntime(makers(catalog, clock, "leave"), clock) : undefined;
  const snapshots = (): Promise<Snapshot[]> => {
    events.prepare();
    if (events.isObserving) gauges.read();
    else gauges.clear();
    return catalog.snapshots();
  };
  const close = async (): Promise<void> => {
    events.close();
    stopRuntime?.();
    catalog.close();
  };
  return {
    ...make,
    observe: () => events.observe(),
    render: async (accept) => writeText(await snapshots(), negotiate(accept)),
    snapshots,
    registry: registry as R,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readOptions(options: MetricsOptions<MetricsRegistry>) {
  checkOptions("createMetrics", options, OPTIONS);
  const { prefix = "", labels = {}, runtime = true, seriesLimit = 1000, events = {} } = options;
  check.checkPrefix(prefix);
  const registry = options.registry === undefined ? createRegistry() : options.registry;
  if (!isRegistry(registry))
    throw new TypeError(`registry must be a registry of prom-client, or of its shape; got ${showValue(registry)}`);
  const collectLimit = toMilliseconds(withDefault(options.collectTimeout, "1s"), "collectTimeout");
  if (collectLimit < 1 || collectLimit > 60_000)
    throw new TypeError(`collectTimeout must be from 1 ms to 1 minute; got ${showValue(options.collectTimeout)}`);
  return {
    prefix,
    constant: check.checkConstantLabels(labels),
    limit: check.checkSeriesLimit(seriesLimit),
    collectLimit,
    runtime: flag("runtime", runtime),
    clock: clockOption("clock", options.clock),
    registry,
    eventOptions: checkEventOptions(events),
  };
}
