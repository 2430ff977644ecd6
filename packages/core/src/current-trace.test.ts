import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runWithContext } from "./context.ts";
import { currentTrace } from "./current-trace.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const HEADER = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", flags: 1, sampled: true };

describe("without OpenTelemetry, currentTrace", () => {
  test("returns the ids of the context's traceparent, the same object for the same header", () => {
    expect(currentTrace()).toBeUndefined();
    runWithContext({ traceparent: TRACEPARENT }, () => {
      expect(currentTrace()).toEqual(HEADER);
      expect(currentTrace()).toBe(currentTrace());
    });
    expect(currentTrace()).toBeUndefined();
  });

  test("returns undefined for a traceparent that is malformed", () => {
    for (const traceparent of ["", "00-x", 7 as never, null as never])
      runWithContext({ traceparent }, () => expect(currentTrace()).toBeUndefined());
  });
});

describe("with OpenTelemetry, currentTrace", () => {
  const tracer = new TracerProvider().getTracer("test");

  beforeEach(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterEach(() => context.disable());

  test("returns the ids of the active span, also where an outer context has a traceparent of its own", async () => {
    await runWithContext({ traceparent: TRACEPARENT }, () =>
      tracer.startActiveSpan("outer", async (outer) => {
        expect(currentTrace()).toEqual({ ...pick(outer.spanContext()), flags: 1, sampled: true });
        await tracer.startActiveSpan("inner", async (inner) => {
          await Promise.resolve();
          expect(currentTrace()).toMatchObject(pick(inner.spanContext()));
          expect(currentTrace()).toBe(currentTrace());
        });
        expect(currentTrace()?.spanId).toBe(outer.spanContext().spanId);
      }),
    );
  });

  test("falls back to the context where no span is active, or where the span has no valid ids", () => {
    runWithContext({ traceparent: TRACEPARENT }, () => {
      expect(currentTrace()).toEqual(HEADER);
      for (const broken of [
        { traceId: "0".repeat(32), spanId: "00f067aa0ba902b7", traceFlags: 1 },
        { traceId: "a".repeat(32), spanId: '"},{"', traceFlags: 1 },
        undefined as never,
      ])
        context.with(trace.setSpan(context.active(), trace.wrapSpanContext(broken)), () =>
          expect(currentTrace()).toEqual(HEADER),
        );
      const hostile = { spanContext: () => { throw new Error("no ids"); } }; // biome-ignore format: one line says it
      context.with(trace.setSpan(context.active(), hostile as never), () => expect(currentTrace()).toEqual(HEADER));
    });
  });
});

const pick = ({ traceId, spanId }: { traceId: string; spanId: string }) => ({ traceId, spanId });
