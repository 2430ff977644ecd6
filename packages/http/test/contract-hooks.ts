import type { LimitDecision, Limiter, TelemetryRecord } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { createHealth } from "@seaworthy/health";
import type { EdgeOptions, EdgeRequest } from "@seaworthy/http";
import { captureLogs } from "@seaworthy/logger/testing";
import { expect, test } from "vitest";
import { ask, post, raw, type Subject, start, until } from "./subject.ts";

/** Lets each key through `limit` times. */
function counter(limit: number): Limiter & { readonly keys: string[] } {
  const keys: string[] = [];
  return {
    keys,
    async consume(key) {
      keys.push(key);
      const used = keys.filter((other) => other === key).length;
      const retryAfter = used <= limit ? 0 : 1500;
      const violated = used <= limit ? [] : ["counter"];
      const remaining = Math.max(0, limit - used);
      return { allowed: used <= limit, limit, remaining, resetAfter: 1500, retryAfter, violated };
    },
  };
}

const refusal = (status: number): Error => Object.assign(new Error("who are you?"), { status });

const authenticate: NonNullable<EdgeOptions["authenticate"]> = async (request: EdgeRequest) => {
  const [, name] = /^Bearer (\w+)$/.exec(request.header("authorization") ?? "") ?? [];
  if (name === "forged") throw refusal(401);
  if (name === "broken") throw new Error("the session store is gone");
  return name === undefined ? undefined : { id: name, roles: name === "root" ? ["operator"] : [] };
};

const as = (name: string): RequestInit => ({ headers: { authorization: `Bearer ${name}` } });

