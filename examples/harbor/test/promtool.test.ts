import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Harbor, startHarbor } from "./harbor.ts";

const promtool = spawnSync("promtool", ["--version"]).status === 0;
if (!promtool && process.env.CI === "true")
  throw new Error("promtool (Debian package prometheus) is not installed, which CI needs");
if (!promtool) console.log("Skipped: harbor's metrics are not checked, since promtool is not installed.");
// These gauges have the names that prom-client gave them, since dashboards ask for them under these names.
const OF_PROM_CLIENT =
  /^nodejs_active_(handles|requests|resources)_total non-counter metrics should not have "_total" suffix$/;
let harbor: Harbor;

beforeAll(async () => {
  harbor = await startHarbor();
}, 60_000);
afterAll(() => harbor[Symbol.asyncDispose]());

test.skipIf(!promtool)(
  "promtool accepts harbor's metrics after some traffic, apart from names that prom-client made customary",
  async () => {
    const submit = { method: "POST", headers: { "content-type": "application/json" }, body: '{"text":"a leak"}' };
    await fetch(`${harbor.upstreamUrl}/mode/failing`, { method: "POST" });
    for (let i = 0; i < 6; i++) await fetch(`${harbor.url}/tasks`, submit);
    await fetch(`${harbor.url}/nowhere`);
    await fetch(`${harbor.url}/healthz`);
    const text = await (await fetch(`${harbor.url}/metrics`)).text();
    const { stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    const complaints = (stdout + stderr).split("\n").filter((line) => line !== "");
    expect(complaints.filter((line) => !OF_PROM_CLIENT.test(line))).toEqual([]);
    expect(text).toContain("nodejs_active_handles_total");
    expect(text).toContain('lifecycle_state{state="ready"} 1');
    expect(text).toContain('health_state{check="classifier"}');
  },
);
