import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock } from "@seaworthy/core/testing";
import CircuitBreaker from "opossum";
import { expect, test, vi } from "vitest";

const entered = vi.fn();
vi.mock("p-retry", async (load) => {
  const original = await load<typeof import("p-retry")>();
  const counted: typeof original.default = (...args) => {
    entered();
    return original.default(...args);
  };
  return { ...original, default: counted };
});

const { createBreaker, policy, retry } = await import("../index.ts");

test("each engine is known to one file", () => {
  const source = join(import.meta.dirname, "..");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const importing = (engine: string): string[] =>
    files.filter((file) => readFileSync(join(source, file), "utf8").includes(`from "${engine}"`));
  expect(importing("opossum")).toEqual([join("breaker", "verdict-window.ts")]);
  expect(importing("p-retry")).toEqual([join("internal", "retry-loop.ts")]);
});

test("p-retry is entered only when the first attempt has failed and another one follows", async () => {
  const guarded = policy("p", { retry: { attempts: 3, base: 0 } });
  await guarded.run(() => 1);
  await guarded.run(() => Promise.reject(new Error("final")), { idempotent: false }).catch(() => undefined);
  await retry(() => Promise.reject(new Error("final")), { retryIf: () => false }).catch(() => undefined);
  expect(entered).not.toHaveBeenCalled();
  let calls = 0;
  await guarded.run(() => (++calls < 3 ? Promise.reject(new Error("busy")) : calls));
  expect(entered).toHaveBeenCalledOnce();
});

test("opossum is asked only about a failure that may trip it, and the others count all the same", async () => {
  const fired = vi.spyOn(CircuitBreaker.prototype, "fire");
  const breaker = createBreaker({ name: "b", failureRate: 0.5, minimumCalls: 4, clock: manualClock() });
  const end = async (...calls: readonly boolean[]): Promise<void> => {
    for (const ok of calls)
      await breaker.run(() => (ok ? 1 : Promise.reject(new Error("down")))).catch(() => undefined);
  };
  await end(true, true, true, false, false);
  expect(fired).not.toHaveBeenCalled();
  expect(breaker.stats()).toMatchObject({ state: "closed", calls: 5, failures: 2 });
  await end(false);
  expect(fired).toHaveBeenCalledOnce();
  expect(breaker.state).toBe("open");
  fired.mockRestore();
  breaker.close();
});

test("the timer that opossum sets for itself when it trips is cleared at once, and it sets no other", async () => {
  const set = vi.spyOn(globalThis, "setTimeout");
  const every = vi.spyOn(globalThis, "setInterval");
  const cleared = vi.spyOn(globalThis, "clearTimeout");
  const breaker = createBreaker({ name: "b", minimumCalls: 1, clock: manualClock() });
  await breaker.run(() => 1);
  await breaker.run(() => Promise.reject(new Error("down"))).catch(() => undefined);
  expect(breaker.state).toBe("open");
  const timers = set.mock.results.map(({ value }) => value as unknown);
  const gone = cleared.mock.calls.map(([timer]) => timer as unknown);
  expect(timers.filter((timer) => !gone.includes(timer))).toEqual([]);
  expect(every).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  breaker.close();
});
