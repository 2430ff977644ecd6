import type { TelemetryRecord } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { createHealth } from "@seaworthy/health";
import type { EdgeOptions } from "@seaworthy/http";
import { createMetrics } from "@seaworthy/metrics";
import { expect, test } from "vitest";
import { ask, raw, type Subject, start, stuck, until } from "./subject.ts";

type Requests = (count: number) => Promise<TelemetryRecord[]>;

/** The deadline of a request, from its first byte to its answer. */
export function deadlines(subject: Subject, requests: Requests): void {
  test("a request whose deadline passes gets 504, its context's signal aborts, and its event says so", async () => {
    const clock = manualClock();
    stuck.signals.length = 0;
    await using running = await start(subject, { edge: { clock, deadline: "5s" } });
    const asked = ask(running, "/stuck");
    await until(() => stuck.signals.length === 1, "the handler");
    await clock.advance("4.9s");
    expect(stuck.signals[0]?.aborted).toBe(false);
    await clock.advance("100ms");
    expect(stuck.signals[0]?.aborted).toBe(true);
    expect(stuck.signals[0]?.reason).toMatchObject({ code: "HTTP_DEADLINE_EXCEEDED" });
    const { status, json, headers } = await asked;
    expect(status).toBe(504);
    expect(json).toMatchObject({ status: 504, code: "HTTP_DEADLINE_EXCEEDED" });
    expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
    const [event] = await requests(1);
    expect(event?.labels).toEqual({ method: "GET", route: "/stuck", status: 504 });
    expect((await ask(running, "/")).status).toBe(200);
    await until(() => clock.pending === 0, "the end of all timers");
  });

  test("a body that does not come is cut off at the deadline", async () => {
    const clock = manualClock();
    await using running = await start(subject, { edge: { clock, deadline: "5s" } });
    const head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
    const answered = raw(running.port, [head, '{"name":']);
    await until(() => clock.pending > 0, "the request");
    await clock.advance("5s");
    expect(await answered).toMatch(/^HTTP\/1\.1 504 [\s\S]*HTTP_DEADLINE_EXCEEDED/); // and the connection has closed
    expect((await requests(1))[0]?.labels).toMatchObject({ method: "POST", status: 504 });
  });

  test("a deadline can be chosen per request, and a choice that fails is a failure", async () => {
    const clock = manualClock();
    stuck.signals.length = 0;
    const deadline: EdgeOptions["deadline"] = ({ path }) => {
      if (path === "/items/7") throw new Error("no table of deadlines");
      return path === "/stuck" ? "1s" : undefined;
    };
    await using running = await start(subject, { edge: { clock, deadline } });
    expect((await ask(running, "/")).status).toBe(200);
    expect((await ask(running, "/context")).json.remaining).toBeNull();
    expect((await ask(running, "/items/7")).status).toBe(500);
    const asked = ask(running, "/stuck");
    await until(() => stuck.signals.length === 1, "the handler");
    await clock.advance("1s");
    expect((await asked).status).toBe(504);
  });
}

/** The edge taken in parts, and what guards it. */
export function parts(subject: Subject, requests: Requests): void {
  test("without problems, headers, probes and context, everything is the application's own, and the event stays", async () => {
    const edge: EdgeOptions = { problems: false, headers: false, probes: false, context: false };
    await using running = await start(subject, { edge });
    const hello = await ask(running, "/", { headers: { "x-request-id": "trip-1" } });
    expect([hello.status, hello.headers.get("x-frame-options"), hello.headers.get("x-request-id")]).toEqual([
      200,
      null,
      "trip-1",
    ]);
    expect((await ask(running, "/context")).json).not.toHaveProperty("correlationId");
    if (subject.name !== "node:http") {
      for (const path of ["/nowhere", "/livez", "/readyz", "/startupz", "/healthz"]) {
        const { status, headers } = await ask(running, path);
        expect([status, headers.get("content-type")?.includes("problem")], path).toEqual([404, false]);
      }
      const failed = await ask(running, "/throw/error");
      expect([failed.status, failed.headers.get("content-type")?.includes("problem")]).toEqual([500, false]);
    }
    const events = await requests(2);
    expect(events.slice(0, 2).map(({ labels }) => labels.route)).toEqual(["/", "/context"]);
  });

  test("probes can have other paths and groups", async () => {
    const health = createHealth();
    health.add("queue", () => ({ status: "unhealthy" }), { groups: ["workers"] });
    const probes = { "/_/alive": "live", "/_/workers": "workers", "/_/scrape": "metrics" };
    await using metrics = createMetrics({ runtime: false });
    await using running = await start(subject, { edge: { health, metrics, probes } });
    expect((await ask(running, "/_/alive")).status).toBe(200);
    expect((await ask(running, "/_/workers")).json).toMatchObject({ checks: { queue: { status: "unhealthy" } } });
    expect((await ask(running, "/_/scrape")).status).toBe(200);
    for (const path of ["/livez", "/metrics"]) expect((await ask(running, path)).status, path).toBe(404);
  });

  test("metrics can be for authorized callers only, who are authenticated first", async () => {
    await using metrics = createMetrics({ runtime: false });
    const authenticate: EdgeOptions["authenticate"] = (request) => {
      const name = request.header("x-user");
      return name === undefined ? undefined : { id: name };
    };
    const operations: EdgeOptions["operations"] = {
      authorize: ({ principal }) => principal?.id === "root",
      metrics: "authorized",
    };
    await using running = await start(subject, { edge: { metrics, authenticate, operations } });
    const scrape = async (user?: string): Promise<number> =>
      (await ask(running, "/metrics", user === undefined ? {} : { headers: { "x-user": user } })).status;
    expect([await scrape(), await scrape("anna"), await scrape("root")]).toEqual([401, 403, 200]);
    const open: EdgeOptions = { metrics, operations: { metrics: (request) => request.header("x-user") === "scraper" } };
    await using other = await start(subject, { edge: open });
    expect((await ask(other, "/metrics")).status).toBe(401);
    expect((await ask(other, "/metrics", { headers: { "x-user": "scraper" } })).status).toBe(200);
  });

  test("a request with two hosts is refused, and what Node's parser refuses is a problem with an event", async () => {
    await using running = await start(subject);
    const twice = await raw(running.port, "GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\nConnection: close\r\n\r\n");
    expect(twice).toMatch(/^HTTP\/1\.1 400 [\s\S]*HTTP_MALFORMED_REQUEST/);
    const junk = await raw(running.port, "GET / HTTP/9.9\r\n\r\n");
    expect(junk).toMatch(/^HTTP\/1\.1 400 [\s\S]*x-frame-options: SAMEORIGIN[\s\S]*HTTP_MALFORMED_REQUEST/i);
    const flood = await raw(running.port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(200_000)}\r\n\r\n`);
    expect(flood).toMatch(/^HTTP\/1\.1 431 [\s\S]*"status":431/);
    const events = await requests(3);
    expect(events.map(({ labels: { status } }) => status)).toEqual([400, 400, 431]);
    expect(events[1]?.labels.route).toBe("unmatched");
    expect(events[1]).toMatchObject({ labels: { method: "OTHER" }, details: { clientAddress: "127.0.0.1" } });
  });
}
