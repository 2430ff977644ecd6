import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

const { createBreaker, keyed, policy, retry } = await import("../index.ts");

const newStatus = vi.spyOn(CircuitBreaker, "newStatus");

test("p-retry is known to one file, and opossum to the statistics and to the view for its users", () => {
  const source = join(import.meta.dirname, "..");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const importing = (engine: string): string[] =>
    files.filter((file) =>
      new RegExp(`^import .* from "${engine}"`, "m").test(readFileSync(join(source, file), "utf8")),
    );
  expect(importing("p-retry")).toEqual([join("internal", "retry-loop.ts")]);
  expect(importing("opossum").sort()).toEqual([
    join("internal", "breaker", "opossum-statistics.ts"),
    join("internal", "opossum", "opossum-view.ts"),
  ]);
});

test("p-retry is entered only when the first attempt has failed and another one follows", async () => {
  const guarded = policy("p", { retry: { attempts: 3, initialDelay: 0 } });
  await guarded.run(() => 1);
  await guarded.run(() => Promise.reject(new Error("final")), { idempotent: false }).catch(() => undefined);
  await retry(() => Promise.reject(new Error("final")), { retryIf: () => false }).catch(() => undefined);
  expect(entered).not.toHaveBeenCalled();
  let calls = 0;
  await guarded.run(() => (++calls < 3 ? Promise.reject(new Error("busy")) : calls));
  expect(entered).toHaveBeenCalledOnce();
});

test("opossum keeps the statistics of a named breaker with a time window, from its first call on", async () => {
  newStatus.mockClear();
  const breaker = createBreaker({ name: "named" });
  expect(newStatus).not.toHaveBeenCalled();
  await breaker.run(() => 1);
  await breaker.run(() => 2);
  expect(newStatus).toHaveBeenCalledOnce();
  breaker.dispose();
});

test("breakers by key, those that count slow calls and those without a time window have smaller statistics", async () => {
  newStatus.mockClear();
  const hosts = keyed((key) => policy(key, { breaker: true }));
  await hosts.run("a", () => 1);
  hosts.dispose();
  const others = [{ window: { calls: 5 } }, { window: { consecutive: 5 } }, { slowCall: { duration: "1s" } }] as const;
  for (const options of others) await createBreaker({ name: "other", ...options }).run(() => 1);
  const restored = createBreaker({ name: "restored", restore: createBreaker({ name: "old" }).snapshot() });
  await restored.run(() => 1);
  expect(newStatus).not.toHaveBeenCalled();
});
