// Run by the cluster tests: forks workers, renders, prints what came of it as JSON, and leaves.
import cluster, { type Worker } from "node:cluster";
import { join } from "node:path";
import { AggregatorRegistry } from "prom-client";
import { createClusterMetrics, createMetrics } from "../src/index.ts";

const behaviors = process.argv.slice(2);
cluster.setupPrimary({
  exec: join(import.meta.dirname, "cluster-worker.ts"),
  execArgv: ["--conditions=@seaworthy/source"],
  silent: false,
});
const own = createMetrics({ runtime: false, labels: { app: "shop" } });
own.counter({ name: "orders_total", help: "Orders.", labels: ["country"] }).add({ country: "NO" }, 100);

const workers = await Promise.all(behaviors.map(start));
const silent = behaviors.some((behavior) => behavior === "silent");
const shared = createClusterMetrics({ include: own, timeout: silent ? "5s" : "30s" });
const before = listeners();
const [plain, open] = await Promise.all([shared.render(), shared.render("application/openmetrics-text")]);
const after = listeners();
const theirs = behaviors.includes("plain") ? await new AggregatorRegistry().clusterMetrics() : "";
process.stdout.write(JSON.stringify({ plain, open, theirs, clean: before === after }));
for (const worker of workers) worker.process.kill("SIGKILL");

function start(behavior: string, index: number): Promise<Worker> {
  const worker = cluster.fork({ BEHAVIOUR: behavior, NUMBER: String(index + 1) });
  return new Promise((resolve) => worker.once("message", () => resolve(worker)));
}

function listeners(): number {
  return cluster.listenerCount("message") + cluster.listenerCount("disconnect");
}
