import { manualClock } from "@seaworthy/core/testing";
import { expect, test } from "vitest";
import { createCors } from "./cors.ts";
import { Edge, type EdgeOptions } from "./edge.ts";
import { createLoad } from "./load.ts";
import { securityHeaders } from "./security-headers.ts";

const limiter = { consume: () => ({ allowed: true, retryAfter: 0 }) };

test.each<[string, unknown, RegExp]>([
  ["an unknown name", { limit: [] }, /edge has no option "limit"/],
  ["no object", "x", /edge/],
  ["health without report()", { health: {} }, /health must have report\(\)/],
  ["metrics without render()", { metrics: 7 }, /metrics must have render\(\)/],
  ["a lifecycle without ready()", { lifecycle: null }, /lifecycle must have ready\(\)/],
  ["an authenticate that is no function", { authenticate: "me" }, /authenticate must be a function/],
  ["limits that are no list", { limits: limiter }, /limits must be a list/],
  ["a rule without limiter", { limits: [{}] }, /limiter must have consume/],
  ["a rule of another shape", { limits: [{ limiter, path: "/" }] }, /limits has no option "path"/],
  ["a match that is no path", { limits: [{ limiter, match: "orders" }] }, /match must be a path/],
  ["a key that is no function", { limits: [{ limiter, key: "ip" }] }, /limits: key must be a function/],
  ["a deadline that is no duration", { deadline: "soon" }, /deadline/],
  ["a negative deadline", { deadline: -1 }, /deadline/],
  ["a body limit beyond 100 MiB", { bodyLimit: "101mib" }, /bodyLimit must be at most 100 MiB/],
  ["a body limit that is NaN", { bodyLimit: Number.NaN }, /bodyLimit/],
  ["a port beyond 65535", { operationsPort: 70_000 }, /operationsPort must be/],
  ["a port of NaN", { operationsPort: Number.NaN }, /operationsPort must be/],
  ["an unknown operations option", { operations: { user: "x" } }, /operations has no option "user"/],
  ["an entitled that is no function", { operations: { entitled: true } }, /operations.entitled must be a function/],
  ["a logger without a level", { operations: { logger: {} } }, /operations.logger must have a level/],
  ["a shed delay of 0", { shed: { delay: 0 } }, /shed.delay/],
  ["an unknown shed option", { shed: { after: 1 } }, /shed has no option "after"/],
  ["headers that break lines", { headers: { "x-a": "b\r\nc" } }, /headers: x-a must be visible ASCII/],
  ["a clock without now()", { clock: { monotonic: () => 0 } }, /clock must have now\(\) and monotonic\(\)/],
  ["headers that are null", { headers: null }, /headers must be values by name, or false; got null/],
  ["headers that are text", { headers: "DENY" }, /headers must be values by name, or false; got "DENY"/],
  ["a header without a name", { headers: { "": "b" } }, /cannot be a header's name/],
  ["a header that is a number", { headers: { "x-a": 1 } }, /headers: x-a/],
  ["an origin with a path", { cors: { origins: ["https://a.example/x"] } }, /not an origin/],
  ["an origin that is null", { cors: { origins: ["null"] } }, /not an origin/],
  ["a wildcard in the middle", { cors: { origins: ["https://a.*.example"] } }, /not an origin/],
  ["a wildcard for a whole domain", { cors: { origins: ["https://*"] } }, /not an origin/],
  ["every origin with credentials", { cors: { origins: ["*"], credentials: true } }, /cannot be combined/],
  ["origins that are no list", { cors: { origins: "https://a.example" } }, /cors.origins must be a list/],
  ["an unknown CORS option", { cors: { origins: [], age: 1 } }, /cors has no option "age"/],
  ["a method that is none", { cors: { origins: [], methods: ["GET\n"] } }, /cors.methods/],
  ["a clock without time", { clock: {} }, /clock must have now\(\) and monotonic\(\)/],
])("%s is refused when the edge is made, by name", (_what, options, message) => {
  expect(() => new Edge(options as EdgeOptions)).toThrow(TypeError);
  expect(() => new Edge(options as EdgeOptions)).toThrow(message);
});

test("security headers are built once: every request gets the very same list", () => {
  const edge = new Edge();
  expect(edge.securityHeaders).toBe(edge.securityHeaders);
  expect(Object.isFrozen(edge.securityHeaders)).toBe(true);
  expect(securityHeaders(false)).toEqual([]);
});

test("where every origin is admitted, answers say so and do not vary", () => {
  const cors = createCors({ origins: ["*"], expose: [] });
  expect(cors.varies).toBe(false);
  expect(cors.headers("https://any.example")).toEqual([["access-control-allow-origin", "*"]]);
  expect(cors.headers(undefined)).toEqual([]);
});

test("the event loop is watched only while requests come, and an idle edge owns no timer", async () => {
  const clock = manualClock();
  const load = createLoad({ delay: "100ms" }, clock);
  expect(clock.pending).toBe(0);
  expect(load.overloaded()).toBe(false);
  expect(clock.pending).toBe(1);
  await clock.advance("500ms");
  expect(load.overloaded()).toBe(false);
  expect(clock.pending).toBe(1);
  await clock.advance("2s");
  expect(clock.pending).toBe(0);
});

test("a deadline does not move when the context is entered again", async () => {
  const clock = manualClock();
  const exchange = new Edge({ clock, deadline: "5s" }).begin({
    method: "GET",
    path: "/",
    query: "",
    socketAddress: undefined,
    header: () => undefined,
  });
  const first = exchange.context().deadline;
  await clock.advance("3s");
  expect(exchange.context().deadline).toBe(first);
});
