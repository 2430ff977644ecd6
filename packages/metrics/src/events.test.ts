import { channel } from "node:diagnostics_channel";
import { defineEvent, runWithContext, type TelemetryDefinition } from "@seaworthy/core";
import { expect, test } from "vitest";
import { createMetrics, eventSeries, type Metrics, type MetricsOptions } from "./index.ts";

const make = (options: MetricsOptions = {}): Metrics => createMetrics({ runtime: false, ...options });
const text = async (metrics: Metrics): Promise<string> => (await metrics.render()).body;

const sent = defineEvent("testmail.sent", { help: "A message left.", labels: ["outcome"] });
const spent = defineEvent("testmail.spent", { help: "Time of a message.", unit: "seconds", labels: ["queue"] });
const size = defineEvent("testmail.size", { help: "Size of a message.", unit: "bytes" });
const woke = defineEvent("testmail.woke", { help: "The worker woke up." });

test("an event without a unit becomes the counter a_b_total, one in seconds the histogram a_b_seconds", async () => {
  const metrics = make();
  metrics.observe();
  sent.emit({ outcome: "ok" }, undefined, { to: "details never become labels" });
  sent.emit({ outcome: "ok" });
  spent.emit({ queue: "fast" }, 0.3);
  size.emit({}, 5000);
  const body = await text(metrics);
  expect(body).toContain("# HELP testmail_sent_total A message left.\n# TYPE testmail_sent_total counter\n");
  expect(body).toContain('testmail_sent_total{outcome="ok"} 2\n');
  expect(body).toContain("# TYPE testmail_spent_duration_seconds histogram\n");
  expect(body).toContain('testmail_spent_duration_seconds_bucket{le="0.25",queue="fast"} 0\n');
  expect(body).toContain('testmail_spent_duration_seconds_bucket{le="0.5",queue="fast"} 1\n');
  expect(body).toContain('testmail_spent_duration_seconds_sum{queue="fast"} 0.3\n');
  expect(body).toContain('testmail_size_bytes_bucket{le="16384"} 1\n');
  expect(body).not.toContain("details");
  await metrics.close();
});

test.each([
  [
    { name: "a.b", help: "x" },
    { name: "a_b_total", type: "counter", labels: [] },
  ],
  [
    { name: "a.b.c_d", help: "x", labels: ["l"] },
    { name: "a_b_c_d_total", type: "counter", labels: ["l"] },
  ],
  [
    { name: "a.b", help: "x", unit: "seconds" },
    { name: "a_b_duration_seconds", type: "histogram" },
  ],
  [
    { name: "a.duration", help: "x", unit: "seconds" },
    { name: "a_duration_seconds", type: "histogram" },
  ],
  [
    { name: "a.b", help: "x", unit: "bytes" },
    { name: "a_b_bytes", type: "histogram" },
  ],
  [
    { name: "a.b", help: "x", unit: "ratio" },
    { name: "a_b_ratio", type: "histogram" },
  ],
  [
    { name: "a.b", help: "x", unit: "items" },
    { name: "a_b_items", type: "histogram" },
  ],
] as [TelemetryDefinition, object][])("the event %j becomes the series %j", (event, series) => {
  expect(eventSeries(event)).toMatchObject(series);
});

test("events without labels are there at zero as soon as metrics observe, and those defined later at the next render", async () => {
  const metrics = make();
  metrics.observe();
  expect(await text(metrics)).toContain("\ntestmail_woke_total 0\n");
  expect(await text(metrics)).toContain("\ntestmail_size_bytes_count 0\n");
  defineEvent("testmail.later", { help: "Defined later." });
  expect(await text(metrics)).toContain("\ntestmail_later_total 0\n");
  await metrics.close();
});

test("an event is counted once however many observe, until the last of them has ended", async () => {
  const others = woke.active; // instances of other tests that still observe
  const metrics = make();
  const first = metrics.observe();
  const second = metrics.observe();
  woke.emit({});
  first();
  first();
  woke.emit({});
  second();
  woke.emit({});
  expect(await text(metrics)).toContain("\ntestmail_woke_total 2\n");
  expect(woke.active).toBe(others);
});

test("observing after close() does nothing", async () => {
  const others = woke.active;
  const metrics = make();
  metrics.observe();
  await metrics.close();
  metrics.observe()();
  expect(woke.active).toBe(others);
});

