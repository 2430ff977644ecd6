import { once } from "node:events";
import { request } from "node:http";
import { onSpan, type SpanEnd, type SpanStart, type TelemetryRecord } from "@seaworthy/core";
import { type CapturedTelemetry, captureTelemetry } from "@seaworthy/core/testing";
import { createLifecycle } from "@seaworthy/lifecycle";
import { captureLogs } from "@seaworthy/logger/testing";
import { createMetrics } from "@seaworthy/metrics";
import helmet from "helmet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { access } from "./contract-access.ts";
import { deadlines, parts } from "./contract-guest.ts";
import { hooks } from "./contract-hooks.ts";
import { operators } from "./contract-operators.ts";
import { ask, post, SECRET_PATH, type Subject, start, until } from "./subject.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** What every adapter's edge has to do, tried with a live server. */
export function contract(subject: Subject): void {
  describe(`the edge on ${subject.name}`, () => {
    let telemetry: CapturedTelemetry;
    beforeEach(() => {
      telemetry = captureTelemetry();
    });
    afterEach(() => telemetry.close());
    const requests = async (count: number): Promise<TelemetryRecord[]> => {
      await until(() => telemetry.of("http.request").length >= count, `event ${count}`);
      return telemetry.of("http.request");
    };
    identity(subject);
    events(subject, requests);
    spans(subject);
    problems(subject, requests);
    headers(subject);
    input(subject);
    hooks(subject, requests);
    access(subject);
    operators(subject);
    deadlines(subject, requests);
    parts(subject, requests);
    operations(subject, requests);
  });
}

