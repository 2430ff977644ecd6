import { manualClock } from "@seaworthy/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guardedFetch, policy } from "../src/index.ts";
import { type FaultyServer, startFaultyServer } from "./faulty-server.ts";

let server: FaultyServer;
beforeAll(async () => {
  server = await startFaultyServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const retrying = () =>
  policy("upstream", { timeout: "15s", retry: { attempts: 3, initialDelay: 1, attemptTimeout: "5s" }, budget: false });
// Impatient, and with attempts to spare for a machine that is slow to answer.
const impatient = () =>
  policy("upstream", {
    timeout: "15s",
    retry: { attempts: 40, initialDelay: 1, attemptTimeout: "250ms" },
    budget: false,
  });
const get = (path: string, guarded = retrying(), init: RequestInit = {}): Promise<Response> =>
  guardedFetch(guarded)(`${server.url}${path}`, init);

test.each([
  ["drops the connection", "/drops-once", "after a drop"],
  ["resets the connection", "/resets-once", "after a reset"],
  ["is busy and says when to come back", "/busy-once", "no longer busy"],
])("an upstream that %s is called again", async (_what, path, text) => {
  expect(await (await get(path)).text()).toBe(text);
  expect(server.hits.get(path)).toBe(2);
});

test("an upstream that stalls is given up after the attempt timeout and called again", async () => {
  expect(await (await get("/stalls-once", impatient())).text()).toBe("after a stall");
});

test("an upstream that answers too late is called again, and the late answer does not matter", async () => {
  const response = await get("/late-once", impatient());
  expect(await response.text()).toBe("early");
});

test("an upstream that always stalls is an error in time, not a hang", async () => {
  const guarded = policy("stalling", { timeout: "200ms" });
  await expect(get("/stalls", guarded)).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT" });
});

test("an upstream that always drops is hit three times, and its error is fetch's own", async () => {
  const before = server.hits.get("/drops") ?? 0;
  await expect(get("/drops")).rejects.toMatchObject({ name: "TypeError", message: "fetch failed" });
  expect((server.hits.get("/drops") ?? 0) - before).toBe(3);
});

test("a POST is sent once, whole, and not again after a drop", async () => {
  await expect(get("/drops-post", retrying(), { method: "POST", body: "amount=1" })).rejects.toThrow("fetch failed");
  expect(server.bodies.get("/drops-post")).toEqual(["amount=1"]);
});

test("a body that comes slowly can be read after the timeout of the policy has passed", async () => {
  const response = await get("/slow-body", policy("slow", { timeout: "1s" }));
  expect(await response.text()).toBe("first second");
});

test("a body that breaks off is the reader's error: the policy answered with the headers", async () => {
  const guarded = policy("p", { retry: { attempts: 3, initialDelay: 1 }, breaker: { minimumCalls: 1 } });
  const response = await get("/breaks-off", guarded);
  await expect(response.text()).rejects.toThrow();
  expect(guarded.breaker?.state).toBe("closed");
  expect(server.hits.get("/breaks-off")).toBe(1);
  guarded.dispose();
});

test("responses that were retried free their connections: a hundred busy answers do not exhaust the pool", async () => {
  const guarded = policy("busy", { retry: { attempts: 10, initialDelay: 0 }, budget: false });
  const responses = await Promise.all(Array.from({ length: 10 }, () => get("/busy", guarded)));
  for (const response of responses) expect(await response.text()).toBe("busy");
  expect(server.hits.get("/busy")).toBe(100);
});

test("the breaker stops the traffic to an upstream that is down, and finds out when it is back", async () => {
  const clock = manualClock();
  const guarded = policy("down", { breaker: { minimumCalls: 5, openJitter: 0, openFor: "30s" }, clock });
  for (let i = 0; i < 5; i++) await get("/drops", guarded).catch(() => undefined);
  expect(guarded.breaker?.state).toBe("open");
  const before = server.hits.get("/drops");
  for (let i = 0; i < 20; i++)
    await expect(get("/drops", guarded)).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
  expect(server.hits.get("/drops")).toBe(before);
  await clock.advance("30s");
  expect(guarded.breaker?.state).toBe("half-open");
  expect(await (await get("/fine", guarded)).text()).toBe("fine");
  expect(guarded.breaker?.state).toBe("closed");
  guarded.dispose();
});