/** Limits, authentication, idempotency, shedding, details of health: what hosts plug in. */
export function hooks(subject: Subject, requests: (count: number) => Promise<TelemetryRecord[]>): void {
  test("a limit refuses with 429 and says when to come again, and its headers are on every answer that it looked at", async () => {
    const limiter = counter(2);
    const headers = ({ limit, remaining }: LimitDecision): Record<string, number> => ({
      "RateLimit-Limit": limit,
      "RateLimit-Remaining": remaining,
    });
    await using running = await start(subject, { edge: { limits: [{ match: "GET /orders", limiter, headers }] } });
    expect((await ask(running, "/orders/1")).headers.get("ratelimit-remaining")).toBe("1");
    expect((await ask(running, "/orders/2")).status).toBe(200);
    const refused = await ask(running, "/orders/3");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(refused.headers.get("ratelimit-limit")).toBe("2");
    expect(refused.json).toMatchObject({
      type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
      status: 429,
      code: "HTTP_RATE_LIMITED",
      retryAfter: 2,
      "violated-policies": ["counter"],
    });
    expect((await ask(running, "/")).headers.get("ratelimit-limit")).toBeNull();
    expect((await ask(running, "/livez")).status).toBe(200);
    expect(limiter.keys).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    expect((await requests(5)).map(({ labels }) => labels.status)).toEqual([200, 200, 429, 200, 200]);
  });

  test("the client's address is believed only of proxies that are trusted", async () => {
    const limiter = counter(100);
    const forwarded = { headers: { "x-forwarded-for": "6.6.6.6, 203.0.113.7" } };
    for (const trustProxy of [false, 1, ["127.0.0.0/8"]] as const) {
      await using running = await start(subject, { edge: { trustProxy, limits: [{ limiter }] } });
      await ask(running, "/", forwarded);
    }
    expect(limiter.keys).toEqual(["127.0.0.1", "203.0.113.7", "203.0.113.7"]);
  });

  test("the principal is in the context, what authentication throws is answered, and limits may count by principal", async () => {
    const limiter = counter(1);
    const limits = [
      { match: "/context", limiter, byPrincipal: true, key: ({ principal }: EdgeRequest) => principal?.id ?? "nobody" },
    ];
    await using running = await start(subject, { edge: { authenticate, limits } });
    expect((await ask(running, "/context", as("anna"))).json).toMatchObject({ principal: { id: "anna" } });
    expect((await ask(running, "/context", as("anna"))).status).toBe(429);
    expect((await ask(running, "/context")).json).not.toHaveProperty("principal");
    const forged = await ask(running, "/context", as("forged"));
    expect(forged.status).toBe(401);
    expect(forged.headers.get("www-authenticate")).toBe("Bearer");
    expect(forged.json).toMatchObject({ code: "HTTP_UNAUTHENTICATED" });
    expect((await ask(running, "/context", as("broken"))).status).toBe(500);
    expect((await ask(running, "/livez", as("broken"))).status).toBe(200);
  });

  test("null means that there is no principal, and a principal without an id is refused", async () => {
    const given: unknown[] = [null, true, "anna", {}, { id: "" }];
    await using running = await start(subject, { edge: { authenticate: () => given.shift() as undefined } });
    const { status, json } = await ask(running, "/context");
    expect(status).toBe(200);
    expect(json).not.toHaveProperty("principal");
    while (given.length > 0) expect((await ask(running, "/context")).status).toBe(500);
    expect(await requests(5)).toHaveLength(5);
  });

  test("a limit holds however its path is written", async () => {
    const useless = [Number.NaN, -5, Number.POSITIVE_INFINITY];
    const decision = { allowed: false, limit: 1, remaining: 0, resetAfter: 0 };
    const limiter: Limiter = { consume: async () => ({ ...decision, retryAfter: useless.shift() ?? -1 }) };
    await using running = await start(subject, { edge: { limits: [{ match: "GET /orders", limiter }] } });
    const targets = [
      "/orders/7",
      "/ORDERS/7",
      "/%6frders/7",
      "/orders%2f7",
      "http://u:secret@a/orders/7",
      "/orders#/7",
    ];
    const written = (method: string, target: string): string =>
      `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    for (const target of targets)
      expect(await raw(running.port, written("GET", target)), target).toMatch(/^HTTP\/1\.1 429 /);
    const head = await raw(running.port, written("HEAD", "/orders/7"));
    expect(head).toMatch(/^HTTP\/1\.1 429 /);
    expect(head).not.toMatch(/retry-after/i);
    for (const { details } of await requests(7)) expect(details?.path).not.toMatch(/secret|#/);
  });

  test("lines that authentication logs carry the request's id", async () => {
    const { logger, records } = captureLogs();
    const edge: EdgeOptions = {
      authenticate: async () => {
        await Promise.resolve();
        logger.info("asked");
        return undefined;
      },
    };
    await using running = await start(subject, { edge });
    await ask(running, "/", { headers: { "x-request-id": "trip-9" } });
    expect(records).toMatchObject([{ msg: "asked", correlationId: "trip-9" }]);
  });

  test("with a key the first answer is given again, a missing key is 400, and another request under it 422", async () => {
    await using running = await start(subject);
    const order = (item: string, key?: string): ReturnType<typeof ask> =>
      ask(running, "/orders", post({ item }, key === undefined ? {} : { "idempotency-key": key }));
    expect((await order("rope")).json).toMatchObject({ status: 400, code: "HTTP_IDEMPOTENCY_KEY_MISSING" });
    expect((await order("rope", "a b")).json).toMatchObject({ status: 400, code: "HTTP_IDEMPOTENCY_KEY_INVALID" });
    const first = await order("rope", "k-1");
    expect(first.status).toBe(201);
    expect(first.json).toEqual({ number: 1, item: "rope" });
    const again = await order("rope", "k-1");
    expect(again.status).toBe(201);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get("location")).toBe("/orders/1");
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect((await order("sail", "k-1")).json).toMatchObject({ status: 422, code: "HTTP_IDEMPOTENCY_KEY_REUSED" });
    expect((await order("sail", "k-2")).json).toEqual({ number: 2, item: "sail" });
    expect((await order("refused", "k-3")).status).toBe(409);
    const refused = await order("refused", "k-3");
    expect(refused.status).toBe(409);
    expect(refused.headers.get("idempotency-replayed")).toBe("true");
    expect((await order("broken", "k-4")).status).toBe(500);
    expect((await order("broken", "k-4")).headers.get("idempotency-replayed")).toBeNull();
  });

  test("what a handler sends by the framework's own means is kept and sent again, with its status and headers", async () => {
    await using running = await start(subject);
    const own = (key?: string): ReturnType<typeof ask> =>
      ask(running, "/own", { method: "POST", ...(key === undefined ? {} : { headers: { "idempotency-key": key } }) });
    const plain = await own();
    expect([plain.status, plain.json]).toEqual([201, { number: 1 }]);
    const first = await own("k");
    expect([first.status, first.json]).toEqual([201, { number: 2 }]);
    const again = await own("k");
    expect([again.status, again.json]).toEqual([201, { number: 2 }]);
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
    expect((await own()).json).toEqual({ number: 3 });
    for (const { details } of await requests(4)) expect(details).not.toHaveProperty("error");
  });

  test("callers that the edge did not authenticate are distinguished by their credentials, and never get each other's answer", async () => {
    await using running = await start(subject);
    const order = (headers: Record<string, string>): ReturnType<typeof ask> =>
      ask(running, "/orders", post({ item: "rope" }, { "idempotency-key": "k", ...headers }));
    const callers: Record<string, string>[] = [
      {},
      { authorization: "Bearer alice" },
      { authorization: "Bearer bob" },
      { cookie: "session=alice" },
      { cookie: "session=bob" },
      { "x-api-key": "carol" },
    ];
    for (const [i, caller] of callers.entries()) expect((await order(caller)).json.number).toBe(i + 1);
    for (const [i, caller] of callers.entries()) expect((await order(caller)).json.number).toBe(i + 1);
  });

  test("a refusal that comes again names the request that it answers", async () => {
    await using running = await start(subject);
    const refused = (id: string): ReturnType<typeof ask> =>
      ask(running, "/orders", post({ item: "refused" }, { "idempotency-key": "k", "x-request-id": id }));
    expect((await refused("trip-1")).json.correlationId).toBe("trip-1");
    const { json, headers } = await refused("trip-2");
    expect([json.correlationId, headers.get("idempotency-replayed")]).toEqual(["trip-2", "true"]);
  });

  test("of many requests at once under one key one is run, and the others get 409 or its answer", async () => {
    await using running = await start(subject);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask(running, "/orders", post({ item: "rope" }, { "idempotency-key": "k" }))),
    );
    for (const { status, json } of answers) {
      expect([201, 409]).toContain(status);
      if (status === 201) expect(json).toEqual({ number: 1, item: "rope" });
      else expect(json).toMatchObject({ code: "HTTP_IDEMPOTENCY_IN_FLIGHT" });
    }
    expect(answers.some(({ status }) => status === 201)).toBe(true);
  });

  test("under overload requests are refused with 503 and Retry-After, and probes never", async () => {
    const clock = manualClock();
    await using running = await start(subject, { edge: { clock, shed: { delay: "100ms", retryAfter: "2s" } } });
    expect((await ask(running, "/")).status).toBe(200);
    // The event loop is behind: time has passed, and the timer that was due has not run.
    const { monotonic } = clock;
    clock.monotonic = () => monotonic() + 400;
    const refused = await ask(running, "/");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(refused.json).toMatchObject({ code: "HTTP_OVERLOADED", retryAfter: 2 });
    for (const path of ["/livez", "/readyz", "/healthz"]) expect((await ask(running, path)).status).toBe(200);
    clock.monotonic = monotonic;
    await clock.advance("1s");
    expect((await ask(running, "/")).status).toBe(200);
  });

  test("details of health are for authorized callers only", async () => {
    const health = createHealth();
    health.add("queue", () => ({ status: "healthy", data: { waiting: "a-hidden-figure" } }));
    const edge: EdgeOptions = {
      health,
      operations: { authorize: (request) => request.header("x-token") === "operator" },
    };
    await using running = await start(subject, { edge });
    const shown = await ask(running, "/healthz", { headers: { "x-token": "operator" } });
    expect(shown.json.checks.queue.data).toEqual({ waiting: "a-hidden-figure" });
    const hidden = await ask(running, "/healthz");
    expect(hidden.json.checks.queue.status).toBe("healthy");
    expect(hidden.text).not.toContain("a-hidden-figure");
  });

  test("probes do not hang because the decision about details does", async () => {
    const clock = manualClock();
    const health = createHealth();
    health.add("queue", () => ({ status: "healthy", data: { waiting: "a-hidden-figure" } }));
    const edge: EdgeOptions = { clock, health, operations: { authorize: () => new Promise(() => undefined) } };
    await using running = await start(subject, { edge });
    const asked = ask(running, "/readyz");
    await until(() => clock.pending > 0, "the question");
    await clock.advance("250ms");
    const { status, text } = await asked;
    expect(status).toBe(200);
    expect(text).not.toContain("a-hidden-figure");
  });
}
