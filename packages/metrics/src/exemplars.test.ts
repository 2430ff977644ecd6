import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AlwaysOffSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { runWithContext } from "@seaworthy/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "./index.ts";

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
