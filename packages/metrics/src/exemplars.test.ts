import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOffSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { runWithContext } from "@seaworthy/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMetrics, type Metrics } from "./index.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

test("an exemplar carries the ids of the active OpenTelemetry span, inside a request as well", async () => {
  await using metrics = createMetrics({ runtime: false });
  const spent = metrics.histogram({ name: "spent_seconds", help: "Spent.", buckets: [1] });
  const tracer = new TracerProvider().getTracer("test");
  const span = runWithContext({ traceparent: TRACEPARENT }, () =>
    tracer.startActiveSpan("query", (active) => {
      spent.observe(0.5);
      return active.spanContext();
    }),
  );
  const { body } = await metrics.render("application/openmetrics-text");
  expect(body).toContain(`le="1"} 1 # {trace_id="${span.traceId}",span_id="${span.spanId}"} 0.5 `);
});

test("a span that is not sampled leaves no exemplar", async () => {
  await using metrics = createMetrics({ runtime: false });
  const jobs = metrics.counter({ name: "jobs_total", help: "Jobs." });
  const tracer = new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer("test");
  tracer.startActiveSpan("job", () => jobs.add());
  expect((await metrics.render("application/openmetrics-text")).body).toContain("\njobs_total 1\n");
});

describe("the pace of exemplars", () => {
  const trace = (n: number): string =>
    `00-0af7651916cd43dd8448eb211c80${String(n).padStart(4, "0")}-b7ad6b7169203331-01`;
  const shown = async (metrics: Metrics): Promise<(number | undefined)[]> =>
    (await metrics.snapshots())
      .filter(({ name }) => name.startsWith("jobs"))
      .flatMap(({ values }) => values)
      .filter(({ exemplar }) => exemplar !== undefined)
      .map(({ exemplar }) => Number(exemplar?.labelSet.trace_id?.slice(-4)));

  test("the last of 16 recordings is the exemplar, and then every eighth, until the series is read", async () => {
    await using metrics = createMetrics({ runtime: false });
    const jobs = metrics.counter({ name: "jobs_total", help: "Jobs." });
    const record = (from: number, to: number): void => {
      for (let n = from; n <= to; n++) runWithContext({ traceparent: trace(n) }, () => jobs.add());
    };
    record(1, 16);
    expect(await shown(metrics)).toEqual([16]);
    record(101, 116);
    expect(await shown(metrics)).toEqual([116]);
    record(201, 224);
    expect(await shown(metrics)).toEqual([217]); // the first that looks after the first 16
    record(301, 325);
    expect(await shown(metrics)).toEqual([325]);
  });

  test("each bucket of a histogram has a pace of its own", async () => {
    await using metrics = createMetrics({ runtime: false });
    const jobs = metrics.histogram({ name: "jobs_seconds", help: "Jobs.", buckets: [1] });
    for (let n = 1; n <= 20; n++) runWithContext({ traceparent: trace(n) }, () => jobs.observe(0.5));
    runWithContext({ traceparent: trace(99) }, () => jobs.observe(5));
    expect(await shown(metrics)).toEqual([17, 99]);
    for (let n = 31; n <= 33; n++) runWithContext({ traceparent: trace(n) }, () => jobs.observe(0.5));
    expect(await shown(metrics)).toEqual([33, 99]);
  });
});

test.each([["clock"], ["registry"], ["collectTimeout"]])("the option %s is not missing if it is null", (option) => {
  expect(() => createMetrics({ [option]: null })).toThrow(
    new RegExp(`^${option} must be .*; got null|^${option} must have .*; got null`),
  );
});
