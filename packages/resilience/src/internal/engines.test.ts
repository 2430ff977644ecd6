import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

const { policy, retry } = await import("../index.ts");

test("p-retry is known to one file", () => {
  const source = join(import.meta.dirname, "..");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const importing = (engine: string): string[] =>
    files.filter((file) => readFileSync(join(source, file), "utf8").includes(`from "${engine}"`));
  expect(importing("p-retry")).toEqual([join("internal", "retry-loop.ts")]);
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