function identity(subject: Subject): void {
  test("a safe request id is kept and echoed; anything else is replaced by a new one", async () => {
    await using running = await start(subject);
    for (const id of ["trip-42", "a", `0${"x".repeat(127)}`, "1-5759e988-bd862e3fe1be46a994272793"])
      expect((await ask(running, "/", { headers: { "x-request-id": id } })).headers.get("x-request-id")).toBe(id);
    const unsafe = ["", "a b", "-x", "x".repeat(129), 'a"b', "a;b", "a,b", "<script>", "é", "a\tb", "$\u007bjndi:x}"];
    for (const id of unsafe) {
      const { headers } = await ask(running, "/", { headers: { "x-request-id": id } });
      expect(headers.get("x-request-id"), JSON.stringify(id)).toMatch(UUID);
    }
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await ask(running, "/")).headers.get("x-request-id")),
    );
    expect(new Set(ids).size).toBe(20);
  });

  test("the request id and the trace are in the context behind awaits, and in every line of the log", async () => {
    const logs = captureLogs();
    const stop = logs.logger.observe();
    await using running = await start(subject, { logger: logs.logger });
    const headers = {
      "x-request-id": "trip-1",
      traceparent: TRACE,
      "user-agent": "a test",
      authorization: "Bearer credential-123",
      cookie: "session=credential-123",
      "x-api-key": "credential-123",
      "proxy-authorization": "Basic credential-123",
    };
    const [{ json }, { json: other }] = await Promise.all([
      ask(running, "/context", { headers }),
      ask(running, "/context?token=credential-123", {
        headers: { ...headers, "x-request-id": "trip-2", traceparent: "00-bad" },
      }),
    ]);
    expect(json).toMatchObject({ correlationId: "trip-1", traceparent: TRACE });
    expect(json).toMatchObject({ client: { address: "127.0.0.1", userAgent: "a test" } });
    expect(other.correlationId).toBe("trip-2");
    expect(other).not.toHaveProperty("traceparent");
    await until(() => logs.find("http.request").length === 2, "the access log");
    stop();
    expect(logs.find(({ correlationId }) => correlationId === "trip-1").map(({ msg }) => msg)).toEqual([
      "in the handler",
      "http.request",
    ]);
    expect(logs.records.every(({ correlationId }) => String(correlationId).startsWith("trip-"))).toBe(true);
    expect(logs.find("http.request").find(({ correlationId }) => correlationId === "trip-1")).toMatchObject({
      traceId: "0af7651916cd43dd8448eb211c80319c",
      route: "/context",
      path: "/context",
      status: 200,
    });
    expect(logs.text).not.toContain("credential-123");
  });

  test("the tracestate of a valid trace is in the context, and a malformed one or one without its trace is not", async () => {
    await using running = await start(subject);
    const sent = async (headers: [string, string][]): Promise<unknown> =>
      (await ask(running, "/context", { headers })).json.tracestate;
    const traced: [string, string] = ["traceparent", TRACE];
    expect(await sent([traced, ["tracestate", "rojo=00f067aa,t@congo=x y"]])).toBe("rojo=00f067aa,t@congo=x y");
    const twice: [string, string][] = [traced, ["tracestate", "a=1 ,,"], ["tracestate", "b=2"]];
    expect(await sent(twice)).toBe("a=1,b=2");
    const many = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=1`).join(",");
    expect(await sent([traced, ["tracestate", many(32)]])).toBe(many(32));
    for (const refused of [many(33), `a=${"1".repeat(250)},b=${"2".repeat(256)},c=3`, "A=1", "a=1=2", "a", ""])
      expect(await sent([traced, ["tracestate", refused]]), refused).toBeUndefined();
    expect(await sent([["tracestate", "a=1"]])).toBeUndefined();
    for (const malformed of ["00-bad", TRACE.replace("00-", "ff-"), `${TRACE}, ${TRACE}`])
      expect(
        await sent([
          ["traceparent", malformed],
          ["tracestate", "a=1"],
        ]),
        malformed,
      ).toBeUndefined();
  });

  test("the context is still there behind the reading of a body", async () => {
    await using running = await start(subject);
    const { json } = await ask(
      running,
      "/echo-context",
      post({ name: "x".repeat(70_000) }, { "x-request-id": "trip-3" }),
    );
    expect(json).toMatchObject({ correlationId: "trip-3" });
  });

  test("the deadline is in the context", async () => {
    await using running = await start(subject, { edge: { deadline: "30s" } });
    const { json } = await ask(running, "/context");
    expect(json.remaining).toBeGreaterThan(15_000);
    expect(json.remaining).toBeLessThanOrEqual(30_000);
  });
}

function events(subject: Subject, requests: (count: number) => Promise<TelemetryRecord[]>): void {
  test("a request is reported exactly once, with the template that matched", async () => {
    await using running = await start(subject);
    const asked: [string, string, number, string][] = [
      ["GET", "/orders/17", 200, "/orders/:id"],
      ["GET", "/orders/18?secret=1", 200, "/orders/:id"],
      ["GET", "/api/v1/things/7", 200, "/api/:version/things/:thing"],
      ["GET", "/api/v2/fail/7", 500, "/api/:version/fail/:thing"],
      ["GET", "/nowhere/17", 404, "unmatched"],
      ["HEAD", "/orders/19", 200, "/orders/:id"],
      ["GET", "/throw/error", 500, "/throw/:kind"],
    ];
    for (const [method, path] of asked) await ask(running, path, { method });
    const events = await requests(asked.length);
    expect(events.map(({ labels }) => labels)).toEqual(
      asked.map(([method, , status, route]) => ({ method, route, status })),
    );
    for (const { value, details } of events) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(details).toMatchObject({ clientAddress: "127.0.0.1" });
    }
  });

  test("a client that leaves is reported once, as 499 and never as 500, and the context's signal aborts", async () => {
    await using running = await start(subject);
    const sent = request(`${running.url}/hang`, { headers: { "x-request-id": "leaver" } });
    sent.on("error", () => undefined);
    const arrived = once(running.server, "request");
    sent.end();
    await arrived;
    sent.destroy();
    const [event] = await requests(1);
    expect(event?.labels).toEqual({ method: "GET", route: "/hang", status: 499 });
    expect(event?.details).toMatchObject({ path: "/hang", clientAddress: "127.0.0.1" });
    await ask(running, "/");
    expect(await requests(2)).toHaveLength(2);
  });

  test("a client that leaves in the middle of its body is not a failure of the service", async () => {
    await using running = await start(subject);
    const sent = request(`${running.url}/echo`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": 1000 },
    });
    sent.on("error", () => undefined);
    const arrived = once(running.server, "request");
    sent.write('{"name":');
    await arrived;
    sent.destroy();
    const [event] = await requests(1);
    expect(event?.labels).toMatchObject({ method: "POST", status: 499 });
  });

  test("an invented method is one label, whatever it is", async () => {
    await using running = await start(subject);
    for (const method of ["PROPFIND", "PURGE"]) await ask(running, "/", { method });
    const events = await requests(2);
    expect(events.map(({ labels }) => labels.method)).toEqual(["OTHER", "OTHER"]);
  });
}

function spans(subject: Subject): void {
  test("a request is a span in the trace of its caller, and the spans of its handler are children of it", async () => {
    const records: (SpanStart | SpanEnd)[] = [];
    const stop = onSpan((record) => void records.push(record));
    try {
      await using running = await start(subject);
      const { json } = await ask(running, "/context", { headers: { traceparent: TRACE, tracestate: "a=1" } });
      await until(() => records.length === 2, "the end of the span");
      const [began, ended] = records as [SpanStart, SpanEnd];
      expect(began).toMatchObject({ phase: "start", name: "http.request", parentId: "b7ad6b7169203331" });
      expect(began.traceId).toBe("0af7651916cd43dd8448eb211c80319c");
      expect(json.traceparent).toBe(`00-${began.traceId}-${began.spanId}-01`);
      expect(json.tracestate).toBe("a=1");
      const { json: other } = await ask(running, "/context", { headers: { traceparent: "00-bad", tracestate: "a=1" } });
      expect(other.traceparent).toMatch(/^00-[0-9a-f]{32}-/);
      expect(other).not.toHaveProperty("tracestate");
      expect(ended).toMatchObject({ phase: "end", spanId: began.spanId });
      expect(ended.labels).toEqual({ method: "GET", route: "/context", status: 200 });
      expect(ended.details).toMatchObject({ path: "/context", clientAddress: "127.0.0.1" });
    } finally {
      stop();
    }
  });
}

function problems(subject: Subject, requests: (count: number) => Promise<TelemetryRecord[]>): void {
  test.each([
    ["error", 500],
    ["text", 500],
    ["null", 500],
    ["undefined", 500],
    ["number", 500],
    ["getter", 500],
    ["proxy", 500],
    ["teapot", 418],
    ["gone", 410],
    ["unavailable", 503],
    ["upstream", 500],
    ["strange", 500],
    ["uri", 500],
  ])(
    "%s, thrown or rejected, is answered as a problem document with status %i and says nothing of the inside",
    async (kind, status) => {
      await using running = await start(subject);
      for (const how of ["throw", "reject"]) {
        const { status: given, headers, json, text } = await ask(running, `/${how}/${kind}`);
        const falls = how === "throw" && subject.fallsThrough === true && (kind === "null" || kind === "undefined");
        expect(given, how).toBe(falls ? 404 : status);
        expect(headers.get("content-type")).toContain("application/problem+json");
        expect(json).toMatchObject({
          status: given,
          title: expect.any(String),
          correlationId: headers.get("x-request-id"),
        });
        const said = text.replace(json.correlationId, ""); // whose digits may spell anything
        expect(said).not.toMatch(/hunter2|db-7|cause|stack|node_modules|\.ts/);
        expect(text).not.toContain(SECRET_PATH);
      }
      const events = await requests(2);
      expect(events).toHaveLength(2);
      for (const { details, labels } of events) if (labels.status === 500) expect(details).toHaveProperty("error");
    },
  );

  test("an error keeps the headers that it brings along, and the message that its author marked as meant for clients", async () => {
    await using running = await start(subject);
    const cases: [string, number, Record<string, string>, string | undefined][] = [
      ["allow", 405, { allow: "GET, PUT" }, undefined],
      ["basic", 401, { "www-authenticate": 'Basic realm="shop"' }, undefined],
      ["range", 416, { "content-range": "bytes */7" }, undefined],
      ["busy", 503, { "retry-after": "7" }, undefined],
      ["taken", 409, {}, "Email already taken"],
      ["teapot", 418, {}, "short and stout"],
      ["hidden", 503, {}, undefined],
    ];
    for (const [kind, status, wanted, detail] of cases) {
      const answer = await ask(running, `/throw/${kind}`);
      expect(answer.status, kind).toBe(status);
      for (const [name, value] of Object.entries(wanted)) expect(answer.headers.get(name), kind).toBe(value);
      expect(answer.json.detail, kind).toBe(detail);
      for (const name of ["content-length", "set-cookie", "x-broken"])
        expect(answer.headers.get(name), name).toBe(name === "content-length" ? String(answer.text.length) : null);
    }
  });

  test("a known path with another method is 405 and names the methods that it takes", async (context) => {
    if (subject.knowsMethods === false) return context.skip();
    await using running = await start(subject);
    for (const [method, path, allow] of [
      ["POST", "/orders/7", "GET, HEAD"],
      ["DELETE", "/echo", "POST"],
      ["PUT", "/api/v1/things/7?x=1", "GET, HEAD"],
    ] as const) {
      const { status, headers, json } = await ask(running, path, { method });
      expect([status, headers.get("allow"), json.code], path).toEqual([405, allow, "HTTP_METHOD_NOT_ALLOWED"]);
    }
    expect((await ask(running, "/nowhere", { method: "POST" })).headers.get("allow")).toBeNull();
  });

  test("an unknown route, a body that is not JSON, one that is too large and one of another type are problems too", async () => {
    await using running = await start(subject);
    const cases: [string, RequestInit, number][] = [
      ["/nowhere", {}, 404],
      ["/nowhere", { method: "POST" }, 404],
      ["/echo", post("{"), 400],
      ["/echo", post('{"name":"\u0000"'), 400],
      ["/echo", post({ name: "x".repeat(200_000) }), 413],
      ["/echo", { method: "POST", body: "name=x", headers: { "content-type": "text/weird" } }, 415],
      ["/echo", { method: "POST", body: new Blob(['{"name":"x"}']) }, 415],
      ["/echo", { method: "POST", body: '{"name":"x"}', headers: { "content-type": "text/plain" } }, 415],
      ["/echo", post('{"name":"x"}', { "content-type": "application/json; charset=utf-16" }), 415],
      ["/echo", post('{"name":"x"}', { "content-encoding": "gzip" }), 415],
      ["/echo", post({ name: 7 }), 422],
    ];
    for (const [path, init, status] of cases) {
      const { status: given, headers, json } = await ask(running, path, init);
      const isRead = subject.hasOwnParser === true && status === 415; // and the parser decodes what it can
      expect(isRead ? [400, 415] : [status], `${path} ${status}`).toContain(given);
      expect(headers.get("content-type")).toContain("application/problem+json");
      expect(json).toMatchObject({
        status: given,
        code: expect.any(String),
        correlationId: headers.get("x-request-id"),
      });
    }
    expect((await ask(running, "/")).status).toBe(200);
    expect(await requests(cases.length + 1)).toHaveLength(cases.length + 1);
  });

  test("a path that cannot be decoded is not a failure of the service, and is reported once", async (context) => {
    if (subject.answersUndecodable === true) return context.skip();
    await using running = await start(subject);
    const { status } = await ask(running, "/items/%E0%A4%A");
    expect([400, 404, 422]).toContain(status);
    await ask(running, "/");
    expect(await requests(2)).toHaveLength(2);
  });

  test("a problem keeps nothing of the answer that was being made", async () => {
    await using running = await start(subject);
    const { status, headers, json } = await ask(running, "/coded");
    expect(status).toBe(500);
    expect(headers.get("content-encoding")).toBeNull();
    expect(headers.get("etag")).toBeNull();
    expect(headers.get("content-disposition")).toBeNull();
    expect(json).toMatchObject({ status: 500 });
  });

  test("an answer that is sent twice is sent once, and an error behind the answer changes nothing", async () => {
    await using running = await start(subject);
    expect((await ask(running, "/twice")).text).toBe("once");
    expect((await ask(running, "/late")).text).toBe("done");
    const events = await requests(2);
    expect(events.map(({ labels }) => labels.status)).toEqual([200, 200]);
  });

  test("an error in the middle of an answer cuts it short, and counts as 500", async () => {
    await using running = await start(subject);
    await expect(ask(running, "/broken")).rejects.toThrow();
    const [event] = await requests(1);
    expect(event?.labels).toEqual({ method: "GET", route: "/broken", status: 500 });
    expect(event?.details?.error).toMatchObject({ message: "halfway" });
    expect((await ask(running, "/")).status).toBe(200);
  });
}

function headers(subject: Subject): void {
  test("every answer has the security headers that helmet sends by default", async () => {
    await using running = await start(subject);
    const wanted = new Map<string, string>();
    const response = {
      setHeader: (name: string, value: string) => wanted.set(name.toLowerCase(), value),
      removeHeader: () => undefined,
    };
    helmet()({} as never, response as never, () => undefined);
    expect(wanted.size).toBeGreaterThan(10);
    for (const path of ["/", "/nowhere", "/throw/error", "/livez", "/items/7", "/vary"]) {
      const { headers } = await ask(running, path);
      for (const [name, value] of wanted) expect(headers.get(name), `${path} ${name}`).toBe(value);
      expect(headers.get("x-powered-by")).toBeNull();
    }
  });

  test("a security header can be changed, added or left out", async () => {
    const changed = { "X-Frame-Options": "DENY", "referrer-policy": false, "permissions-policy": "camera=()" } as const;
    await using running = await start(subject, { edge: { headers: changed } });
    const { headers } = await ask(running, "/");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBeNull();
    expect(headers.get("permissions-policy")).toBe("camera=()");
  });

  test("a handler can set a security header otherwise", async () => {
    await using running = await start(subject);
    const { headers } = await ask(running, "/reframed");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("origins can be decided by a function, and one that throws admits none", async () => {
    const asked: string[] = [];
    const origins = (origin: string): boolean => {
      asked.push(origin);
      if (origin.includes("broken")) throw new Error("the tenants are gone");
      return origin === "https://tenant.example";
    };
    await using running = await start(subject, { edge: { cors: { origins } } });
    const allowed = async (origin: string): Promise<string | null> => {
      const { headers } = await ask(running, "/", { headers: { origin } });
      expect(headers.get("vary")).toMatch(/origin/i);
      return headers.get("access-control-allow-origin");
    };
    expect(await allowed("https://tenant.example")).toBe("https://tenant.example");
    for (const origin of ["https://other.example", "https://broken.example", "null", "https://tenant.example/x"])
      expect(await allowed(origin), origin).toBeNull();
    expect(asked).not.toContain("null");
  });

  test("no other origin may call unless it is listed", async () => {
    await using running = await start(subject);
    const { headers } = await ask(running, "/", { headers: { origin: "https://evil.example" } });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    const preflight = {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "PUT" },
    };
    const answer = await ask(running, "/", preflight);
    expect(answer.status).toBe(204);
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("a listed origin may call, its preflight is kept, and the answers say that they depend on it", async () => {
    const cors = {
      origins: ["https://app.example.com", "https://*.shop.example"],
      credentials: true,
      maxAge: "1h" as const,
    };
    await using running = await start(subject, { edge: { cors } });
    const from = (origin: string): RequestInit => ({ headers: { origin } });
    for (const origin of ["https://app.example.com", "https://a.shop.example"]) {
      const { headers } = await ask(running, "/", from(origin));
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("vary")).toMatch(/origin/i);
      const failed = await ask(running, "/throw/error", from(origin));
      expect(failed.headers.get("access-control-allow-origin")).toBe(origin);
      const answer = await ask(running, "/orders/7", {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "PUT", "access-control-request-headers": "content-type" },
      });
      expect(answer.status).toBe(204);
      expect(answer.headers.get("access-control-max-age")).toBe("3600");
      expect(answer.headers.get("access-control-allow-methods")).toContain("PUT");
      expect(answer.headers.get("vary")).toMatch(/origin.*access-control-request-method/i);
    }
    for (const origin of [
      "null",
      "https://evil.example",
      "https://shop.example",
      "https://a.b.shop.example",
      "http://app.example.com",
      "https://app.example.com.evil.example",
    ]) {
      const { headers } = await ask(running, "/", from(origin));
      expect(headers.get("access-control-allow-origin"), origin).toBeNull();
      expect(headers.get("vary"), origin).toMatch(/origin/i);
    }
    expect((await ask(running, "/")).headers.get("vary")).toMatch(/origin/i);
    const both = (await ask(running, "/vary")).headers.get("vary");
    expect(both).toMatch(/origin/i);
    expect(both).toMatch(/accept-language/i);
  });
}

function input(subject: Subject): void {
  test("body, query and path parameters are validated, and every problem has its place and echoes no secret", async () => {
    await using running = await start(subject);
    expect((await ask(running, "/echo", post({ name: "x" }))).json).toEqual({ name: "x" });
    expect((await ask(running, "/search?limit=5&tag=a&tag=b")).json).toEqual({ limit: 5, tag: ["a", "b"] });
    expect((await ask(running, "/search")).json).toEqual({ limit: 10 });
    expect((await ask(running, "/items/7")).json).toEqual({ id: 7 });
    const refused = await ask(running, "/echo", post({ name: 1, password: { hunter2: "hunter2" } }));
    expect(refused.json).toMatchObject({
      status: 422,
      code: "VALIDATION_FAILED",
      issues: [{ path: "/name" }, { path: "/password" }],
    });
    expect(refused.text).not.toContain("hunter2");
    expect((await ask(running, "/search?limit=1000")).json).toMatchObject({
      status: 422,
      issues: [{ path: "/limit" }],
    });
    expect((await ask(running, "/items/seven")).json).toMatchObject({ status: 422, issues: [{ path: "/id" }] });
    expect((await ask(running, "/echo", { method: "POST" })).status).toBe(422);
  });

  test("JSON's null is a body, and a byte order mark in front of one is not part of it", async () => {
    await using running = await start(subject);
    expect([400, 422]).toContain((await ask(running, "/maybe", post("null"))).status); // Express' parser refuses it itself
    expect((await ask(running, "/maybe", { method: "POST" })).status).toBe(204);
    expect((await ask(running, "/echo", post('\ufeff{"name":"x"}'))).json).toEqual({ name: "x" });
  });

  test("JSON is read 64 levels deep and no deeper by every parser", async () => {
    await using running = await start(subject);
    const nested = (depth: number): RequestInit => post(`{"any":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`);
    expect((await ask(running, "/any", nested(64))).status).toBe(200);
    for (const depth of [65, 10_000])
      expect((await ask(running, "/any", nested(depth))).json).toMatchObject({ code: "HTTP_MALFORMED_JSON" });
  });

  test("JSON nested ten thousand deep, or naming a prototype, is refused and the service lives on", async () => {
    await using running = await start(subject);
    const deep = `{"name":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    expect([400, 422]).toContain((await ask(running, "/echo", post(deep))).status);
    expect([400, 422]).toContain((await ask(running, "/echo", post(`${"[".repeat(10_000)}`))).status);
    const { status, text } = await ask(running, "/echo", post('{"name":"x","__proto__":{"admin":true}}'));
    expect([200, 400]).toContain(status);
    if (status === 200) expect(text).toBe('{"name":"x"}');
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
    expect((await ask(running, "/")).status).toBe(200);
  });

  test("a body that is empty is a missing one, whatever its type says", async () => {
    await using running = await start(subject);
    const { status, json } = await ask(running, "/echo", post(""));
    expect([status, json.code]).toEqual([422, "VALIDATION_FAILED"]);
  });

  test("an answer of a route has an entity tag, and is not sent to a client that has it", async () => {
    await using running = await start(subject);
    const first = await ask(running, "/items/7");
    const etag = first.headers.get("etag") as string;
    expect(etag).toMatch(/^W\/"[0-9a-f]+-[\w+/]{27}"$/);
    for (const known of [etag, etag.slice(2), `"other", ${etag}`, "*"]) {
      const again = await ask(running, "/items/7", { headers: { "if-none-match": known } });
      expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", etag]);
      expect(again.headers.get("content-type")).toBeNull();
    }
    expect((await ask(running, "/items/8", { headers: { "if-none-match": etag } })).json).toEqual({ id: 8 });
    expect((await ask(running, "/echo", post({ name: "x" }))).headers.get("etag")).toBeNull();
  });

  test("an answer that its client does not accept is 406, unless the request has changed something", async () => {
    await using running = await start(subject);
    const html = { accept: "text/html" };
    const refused = await ask(running, "/items/7", { headers: html });
    expect(refused.json).toMatchObject({ status: 406, code: "HTTP_NOT_ACCEPTABLE", available: ["application/json"] });
    expect((await ask(running, "/items/7", { headers: { accept: "text/html, */*;q=0.1" } })).json).toEqual({ id: 7 });
    expect((await ask(running, "/echo", post({ name: "x" }, html))).json).toEqual({ name: "x" });
    expect((await ask(running, "/items/seven", { headers: html })).status).toBe(422);
  });

  test("a body without an announced length is limited by what arrives", async () => {
    await using running = await start(subject);
    const sent = (size: number): RequestInit => {
      const chunks = [`{"name":"${"x".repeat(size)}`, '"}'].map((text) => new TextEncoder().encode(text));
      const body = ReadableStream.from(chunks) as ReadableStream<Uint8Array>;
      return { method: "POST", headers: { "content-type": "application/json" }, body, duplex: "half" } as RequestInit;
    };
    expect((await ask(running, "/echo", sent(1000))).status).toBe(200);
    expect((await ask(running, "/echo", sent(150_000))).status).toBe(413);
  });
}

function operations(subject: Subject, requests: (count: number) => Promise<TelemetryRecord[]>): void {
  test("probes and metrics answer, each with its template, and readiness follows the lifecycle", async () => {
    await using metrics = createMetrics({ runtime: false });
    metrics.observe();
    const life = createLifecycle({ signals: [], exit: () => undefined });
    await using running = await start(subject, { edge: { metrics, lifecycle: life } });
    expect((await ask(running, "/livez")).json).toMatchObject({ status: "healthy" });
    expect(await ask(running, "/readyz")).toMatchObject({
      status: 503,
      json: { status: "unhealthy", state: "starting" },
    });
    const accept = { headers: { accept: "application/health+json" } };
    expect(await ask(running, "/readyz", accept)).toMatchObject({
      status: 503,
      json: { status: "fail", output: "The service is starting" },
    });
    expect((await ask(running, "/startupz")).status).toBe(503);
    await life.start();
    expect((await ask(running, "/startupz")).json).toEqual({ status: "healthy", checks: {} });
    expect((await ask(running, "/readyz")).status).toBe(200);
    expect(
      (await ask(running, "/healthz", { headers: { accept: "application/health+json" } })).headers.get("content-type"),
    ).toBe("application/health+json");
    const { text, headers } = await ask(running, "/metrics");
    expect(headers.get("content-type")).toMatch(/^text\/plain/);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(text).toMatch(/^http_request_duration_seconds_count\{method="GET",route="\/readyz",status="503"\} 2/m);
    expect((await ask(running, "/livez", { method: "HEAD" })).status).toBe(200);
    expect((await ask(running, "/livez", { method: "POST" })).status).toBe(404);
    const events = await requests(10);
    expect(events.map(({ labels }) => labels.route)).toEqual([
      "/livez",
      "/readyz",
      "/readyz",
      "/startupz",
      "/startupz",
      "/readyz",
      "/healthz",
      "/metrics",
      "/livez",
      "unmatched",
    ]);
    await life.stop("the test is over");
  });

  test("operations endpoints on a port of their own leave the main one", async () => {
    const options = { operationsPort: 0, operations: { host: "127.0.0.1" } };
    await using running = await start(subject, { edge: options });
    const port = await running.front.listening();
    const operations = { url: `http://127.0.0.1:${port}` };
    expect((await ask(operations, "/livez")).json).toMatchObject({ status: "healthy" });
    expect((await ask(operations, "/orders/7")).json).toMatchObject({ status: 404 });
    expect((await ask(running, "/livez")).status).toBe(404);
    expect((await ask(running, "/orders/7")).status).toBe(200);
    const events = await requests(4);
    expect(events.map(({ labels }) => labels.route)).toEqual(["/livez", "unmatched", "unmatched", "/orders/:id"]);
    await running.front.close();
    await expect(ask(operations, "/livez")).rejects.toThrow();
  });
}
