import { expect, test } from "vitest";
import { errors, hasCode } from "./errors.ts";
import { policy } from "./index.ts";

test("an error of the host's goes through every guard without its stack being written", async () => {
  let read = 0;
  const error = new Error("down");
  Object.defineProperty(error, "stack", { get: () => `read ${++read}` });
  const guarded = policy("upstream", {
    timeout: "1m",
    retry: { attempts: 2, initialDelay: 0 },
    breaker: {},
    bulkhead: { concurrency: 1 },
  });
  await expect(guarded.execute(() => Promise.reject(error))).resolves.toEqual({ ok: false, error, attempts: 2 });
  expect(read).toBe(0);
  guarded.dispose();
});

test("a refusal is known by its code, and as a clone from another thread too", () => {
  const refusal = errors.RESILIENCE_BULKHEAD_FULL({ bulkhead: "b" });
  for (const error of [refusal, structuredClone(refusal)]) {
    expect(hasCode(error, "RESILIENCE_TIMEOUT", "RESILIENCE_BULKHEAD_FULL")).toBe(true);
    expect(hasCode(error, "RESILIENCE_TIMEOUT")).toBe(false);
  }
});

test("what only looks like a refusal is not taken for one, whatever its members do", () => {
  const hostile = new Proxy(new Error("x"), {
    get: () => {
      throw new Error("trap");
    },
  });
  const alike = Object.assign(new Error("x"), { code: "RESILIENCE_TIMEOUT" });
  for (const value of [hostile, alike, new Error("The operation did not end in time"), null, undefined, "text", 5])
    expect(hasCode(value, "RESILIENCE_TIMEOUT")).toBe(false);
});
