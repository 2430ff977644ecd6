import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const { PATH, NODE_COMPILE_CACHE } = process.env;
const run = (...args: string[]) =>
  spawnSync(
    process.execPath,
    ["--conditions=@seaworthy/source", join(import.meta.dirname, "..", "src", "demo.ts"), ...args],
    { encoding: "utf8", env: { PATH, NODE_COMPILE_CACHE } },
  );

test("the demo breaks the upstream and heals it, and every request is answered", () => {
  const { stdout, stderr, status } = run("4");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const rows = stdout.split("\n").filter((line) => /^(→ )?(healthy|failing|hanging)/.test(line));
  expect(rows).toHaveLength(16);
  const failing = rows.filter((row) => row.includes("failing")).join("\n");
  expect(failing).toMatch(/ open .*degraded/);
  expect(rows.at(-1)).toMatch(/^healthy +10 of 10 .* closed +healthy$/);
  expect(stdout).toContain("160 of 160 requests were answered");
  // Each request that the model answers is at least one call, and an open breaker lets hardly any through.
  const calls = rows.map((row) => Number(/ ms +(\d+) /.exec(row)?.[1]));
  expect(calls[0]).toBeGreaterThanOrEqual(10);
  expect(Math.min(...calls)).toBeLessThan(5);
  // The picture in the README shows what the demo prints today.
  const picture = readFileSync(join(import.meta.dirname, "..", "demo.svg"), "utf8").replaceAll("\u00a0", " ");
  expect(picture).toContain(stdout.split("\n", 1)[0]);
  expect(picture.match(/>(?:→ )?(?:healthy|failing|hanging) +10 of 10 /g)).toHaveLength(16);
}, 120_000);

test("a phase length out of range is refused", () => {
  for (const length of ["0", "61", "1.5", "long"]) expect(run(length).status, length).toBe(2);
});
