// A worker of the cluster tests: records what the commands say and shares it with the primary.

import { AggregatorRegistry, type Registry } from "prom-client";
import { createMetrics, shareMetrics } from "../src/index.ts";

const behavior = process.env.BEHAVIOUR;
const metrics = createMetrics({ labels: { app: "shop" } });
const orders = metrics.counter({ name: "orders_total", help: "Orders.", labels: ["country"] });
const spent = metrics.histogram({ name: "spent_seconds", help: "Spent.", buckets: [0.1, 1] });
const load = metrics.gauge({ name: "load", help: "Load.", aggregate: "max" });
const depth = metrics.gauge({ name: "depth", help: "Depth." });
const recent = metrics.percentiles({ name: "recent_seconds" });
const number = Number(process.env.NUMBER);
orders.add({ country: "NO" }, number);
orders.add({ country: `only-${number}` });
spent.observe(0.05 * number);
load.set(number);
depth.set(number);
recent.record(number);

if (behavior !== "silent") shareMetrics(behavior === "failing" ? failing() : metrics);
if (behavior === "dying") process.on("message", () => process.exit(1));
if (behavior === "plain") {
  AggregatorRegistry.setRegistries(metrics.registry as Registry);
  new AggregatorRegistry();
}
process.send?.("ready");

function failing(): { snapshots(): Promise<never> } {
  return { snapshots: () => Promise.reject(new Error("no")) };
}
