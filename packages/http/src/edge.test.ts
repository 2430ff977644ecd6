import { currentContext, runWithContext } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { expect, test, vi } from "vitest";
import { createCors } from "./cors.ts";
import type { EdgeOptions } from "./edge.ts";
import { Edge } from "./internal/edge-core.ts";
import { Exchange } from "./internal/exchange.ts";
import { securityHeaders } from "./security-headers.ts";

const limiter = { consume: () => ({ allowed: true, retryAfter: 0 }) };

test.each<[string, unknown, RegExp]>([
  ["an unknown name", { limit: [] }, /edge has no option "limit"/],
  ["no object", "x", /edge/],
  ["health without report()", { health: {} }, /health must have report\(\)/],
  ["metrics without render()", { metrics: 7 }, /metrics must have render\(\)/],
  ["a lifecycle without ready()", { lifecycle: null }, /lifecycle must have ready\(\)/],
  ["an authenticate that is not a function", { authenticate: "me" }, /authenticate must be a function/],
  ["limits that are not an array", { limits: limiter }, /limits must be an array/],
  ["a rule without limiter", { limits: [{}] }, /limiter must have consume/],
  ["a rule of another shape", { limits: [{ limiter, path: "/" }] }, /limits has no option "path"/],
  ["a match that is not a path", { limits: [{ limiter, match: "orders" }] }, /match must be a path/],
  ["a key that is not a function", { limits: [{ limiter, key: "ip" }] }, /limits: key must be a function/],
  ["a deadline that is not a duration", { deadline: "soon" }, /deadline/],
  ["a can that is not a function", { can: ["orders:read"] }, /can must be a function/],
  ["an audit without record()", { audit: {} }, /audit must have record\(\)/],
  ["crossSite that is null", { crossSite: null }, /crossSite/],
  ["crossSite that is true", { crossSite: true }, /crossSite/],
  ["an entry of crossSite that is not an origin", { crossSite: { origins: ["x"] } }, /crossSite\.origins: an entry/],
  ["a body limit that is null", { bodyLimit: null }, /bodyLimit/],
  ["a clock that is null", { clock: null }, /clock must have now/],
  [
    "a path of operators that is not one",
    { operations: { authorize: limiter.consume, logger: { level: "info" }, paths: { logLevel: "level" } } },
    /operations\.paths\.logLevel must be a path; got "level"/,
  ],
  [
    "two endpoints on one path",
    { operations: { authorize: limiter.consume, profiling: true, paths: { heapSnapshot: "/debug/cpu-profile" } } },
    /two endpoints have the path \/debug\/cpu-profile/,
  ],
  [
    "an unknown path of operators",
    { operations: { authorize: limiter.consume, paths: { heap: "/heap" } } },
    /operations\.paths has no option "heap"/,
  ],
  [
    "profiling without authorize",
    { operations: { profiling: true } },
    /operations\.profiling needs operations\.authorize/,
  ],
  [
    "profiling that is not a boolean",
    { operations: { authorize: limiter.consume, profiling: 1 } },
    /operations\.profiling/,
  ],
  ["a negative deadline", { deadline: -1 }, /deadline/],
  ["a deadline of 0", { deadline: 0 }, /deadline must be more than 0; got 0/],
  ["problems that are not a boolean", { problems: "no" }, /problems/],
  ["a context that is not a boolean", { context: null }, /context/],
  ["probes that are an array", { probes: ["/livez"] }, /probes must be a boolean or groups by path/],
  ["a probe without a path", { probes: { livez: "live" } }, /probes: "livez" must be a path/],
  ["a probe without a group", { probes: { "/livez": "" } }, /probes: "\/livez" must be a path with a group/],
  [
    "metrics for authorized callers without any",
    { operations: { metrics: "authorized" } },
    /there is no operations.authorize/,
  ],
  ["an unknown access to metrics", { operations: { metrics: true } }, /operations.metrics must be "everyone"/],
  ["a body limit beyond 100 MiB", { bodyLimit: "101mib" }, /bodyLimit must be at most 100 MiB/],
  ["a body limit that is NaN", { bodyLimit: Number.NaN }, /bodyLimit/],
  ["a port beyond 65535", { operationsPort: 70_000 }, /operationsPort must be/],
  ["a port of NaN", { operationsPort: Number.NaN }, /operationsPort must be/],
  ["an unknown operations option", { operations: { user: "x" } }, /operations has no option "user"/],
  [
    "an authorize that is not a function",
    { operations: { authorize: true } },
    /operations.authorize must be a function/,
  ],
  ["a logger without a level", { operations: { logger: {} } }, /operations.logger must have a level/],
  ["a shed delay of 0", { shed: { delay: 0 } }, /shed.delay/],
  ["an unknown shed option", { shed: { after: 1 } }, /shed has no option "after"/],
  ["headers that break lines", { headers: { "x-a": "b\r\nc" } }, /headers: x-a must be visible ASCII/],
  ["a clock without now()", { clock: { monotonic: () => 0 } }, /clock must have now\(\) and monotonic\(\)/],
  ["headers that are null", { headers: null }, /headers must be values by name, or false; got null/],
  ["headers that are text", { headers: "DENY" }, /headers must be values by name, or false; got "DENY"/],
  ["a header without a name", { headers: { "": "b" } }, /cannot be a header's name/],
  ["a header that is a number", { headers: { "x-a": 1 } }, /headers: x-a/],
  [
    "an origin with a path",
    { cors: { origins: ["https://a.example/x"] } },
    /cors\.origins: an entry must be an origin/,
  ],
  ["an origin that is null", { cors: { origins: ["null"] } }, /cors\.origins: an entry must be an origin/],
  [
    "a wildcard in the middle",
    { cors: { origins: ["https://a.*.example"] } },
    /cors\.origins: an entry must be an origin/,
  ],
  ["a wildcard for a whole domain", { cors: { origins: ["https://*"] } }, /cors\.origins: an entry must be an origin/],
  ["every origin with credentials", { cors: { origins: ["*"], credentials: true } }, /cannot be combined/],
  [
    "origins that are not an array",
    { cors: { origins: "https://a.example" } },
    /cors.origins must be an array of origins or a function/,
  ],
  ["an unknown CORS option", { cors: { origins: [], age: 1 } }, /cors has no option "age"/],
  ["a method that is not a token", { cors: { origins: [], methods: ["GET\n"] } }, /cors.methods/],
  ["a clock without time", { clock: {} }, /clock must have now\(\) and monotonic\(\)/],
])("%s is refused when the edge is made, by name", (_what, options, message) => {
  expect(() => new Edge(options as EdgeOptions)).toThrow(TypeError);
  expect(() => new Edge(options as EdgeOptions)).toThrow(message);
});

test("headers are prepared once: every request of an origin gets the very same", () => {
  const edge = new Edge({ cors: { origins: ["https://a.example", "https://*.b.example"] } });
  expect(edge.headersFor(undefined)).toBe(edge.headersFor("https://evil.example"));
  expect(edge.headersFor("https://a.example")).toBe(edge.headersFor("https://a.example"));
  expect(edge.headersFor("https://a.example").values.get("access-control-allow-origin")).toBe("https://a.example");
  expect(edge.headersFor("https://evil.example").values.has("access-control-allow-origin")).toBe(false);
  for (let i = 0; i < 2000; i++) edge.headersFor(`https://x${i}.b.example`);
  expect(edge.headersFor("https://x1999.b.example")).not.toBe(edge.headersFor("https://x1999.b.example"));
  expect(securityHeaders(false)).toEqual([]);
});

test("where every origin is admitted, answers say so and do not vary", () => {
  const cors = createCors({ origins: ["*"], expose: [] });
  expect(cors.varies).toBe(false);
  expect(cors.headers("https://any.example")).toEqual([["access-control-allow-origin", "*"]]);
  expect(cors.headers(undefined)).toEqual([]);
});

test("a deadline does not move when the context is entered again", async () => {
  const clock = manualClock();
  const exchange = new Exchange(new Edge({ clock, deadline: "5s" }), {
    method: "GET",
    path: "/",
    query: "",
    host: undefined,
    socketAddress: undefined,
    header: () => undefined,
  });
  exchange.startDeadline(() => undefined);
  const first = exchange.context().deadline;
  await clock.advance("3s");
  expect(exchange.context().deadline).toBe(first);
});

test("the controller of a request is made when its signal is first read, and reads aborted if the client has left by then", () => {
  const made = vi.spyOn(globalThis, "AbortController");
  const request = {
    method: "GET",
    path: "/",
    query: "",
    host: undefined,
    socketAddress: undefined,
    header: () => undefined,
  };
  const quiet = new Exchange(new Edge(), request);
  runWithContext(quiet.context(), () => runWithContext({ tenant: "acme" }, () => quiet.end(200, "/")));
  expect(made).not.toHaveBeenCalled();
  const left = new Exchange(new Edge(), request);
  runWithContext(left.context(), () => {
    left.end(undefined, "/");
    expect(currentContext().signal?.aborted).toBe(true);
    expect(currentContext().signal).toBe(left.signal);
  });
  expect(made).toHaveBeenCalledOnce();
  made.mockRestore();
});
