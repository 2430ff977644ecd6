// Limits at the edge: what a limiter of @seaworthy/ratelimit decides, as HTTP.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { manualClock } from "@seaworthy/core/testing";
import { edge } from "@seaworthy/http/node";
import {
  createRateLimiter,
  createTripwire,
  memoryLimitStore,
  type RateLimiter,
  rateLimitHeaders,
} from "@seaworthy/ratelimit";
import { interruptibleLimitStore } from "@seaworthy/ratelimit/testing";
import { afterEach, expect, test } from "vitest";

const limits = [
  { limit: 2, window: "1m" },
  { limit: 9, window: "1h", name: "hourly" },
] as const;
const clock = manualClock();
let server: Server | undefined;

async function serve(limiter: Pick<RateLimiter, "consume">): Promise<(path: string) => Promise<Response>> {
  const front = edge({ limits: [{ match: "/login", limiter, headers: rateLimitHeaders }] });
  server = createServer(front.handle((_, response) => void response.end("served"))).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return (path) => fetch(`http://127.0.0.1:${port}${path}`);
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

test("a client learns its quota from every answer, and from a refusal which policy it broke and when to retry", async () => {
  const get = await serve(createRateLimiter({ name: "login", limits, clock }));
  const first = await get("/login");
  expect([first.status, await first.text()]).toEqual([200, "served"]);
  expect(first.headers.get("ratelimit")).toBe('"2-per-1m";r=1;t=60, "hourly";r=8;t=3600');
  expect(first.headers.get("ratelimit-policy")).toBe('"2-per-1m";q=2;w=60, "hourly";q=9;w=3600');
  expect(first.headers.get("retry-after")).toBeNull();
  await clock.advance("1500ms");
  await get("/login");
  const refused = await get("/login");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  // 58.5 seconds: a client that waits for as long as the header says never comes too early.
  expect(refused.headers.get("retry-after")).toBe("59");
  expect(refused.headers.get("ratelimit")).toBe('"2-per-1m";r=0;t=60, "hourly";r=7;t=3600');
  expect(await refused.json()).toMatchObject({
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    status: 429,
    code: "HTTP_RATE_LIMITED",
    "violated-policies": ["2-per-1m"],
  });
  expect((await get("/orders")).status).toBe(200);
  await clock.advance("59s");
  expect((await get("/login")).status).toBe(200);
});

test("a limiter that must not decide without its store answers 503, not 429", async () => {
  const store = interruptibleLimitStore(memoryLimitStore({ clock }));
  const get = await serve(createRateLimiter({ name: "login", limits, store, onStoreFailure: "closed", clock }));
  expect((await get("/login")).status).toBe(200);
  store.fail();
  const unavailable = await get("/login");
  expect([unavailable.status, unavailable.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await unavailable.json()).toMatchObject({ code: "RATELIMIT_UNAVAILABLE" });
});

test("a tripwire refuses a client for as long as it is blocked", async () => {
  const rules = [{ name: "honeypot", reports: 1, within: "1h" }] as const;
  const tripwire = createTripwire({ name: "scanners", rules, blockFor: "10m", clock });
  const get = await serve(tripwire);
  expect((await get("/login")).status).toBe(200);
  await tripwire.report("127.0.0.1", "honeypot");
  const refused = await get("/login");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "600"]);
  await tripwire.close();
});
