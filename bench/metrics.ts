// What one recording costs: Seaworthy against prom-client, in one process.
import { defineEvent, runWithContext } from "@seaworthy/core";
import { createMetrics } from "@seaworthy/metrics";
import { Counter, Histogram, Registry } from "prom-client";
import { compare } from "./harness.ts";

const metrics = createMetrics({ runtime: false });
const registers = [new Registry()];
const labelNames = ["method", "route", "status"];
const labels = { method: "GET", route: "/orders/:id", status: 200 };

const theirs = {
  unlabelled: new Counter({ name: "unlabelled_total", help: "h", registers }),
  labelled: new Counter({ name: "labelled_total", help: "h", registers, labelNames }),
  histogram: new Histogram({ name: "labelled_seconds", help: "h", registers, labelNames }),
};
const theirChild = theirs.labelled.labels(labels);

const counter = metrics.counter({
  name: "orders_total",
  help: "h",
  labels: ["method", "route", "status"],
});
const histogram = metrics.histogram({ name: "orders_seconds", help: "h", labels: ["method", "route", "status"] });
const unlabelled = metrics.counter({ name: "plain_total", help: "h" });
const bound = counter.bind(labels);
const boundHistogram = histogram.bind(labels);

await compare("A counter with three labels, against an unlabelled increment of prom-client", {
  "prom-client, no labels": () => theirs.unlabelled.inc(),
  "seaworthy, no labels": () => unlabelled.add(),
  "seaworthy, bound": () => bound.add(),
  "seaworthy, labels each call": () => counter.add(labels),
  "prom-client, labels each call": () => theirs.labelled.inc(labels),
  "prom-client, labels() once": () => theirChild.inc(),
});

await compare("A histogram with three labels", {
  "prom-client, labels each call": () => theirs.histogram.observe(labels, 0.042),
  "seaworthy, labels each call": () => histogram.observe(labels, 0.042),
  "seaworthy, bound": () => boundHistogram.observe(0.042),
});

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
await runWithContext({ traceparent }, () =>
  compare("The same inside a sampled trace, keeping exemplars", {
    "seaworthy, bound": () => bound.add(),
    "seaworthy, labels each call": () => counter.add(labels),
  }),
);

const percentiles = metrics.percentiles({ name: "recent_seconds", window: "60s" });
const values = Float64Array.from({ length: 65_536 }, () => Math.random());
let next = 0;
await compare("Percentiles", {
  record: () => percentiles.record(values[next++ & 65_535] as number),
  read: () => percentiles.read(),
});

const event = defineEvent("bench.work", { help: "Work.", unit: "seconds", labels: ["policy", "outcome"] });
const counted = defineEvent("bench.count", { help: "Count.", labels: ["policy", "outcome"] });
const facts = { policy: "payments", outcome: "ok" };
const emit = { seconds: () => event.emit(facts, 0.042), count: () => counted.emit(facts) };
await compare("A telemetry event without a listener", { "emit without a listener": emit.seconds });
const stop = metrics.observe();
await compare("A telemetry event that metrics observe", { "to a counter": emit.count, "to a histogram": emit.seconds });
stop();
await metrics.close();
