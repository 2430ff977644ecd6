import { readGauges } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Priority, ShedOptions } from "../load.ts";
import type { EdgeRequest } from "../messages.ts";
import { createLoad, type Load } from "./shedding.ts";

afterEach(() => vi.restoreAllMocks());

const request = (path: string, method = "GET"): EdgeRequest => ({
  id: "r-1",
  method,
  path,
  query: "",
  address: "10.0.0.1",
  header: () => undefined,
});
const PATHS = { "POST /payments": "critical", "/reports": "background" } as const;
const CRITICAL = request("/payments/7", "POST");
const NORMAL = request("/orders");
const BACKGROUND = request("/reports/daily");

/** Which priorities are refused now, the least important first. */
const refused = (load: Load): Priority[] =>
  [BACKGROUND, NORMAL, CRITICAL].flatMap((one) => load.refusal(one)?.priority ?? []);

describe("under overload", () => {
  test("background requests are refused first and critical ones last, at their thresholds and not below", async () => {
    const clock = manualClock();
    let pool = 0;
    const load = createLoad({ priority: PATHS, signals: { pool: () => pool } }, clock);
    const script: [number, Priority[]][] = [
      [0, []],
      [0.499, []],
      [0.5, ["background"]],
      [0.799, ["background"]],
      [0.8, ["background", "normal"]],
      [0.999, ["background", "normal"]],
      [1, ["background", "normal", "critical"]],
      [7, ["background", "normal", "critical"]],
      [-1, []],
    ];
    for (const [value, expected] of script) {
      pool = value;
      await clock.advance("50ms");
      expect(refused(load), String(value)).toEqual(expected);
    }
  });

  test("the delay of the event loop refuses normal requests at the given delay, background at 5/8 and critical at twice", () => {
    const clock = manualClock();
    const load = createLoad({ delay: "400ms", priority: PATHS }, clock);
    expect(refused(load)).toEqual([]); // starts the sampling
    const { monotonic } = clock;
    const behind = (milliseconds: number): Priority[] => {
      clock.monotonic = () => monotonic() + 50 + milliseconds; // the sample was due after 50 ms
      return refused(load);
    };
    expect(behind(249)).toEqual([]);
    expect(behind(250)).toEqual(["background"]);
    expect(behind(399)).toEqual(["background"]);
    expect(behind(400)).toEqual(["background", "normal"]);
    expect(behind(799)).toEqual(["background", "normal"]);
    expect(behind(800)).toEqual(["background", "normal", "critical"]);
  });

  test("the highest signal decides, a boolean counts as the threshold of normal requests, and the refusal names it", async () => {
    const clock = manualClock();
    const values: { pool: number; heap: boolean } = { pool: 0.6, heap: false };
    const signals = { pool: () => values.pool, heap: () => values.heap };
    const load = createLoad({ priority: PATHS, signals }, clock);
    expect(load.refusal(BACKGROUND)).toEqual({ priority: "background", signal: "pool" });
    expect(load.refusal(NORMAL)).toBeUndefined();
    values.heap = true;
    await clock.advance("50ms");
    expect(load.refusal(NORMAL)).toEqual({ priority: "normal", signal: "heap" });
    expect(load.refusal(CRITICAL)).toBeUndefined();
  });

  test("thresholds can be moved", () => {
    const thresholds = { background: 0.1, normal: 0.2, critical: 0.3 };
    const load = createLoad({ priority: PATHS, thresholds, signals: { pool: () => 0.25 } }, manualClock());
    expect(refused(load)).toEqual(["background", "normal"]);
  });

  test("a function decides about the priority; one that throws or returns something else makes the request normal", () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const given: unknown[] = ["background", undefined, "urgent", new Error("broken")];
    const priority = (): Priority => {
      const next = given.shift();
      if (next instanceof Error) throw next;
      return next as Priority;
    };
    const load = createLoad({ priority, signals: { pool: () => 0.8 } }, manualClock());
    const seen = Array.from({ length: 4 }, () => load.refusal(NORMAL)?.priority);
    expect(seen).toEqual(["background", "normal", "normal", "normal"]);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]?.[1]).toMatchObject({ code: "HTTP_LOAD_PRIORITY" });
  });
});

