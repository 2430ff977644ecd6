import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { createBreaker, keyed, policy } from "./index.ts";

const quiet = (): undefined => undefined;
const down = (): Promise<never> => Promise.reject(new Error("down"));

test("a key that fails does not open the breaker of another", async () => {
  const clock = manualClock();
  const hosts = keyed((key) => policy(key, { breaker: { minimumCalls: 1 }, clock }), {
    by: (url: URL) => url.host,
    clock,
  });
  await hosts.run(new URL("http://a.test/1"), down).catch(quiet);
  await expect(hosts.run(new URL("http://a.test/2"), quiet)).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
  expect(await hosts.run(new URL("http://b.test/"), () => "fine")).toBe("fine");
  expect([...hosts.entries()].map(([key]) => key)).toEqual(["a.test", "b.test"]);
  hosts.dispose();
  expect([hosts.size, clock.pending]).toEqual([0, 0]);
});

test("the guard that was used longest ago makes room, and is disposed", () => {
  const closed: string[] = [];
  const guards = keyed((key) => ({ run: async () => key, dispose: () => closed.push(key) }), { max: 2 });
  for (const key of ["a", "b", "a", "c"]) guards.for(key);
  expect(closed).toEqual(["b"]);
  expect(guards.delete("a")).toBe(true);
  expect(guards.delete("a")).toBe(false);
  expect(closed).toEqual(["b", "a"]);
});

test("idle guards are dropped when others are used, without a timer", async () => {
  const clock = manualClock();
  const guards = keyed((key) => createBreaker({ name: key, clock }), { idle: "1m", clock });
  for (let i = 0; i < 10; i++) guards.for(`old ${i}`);
  await clock.advance("1m");
  expect(clock.pending).toBe(0);
  for (let i = 0; i < 5; i++) guards.for("new");
  expect([...guards.entries()].map(([key]) => key)).toEqual(["new"]);
});

test("there are never more guards than max, and the guard of a key in use is always the same", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 8 })), fc.integer({ min: 1, max: 5 }), (keys, max) => {
      const guards = keyed((key) => createBreaker({ name: key }), { by: (key: number) => `k${key}`, max });
      for (const key of keys) {
        expect(guards.for(key)).toBe(guards.for(key));
        expect(guards.for(key).name).toBe(`k${key}`);
        expect(guards.size).toBeLessThanOrEqual(max);
      }
    }),
  );
});

test("what `by` or the maker gets wrong is a rejection of that run", async () => {
  await expect(keyed(quiet as never).run("a", quiet)).rejects.toThrow(/must return a guard/);
  const guards = keyed((key) => policy(key), { by: (() => 7) as never });
  await expect(guards.run("a", quiet)).rejects.toThrow(/by must return a string/);
});

test("50 000 active policies with breakers set one timer among them", async () => {
  const clock = manualClock();
  const scheduled = vi.spyOn(clock, "schedule");
  const guards = keyed((key) => policy(key, { breaker: true, clock }), { max: 50_000, clock });
  for (let i = 0; i < 50_000; i++) await guards.run(`tenant ${i}`, quiet);
  expect(guards.size).toBe(50_000);
  expect(clock.pending).toBe(1);
  expect(scheduled.mock.calls.length).toBeLessThan(5);
});

test.each([
  [7, {}, "function"],
  [quiet, { max: 0 }, "max"],
  [quiet, { idle: 0 }, "idle"],
  [quiet, { by: "host" }, "by"],
  [quiet, { size: 1 }, "size"],
])("keyed(%s, %j) is a TypeError that names %s", (make, options, named) => {
  expect(() => keyed(make as never, options as never)).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
  );
});
