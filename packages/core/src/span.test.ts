import { afterEach, expect, test, vi } from "vitest";
import { runWithContext } from "./context.ts";
import { hasSpanListener, onSpan, type SpanEnd, type SpanStart, startSpan } from "./span.ts";
import { defineEvent } from "./telemetry.ts";
import { manualClock } from "./testing.ts";

const event = defineEvent("example.spanned", { help: "Something took a while.", unit: "seconds", labels: ["outcome"] });
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = `00-${TRACE}-00f067aa0ba902b7-00`;

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.restoreAllMocks();
});

function recorded(): (SpanStart | SpanEnd)[] {
  const records: (SpanStart | SpanEnd)[] = [];
  stops.push(onSpan((record) => void records.push(record)));
  return records;
}

test("no span begins while there is no listener, and none after the last one has unsubscribed", () => {
  expect([hasSpanListener(), startSpan(event)]).toEqual([false, undefined]);
  const records = recorded();
  expect([hasSpanListener(), startSpan(event)]).toEqual([true, expect.anything()]);
  stops.pop()?.();
  expect(startSpan(event)).toBeUndefined();
  expect(records).toHaveLength(1);
});

test("a listener gets the start and the end, with ids, duration, labels and all details", async () => {
  const records = recorded();
  const clock = manualClock(1_000_000);
  const span = startSpan(event, { clock, details: { path: "/a" } });
  await clock.advance("1500ms");
  span?.end({ outcome: "ok" }, { error: "none" });
  expect(records.map(({ phase }) => phase)).toEqual(["start", "end"]);
  const [start, end] = records as [SpanStart, SpanEnd];
  expect(start).toMatchObject({
    name: "example.spanned",
    startedAt: 1_000_000,
    details: { path: "/a" },
    sampled: true,
  });
  expect(start.definition.unit).toBe("seconds");
  expect(start.parentId).toBeUndefined();
  expect(start.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(start.spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(end).toMatchObject({ seconds: 1.5, labels: { outcome: "ok" }, details: { path: "/a", error: "none" } });
  expect([end.traceId, end.spanId, end.startedAt]).toEqual([start.traceId, start.spanId, 1_000_000]);
  expect(span?.traceparent).toBe(`00-${start.traceId}-${start.spanId}-01`);
});

test("a span belongs to the trace of the running code, or to the given parent, and keeps its flags", () => {
  const records = recorded();
  runWithContext({ traceparent: PARENT }, () => startSpan(event));
  startSpan(event, { parent: PARENT });
  startSpan(event, { parent: "not a traceparent" });
  const [inherited, given, fresh] = records as [SpanStart, SpanStart, SpanStart];
  for (const record of [inherited, given])
    expect(record).toMatchObject({ traceId: TRACE, parentId: "00f067aa0ba902b7", sampled: false });
  expect(fresh.traceId).not.toBe(TRACE);
  expect(fresh.parentId).toBeUndefined();
});

test("what runs in the context of a span begins its children", () => {
  const records = recorded();
  const outer = startSpan(event);
  runWithContext({ traceparent: outer?.traceparent as string }, () => startSpan(event)?.end({ outcome: "ok" }));
  const [parent, child] = records as [SpanStart, SpanStart];
  expect([child.traceId, child.parentId]).toEqual([parent.traceId, parent.spanId]);
});

test("a span ends once, and not before its start if the clock runs backwards", () => {
  const records = recorded();
  const clock = manualClock();
  const span = startSpan(event, { clock });
  const { monotonic } = clock;
  clock.monotonic = () => monotonic() - 5000;
  span?.end({ outcome: "ok" });
  span?.end({ outcome: "again" });
  expect(records).toHaveLength(2);
  expect(records[1]).toMatchObject({ seconds: 0, labels: { outcome: "ok" } });
});

test("a listener that throws reaches neither the caller nor its neighbors, and is reported once", () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  stops.push(
    onSpan(() => {
      throw new Error("listener broke");
    }),
  );
  const records = recorded();
  startSpan(event)?.end({ outcome: "ok" });
  expect(records).toHaveLength(2);
  expect(warned).toHaveBeenCalledTimes(1);
  expect(warned.mock.calls[0]?.[1]).toMatchObject({ code: "CORE_TELEMETRY_LISTENER" });
  expect(() => onSpan(7 as never)).toThrow(TypeError);
});
