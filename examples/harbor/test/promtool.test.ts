import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Harbor, startHarbor } from "./harbor.ts";

const promtool = spawnSync("promtool", ["--version"]).status === 0;
if (!promtool && process.env.CI === "true")
  throw new Error("promtool (Debian package prometheus) is not installed, which CI needs");
if (!promtool) console.log("Skipped: harbor's metrics are not checked, since promtool is not installed.");
let harbor: Harbor;

beforeAll(async () => {
  harbor = await startHarbor();
}, 60_000);
afterAll(() => harbor[Symbol.asyncDispose]());

test.skipIf(!promtool)("promtool has nothing to say about harbor's metrics after some traffic", async () => {
  const submit = { method: "POST", headers: { "content-type": "application/json" }, body: '{"text":"a leak"}' };
  await fetch(`${harbor.upstreamUrl}/mode/failing`, { method: "POST" });
  for (let i = 0; i < 6; i++) await fetch(`${harbor.url}/tasks`, submit);
  await fetch(`${harbor.url}/nowhere`);
  await fetch(`${harbor.url}/healthz`);
  const text = await (await fetch(`${harbor.url}/metrics`)).text();
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
});
