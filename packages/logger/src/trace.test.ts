import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { runWithContext } from "@seaworthy/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { captureLogs } from "./testing.ts";

const tracer = new TracerProvider().getTracer("test");

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

test("a line carries the ids of the span that is active when it is written, not those of the caller's span", () => {
  const { logger, records } = captureLogs();
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const spans: string[] = [];
  runWithContext({ correlationId: "r-1", traceparent }, () => {
    logger.info("before");
    for (const name of ["first", "second"])
      tracer.startActiveSpan(name, (span) => {
        spans.push(span.spanContext().spanId);
        logger.info(name);
        logger.child({ inner: true }).info(name);
      });
    logger.info("after");
  });
  const [first, second] = spans;
  expect(records.map(({ spanId }) => spanId)).toEqual([
    "00f067aa0ba902b7",
    first,
    first,
    second,
    second,
    "00f067aa0ba902b7",
  ]);
  expect(new Set(records.map(({ correlationId }) => correlationId))).toEqual(new Set(["r-1"]));
});

test("context: false leaves the ids of a span out too", () => {
  const { logger, records } = captureLogs({ context: false });
  tracer.startActiveSpan("work", () => logger.info("m"));
  expect(records[0]).not.toHaveProperty("spanId");
});
