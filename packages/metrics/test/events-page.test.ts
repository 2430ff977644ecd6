import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

test("docs/reference/events.md lists every event of every package, and the series made of it", () => {
  const flags = ["--conditions=@seaworthy/source", join(import.meta.dirname, "events-page.ts"), "--check"];
  const { status, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  expect(`${stderr}`.trim()).toBe("");
  expect(status).toBe(0);
});

test("the page names this package's own event", () => {
  const page = readFileSync(join(root, "docs/reference/events.md"), "utf8");
  expect(page).toMatch(/\| `metrics\.overflow` \| .* \| `metrics_overflow_total` \| counter \| `metric` \|/);
});