test("labels that an event does not have, labels that it lacks, and values that are not numbers are counted as dropped", async () => {
  const metrics = make();
  metrics.observe();
  sent.emit({} as { outcome: string });
  sent.emit({ outcome: "ok", extra: 1 } as { outcome: string });
  spent.emit({ queue: "fast" }, undefined as never);
  spent.emit({ queue: "fast" }, -1);
  spent.emit({ queue: "fast" }, Number.NaN);
  const body = await text(metrics);
  expect(body).toContain('dropped_total{metric="testmail_sent_total",reason="missing_label"} 1\n');
  expect(body).toContain('dropped_total{metric="testmail_sent_total",reason="unknown_label"} 1\n');
  expect(body).toContain('dropped_total{metric="testmail_spent_duration_seconds",reason="value"} 3\n');
  await metrics.close();
});

test("an event whose name the host has taken is counted as a conflict, and the host's metric left alone", async () => {
  const metrics = make();
  metrics.gauge({ name: "testmail_sent_total", help: "The host's." }).set(7);
  metrics.observe();
  sent.emit({ outcome: "ok" });
  const body = await text(metrics);
  expect(body).toContain("\ntestmail_sent_total 7\n");
  expect(body).toContain('dropped_total{metric="testmail_sent_total",reason="conflict"} 1\n');
  await metrics.close();
});

test("the option events sets the bounds of an event's histogram", async () => {
  const metrics = make({ events: { "testmail.spent": { buckets: [0.1, 0.3] } } });
  metrics.observe();
  spent.emit({ queue: "fast" }, 0.2);
  const lines = (await text(metrics))
    .split("\n")
    .filter((line) => line.startsWith("testmail_spent_duration_seconds_bucket"));
  expect(lines.map((line) => /le="([^"]+)"/.exec(line)?.[1])).toEqual(["0.1", "0.3", "+Inf"]);
  await metrics.close();
});

test("the option events gives an event's series another name and other names of labels", async () => {
  const metrics = make({
    events: {
      "testmail.sent": { name: "mails_total", labels: { outcome: "result" } },
      "testmail.spent": { name: "mail_server_seconds" },
      "testmail.renamed_late": { name: "late" },
    },
  });
  metrics.observe();
  sent.emit({ outcome: "ok" });
  spent.emit({ queue: "fast" }, 0.2);
  defineEvent("testmail.renamed_late", { help: "A counter whose new name lacks the suffix." }).emit({});
  const body = await text(metrics);
  expect(body).toContain('mails_total{result="ok"} 1\n');
  expect(body).toContain('mail_server_seconds_count{queue="fast"} 1\n');
  expect(body).not.toMatch(/testmail_(sent|spent)/);
  expect(body).toContain('dropped_total{metric="testmail_renamed_late_total",reason="conflict"} 1\n');
  await metrics.close();
});

test("events carry the exemplar of the trace that emitted them", async () => {
  const metrics = make();
  metrics.observe();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  runWithContext({ traceparent }, () => spent.emit({ queue: "fast" }, 0.2));
  const { body } = await metrics.render("application/openmetrics-text");
  expect(body).toMatch(
    /testmail_spent_duration_seconds_bucket\{le="0.25",queue="fast"\} 1 # \{trace_id="0af7651916cd43dd8448eb/,
  );
  await metrics.close();
});

test("a series limit reached by an event becomes a series as well", async () => {
  const metrics = make({ seriesLimit: 2 });
  metrics.observe();
  for (let i = 0; i < 5; i++) sent.emit({ outcome: `o${i}` });
  await new Promise((resolve) => setImmediate(resolve));
  const body = await text(metrics);
  expect(body).toContain('testmail_sent_total{outcome="__overflow__"} 3\n');
  expect(body).toContain('metrics_overflow_total{metric="testmail_sent_total"} 1\n');
  await metrics.close();
});

test("rubbish on the channel neither throws nor ends the process", async () => {
  const metrics = make();
  metrics.observe();
  const events = channel("seaworthy:telemetry");
  for (const rubbish of [undefined, null, 5, {}, { definition: { name: 7 } }, { definition: { name: "x y" } }])
    events.publish(rubbish);
  woke.emit({});
  const body = await text(metrics);
  expect(body).toContain("\ntestmail_woke_total 1\n");
  expect(body).toMatch(/dropped_total\{metric="telemetry",reason="unreadable"\} [1-9]/);
  await metrics.close();
});

test("an event without a unit that stands for several occurrences adds them all", async () => {
  const metrics = make();
  metrics.observe();
  sent.emit({ outcome: "ok" });
  sent.emit({ outcome: "ok" }, 41);
  sent.emit({ outcome: "ok" }, -1);
  expect(await text(metrics)).toContain('testmail_sent_total{outcome="ok"} 42\n');
});
