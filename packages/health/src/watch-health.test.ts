import { getEventListeners } from "node:events";
import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { createHealth, type HealthChange, watchHealth } from "./index.ts";

function watched() {
  const clock = manualClock();
  const health = createHealth({ clock });
  const changes: HealthChange[] = [];
  let good = true;
  health.add("mail", () => good, { critical: false });
  return {
    clock,
    health,
    changes,
    turn: () => {
      good = !good;
    },
    onChange: (change: HealthChange) => void changes.push(change),
  };
}

describe("watchHealth", () => {
  test("reports changes between probes until the returned function is called", async () => {
    const { clock, health, changes, turn, onChange } = watched();
    const end = watchHealth(health, { every: "1s", jitter: 0, onChange });
    await clock.advance("1s");
    turn();
    await clock.advance("1s");
    turn();
    await clock.advance("1s");
    expect(changes.map(({ status, overall }) => [status, overall])).toEqual([
      ["unhealthy", "degraded"],
      ["healthy", "healthy"],
    ]);
    end();
    end();
    turn();
    await clock.advance("10s");
    await health.report();
    expect(changes).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test("ends when the signal aborts, and leaves neither timer nor listener", async () => {
    const { clock, health, changes, turn, onChange } = watched();
    const controller = new AbortController();
    watchHealth(health, { every: "1s", jitter: 0, onChange, signal: controller.signal });
    await clock.advance("1s");
    controller.abort();
    turn();
    await clock.advance("10s");
    expect(changes).toEqual([]);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  test("removes its listener from a signal that outlives it, and does nothing if the signal has aborted before", () => {
    const { clock, health, onChange } = watched();
    const { signal } = new AbortController();
    watchHealth(health, { every: "1s", onChange, signal })();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    watchHealth(health, { every: "1s", onChange, signal: AbortSignal.abort() });
    expect(clock.pending).toBe(0);
  });

  test.each<[object, RegExp]>([
    [{ onChange: () => undefined }, /watchHealth: every/],
    [{ every: 0, onChange: () => undefined }, /watchHealth: every must be more than 0; got 0/],
    [{ every: 1 }, /watchHealth: onChange must be a function; got undefined/],
    [{ every: 1, onChange: () => undefined, jitter: 2 }, /watchHealth: jitter must be a number from 0 to 1; got 2/],
    [{ every: 1, onChange: () => undefined, signal: {} }, /watchHealth: signal must be an AbortSignal/],
    [{ every: 1, onChange: () => undefined, signal: null }, /watchHealth: signal must be an AbortSignal/],
    [{ every: 1, onChange: () => undefined, interval: 1 }, /watchHealth has no option "interval"/],
  ])("rejects %j", (options, message) => {
    expect(() => watchHealth(createHealth(), options as never)).toThrow(message);
  });
});
