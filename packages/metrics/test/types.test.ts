import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
let directory: string;

beforeAll(() => {
  // Inside the package, so that imports resolve as they do there, and where no other tool looks.
  directory = mkdtempSync(join(import.meta.dirname, "../node_modules/.types-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the compiler says of code that records on a few metrics: the codes of its errors. */
function compile(code: string): string[] {
  const file = join(directory, "fixture.ts");
  writeFileSync(
    file,
    `import { type Counter, createMetrics, type Gauge, type Histogram, type Percentiles } from "../../src/index.ts";
export type { Counter, Gauge, Histogram, Percentiles };
const metrics = createMetrics();
export const orders = metrics.counter({ name: "a_total", help: "A.", labels: ["country", "plan"] });
export const depth = metrics.gauge({ name: "b", help: "B.", labels: ["queue"] as const });
export const spent = metrics.histogram({ name: "c_seconds", help: "C.", labels: { outcome: ["ok", "failed"] } });
export const recent = metrics.percentiles({ name: "e_seconds", labels: ["route"] });
export const plain = metrics.counter({ name: "d_total", help: "D." });
${code}
`,
  );
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: { isolatedDeclarations: false, declaration: false, types: ["node"] },
      include: ["fixture.ts"],
      exclude: [],
    }),
  );
  const tsc = join(
    dirname(createRequire(join(root, "package.json")).resolve("@typescript/native/package.json")),
    "bin/tsc",
  );
  const { stdout } = spawnSync(process.execPath, [tsc, "--project", directory], { encoding: "utf8" });
  return stdout.match(/error TS\d+/g) ?? [];
}

test("code that gives every label compiles", () => {
  expect(
    compile(`orders.add({ country: "NO", plan: 1 }); orders.bind({ country: "NO", plan: "x" }).add(2);
depth.set({ queue: "mail" }, 1); depth.add({ queue: "mail" });
spent.observe({ outcome: "ok" }, 0.1); spent.time({ outcome: "failed" }, () => 1);
depth.dec({ queue: "mail" }); depth.setToCurrentTime({ queue: "mail" }); depth.remove({ queue: "mail" }); depth.reset();
recent.record({ route: "/" }, 1); recent.read({ route: "/" }); recent.bind({ route: "/" }).record(1);
spent.startTimer({ outcome: "ok" })(); spent.startTimer()({ outcome: "failed" });
const timer: () => number = metrics.gauge({ name: "g", help: "G." }).startTimer(); timer();
const fits: Counter = plain; fits.add(); plain.remove();
plain.add(); plain.add(1); plain.add({}, 1); plain.bind().add();`),
  ).toEqual([]);
});

test("a missing, unknown or undeclared label is a compile error, one per line", () => {
  const wrong = [
    'orders.add({ country: "NO" });',
    "orders.add();",
    "orders.add(1);",
    'orders.add({ country: "NO", plan: "x", extra: 1 });',
    'orders.bind({ country: "NO" });',
    'depth.set({ queue: "mail" });',
    "depth.set({}, 1);",
    'spent.observe({ outcome: "other" }, 1);',
    "spent.time(() => 1);",
    'plain.add({ country: "NO" }, 1);',
    "recent.record(1);",
    "spent.startTimer()();",
    'spent.startTimer({ outcome: "other" });',
    'spent.startTimer({ route: "/" });',
    "orders.remove();",
    // One that asks for labels is not one that asks for none, and the other way round.
    "export const a: Counter = orders;",
    "export const b: Gauge = depth;",
    "export const c: Histogram = spent;",
    "export const d: Percentiles = recent;",
    "export const e: Counter<{ readonly country: string }> = orders;",
  ];
  expect(compile(wrong.join("\n"))).toHaveLength(wrong.length);
});