describe("a signal", () => {
  test("is called at most once per 50 ms", async () => {
    const clock = manualClock();
    const pool = vi.fn(() => 0);
    const load = createLoad({ signals: { pool } }, clock);
    for (let i = 0; i < 100; i++) load.refusal(NORMAL);
    expect(pool).toHaveBeenCalledTimes(1);
    await clock.advance("49ms");
    load.refusal(NORMAL);
    expect(pool).toHaveBeenCalledTimes(1);
    await clock.advance("1ms");
    load.refusal(NORMAL);
    expect(pool).toHaveBeenCalledTimes(2);
  });

  test("that throws, or returns what is not a load, refuses nothing and is reported once", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const clock = manualClock();
    const given: unknown[] = [Number.NaN, "1", undefined, Promise.resolve(1), null, new Error("broken")];
    const pool = (): number => {
      const next = given.shift();
      if (next instanceof Error) throw next;
      return next as number;
    };
    const load = createLoad({ signals: { pool } }, clock);
    while (given.length > 0) {
      expect(load.refusal(NORMAL)).toBeUndefined();
      await clock.advance("50ms");
    }
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]?.[1]).toMatchObject({ code: "HTTP_LOAD_SIGNAL" });
  });

  test("is a gauge", () => {
    const load = createLoad({ signals: { gauge_of_a_test: () => 0.25 } }, manualClock());
    const readings = [...readGauges()].filter(({ labels }) => labels.signal === "gauge_of_a_test");
    expect(readings).toMatchObject([{ definition: { name: "http.load", unit: "ratio" }, value: 0.25 }]);
    expect(load.refusal(NORMAL)).toBeUndefined(); // still held here
  });
});

test("the event loop is sampled only while requests come, and an idle edge owns no timer", async () => {
  const clock = manualClock();
  const load = createLoad({ delay: "100ms" }, clock);
  expect(clock.pending).toBe(0);
  expect(load.refusal(NORMAL)).toBeUndefined();
  expect(clock.pending).toBe(1);
  await clock.advance("500ms");
  expect(load.refusal(NORMAL)).toBeUndefined();
  expect(clock.pending).toBe(1);
  await clock.advance("2s");
  expect(clock.pending).toBe(0);
});

test.each<[unknown, RegExp]>([
  [{ delay: 0 }, /shed\.delay must be at least 1 ms; got 0/],
  [{ priority: { orders: "normal" } }, /shed\.priority: a key must be a path.*got "orders"/],
  [{ priority: { "/orders": "high" } }, /shed\.priority \/orders .*"high"/],
  [{ priority: 7 }, /shed\.priority must be priorities by path or a function; got 7/],
  [{ signals: { "Event Loop": () => 0 } }, /shed\.signals: a name must/],
  [{ signals: { event_loop: () => 0 } }, /shed\.signals: a name must/],
  [{ signals: { pool: 1 } }, /shed\.signals\.pool must be a function/],
  [{ signals: null }, /shed\.signals must be functions by name; got null/],
  [{ thresholds: { normal: 1.1 } }, /shed\.thresholds\.normal/],
  [{ thresholds: { background: 0 } }, /shed\.thresholds\.background/],
  [{ thresholds: { background: 0.9 } }, /must grow from background to critical; got 0\.9, 0\.8 and 1/],
  [{ thresholds: { urgent: 1 } }, /urgent/],
])("the option shed %j is refused", (options, message) => {
  expect(() => createLoad(options as ShedOptions, manualClock())).toThrow(TypeError);
  expect(() => createLoad(options as ShedOptions, manualClock())).toThrow(message);
});
