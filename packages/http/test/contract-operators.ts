import type { AuditEntry } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import type { EdgeOptions, EdgeRequest, LoggerPort } from "@seaworthy/http";
import { captureLogs } from "@seaworthy/logger/testing";
import { expect, test } from "vitest";
import { ask, type Running, type Sent, type Subject, start, until } from "./subject.ts";

const authenticate: NonNullable<EdgeOptions["authenticate"]> = (request) => {
  const id = request.header("x-user");
  return id === undefined ? undefined : { id };
};
const authorize = ({ principal }: EdgeRequest): boolean => principal?.id === "root";

const send = (running: Running, method: string, path: string, user?: string): Promise<Sent> =>
  ask(running, path, { method, ...(user === undefined ? {} : { headers: { "x-user": user } }) });

/** Opens a stream, and leaves it when disposed. */
async function follow(
  running: Running,
  path: string,
): Promise<{ response: Response; next: () => Promise<string>; leave: () => void }> {
  const controller = new AbortController();
  const response = await fetch(running.url + path, { headers: { "x-user": "root" }, signal: controller.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const next = async (): Promise<string> => (await reader?.read())?.value ?? "";
  return { response, next, leave: () => controller.abort() };
}

/** Endpoints for operators: the log level, the live log, profiles. */
export function operators(subject: Subject): void {
  test("endpoints for operators refuse everybody else, and exist only if they are set up", async () => {
    const entries: AuditEntry[] = [];
    const audit = { record: async (entry: AuditEntry): Promise<void> => void entries.push(entry) };
    const operations = { authorize, logger: captureLogs({ level: "info" }).logger, profiling: true };
    await using running = await start(subject, { edge: { authenticate, audit, operations } });
    const endpoints = [
      ["POST", "/loglevel?level=debug"],
      ["GET", "/loglevel"],
      ["GET", "/debug/logs"],
      ["POST", "/debug/cpu-profile"],
      ["POST", "/debug/heap-snapshot"],
    ] as const;
    for (const [method, path] of endpoints) {
      const anonymous = await send(running, method, path);
      expect([anonymous.status, anonymous.json.code], path).toEqual([401, "HTTP_UNAUTHENTICATED"]);
      expect((await send(running, method, path, "anna")).status, path).toBe(403);
    }
    expect(entries).toHaveLength(10);
    expect(entries[1]).toMatchObject({
      type: "http.operations",
      outcome: "denied",
      actor: "anna",
      address: "127.0.0.1",
    });
    expect(operations.logger.level).toBe("info");
    const without = { logger: operations.logger, metrics: "everyone" } as const;
    await using other = await start(subject, { edge: { authenticate, operations: without } });
    for (const [method, path] of endpoints) expect((await send(other, method, path, "root")).status, path).toBe(404);
  });

  test("a log level that an operator sets goes back by itself", async () => {
    const clock = manualClock();
    const { logger } = captureLogs({ level: "info" });
    const entries: AuditEntry[] = [];
    const audit = { record: async (entry: AuditEntry): Promise<void> => void entries.push(entry) };
    await using running = await start(subject, {
      edge: { clock, authenticate, audit, operations: { authorize, logger } },
    });
    const set = (query: string): Promise<Sent> => send(running, "POST", `/loglevel?${query}`, "root");
    const until = new Date(clock.now() + 900_000).toISOString();
    expect((await set("level=debug")).json).toEqual({ level: "debug", until, returnsTo: "info" });
    await clock.advance("899s");
    expect(logger.level).toBe("debug");
    await clock.advance("1s");
    expect(logger.level).toBe("info");
    expect((await send(running, "GET", "/loglevel", "root")).json).toEqual({ level: "info" });
    await set("level=debug&for=1h");
    await set("level=trace&for=1m"); // goes back to where it was before both
    await clock.advance("1m");
    expect(logger.level).toBe("info");
    await set("level=debug");
    expect((await set("level=info")).json).toEqual({ level: "info" });
    await set("level=debug");
    logger.level = "error"; // the service itself has changed it
    await clock.advance("1h");
    expect(logger.level).toBe("error");
    for (const query of ["level=loud", "", "level=debug&for=soon", "level=debug&for=25h", "level=debug&for=0"])
      expect((await set(query)).status, query).toBe(400);
    expect(logger.level).toBe("error");
    expect(entries.map(({ outcome }) => outcome)).toContain("failure");
    expect(entries[0]).toMatchObject({ outcome: "success", actor: "root", data: { query: "level=debug" } });
  });

  test("the live log streams the lines from now on, at least of a level, until the client leaves", async () => {
    const { logger } = captureLogs({ level: "debug" });
    let closed = 0;
    const watched: LoggerPort = {
      level: "info",
      tail: (filter) => {
        const tail = logger.tail(filter);
        const { close } = tail;
        const counted = (): void => {
          closed++;
          close();
        };
        return Object.assign(tail, { close: counted });
      },
    };
    await using running = await start(subject, { edge: { authenticate, operations: { authorize, logger: watched } } });
    const { response, next, leave } = await follow(running, "/debug/logs?level=warn");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
    expect(response.headers.get("x-frame-options")).toBe("SAMEORIGIN");
    expect(await next()).toBe(": the stream has begun\n\n");
    logger.info("too quiet");
    logger.warn({ orderId: 7 }, "shown");
    const event = await next();
    expect(JSON.parse(event.replace(/^data: /, ""))).toMatchObject({ msg: "shown", orderId: 7 });
    leave();
    await until(() => closed > 0, "the end of the tail");
    expect((await send(running, "GET", "/debug/logs?level=loud", "root")).status).toBe(400);
  });

  test("one CPU profile is taken at a time, and a client that leaves ends its own", async () => {
    const edge = { authenticate, operations: { authorize, profiling: true } } as const;
    await using running = await start(subject, { edge });
    const profile = (time: string): Promise<Sent> => send(running, "POST", `/debug/cpu-profile?for=${time}`, "root");
    const { leave } = await followPost(running, "/debug/cpu-profile?for=60s");
    const second = await profile("50ms");
    expect([second.status, second.json.code]).toEqual([409, "HTTP_INSPECTION_RUNNING"]);
    expect((await send(running, "POST", "/debug/heap-snapshot", "root")).status).toBe(409);
    leave();
    let taken = await profile("50ms");
    for (const end = performance.now() + 20_000; taken.status === 409 && performance.now() < end; )
      taken = await profile("50ms");
    expect(taken.status).toBe(200);
    expect(taken.headers.get("content-disposition")).toMatch(/^attachment; filename="\d+\.cpuprofile"$/);
    expect(JSON.parse(taken.text)).toMatchObject({ nodes: expect.any(Array), startTime: expect.any(Number) });
    for (const time of ["61s", "0", "soon"]) expect((await profile(time)).status, time).toBe(400);
  }, 60_000);

  test("operations endpoints are where the host wants them, and pass limits, authentication and shedding that refuse all else", async () => {
    const edge: EdgeOptions = {
      probes: {
        "/livez": "live",
        "/api/v3/health/live": "live",
        "/api/v3/health/ready": "ready",
        "/api/v3/start": "startup",
      },
      limits: [{ limiter: { consume: () => Promise.reject(new Error("the limiter is gone")) } }],
      authenticate: () => Promise.reject(new Error("the session store is gone")),
      shed: { signals: { always: () => 1 } },
    };
    await using running = await start(subject, { edge });
    for (const path of Object.keys(edge.probes as object)) {
      expect((await ask(running, path)).status, path).toBe(200);
      expect((await ask(running, path, { method: "HEAD" })).status, path).toBe(200);
    }
    expect((await ask(running, "/")).status).toBe(503);
    const logger = { level: "info" };
    const paths = { logLevel: "/internal/level" };
    const busy: EdgeOptions = {
      authenticate,
      shed: { signals: { always: () => 1 } },
      operations: { authorize, logger, paths },
    };
    await using other = await start(subject, { edge: busy });
    expect((await send(other, "POST", "/internal/level?level=debug", "root")).json).toMatchObject({ level: "debug" });
    expect((await send(other, "POST", "/loglevel?level=debug", "root")).status).toBe(503);
  });
}

async function followPost(running: Running, path: string): Promise<{ leave: () => void }> {
  const controller = new AbortController();
  const init = { method: "POST", headers: { "x-user": "root" }, signal: controller.signal };
  const response = await fetch(running.url + path, init);
  expect(response.status).toBe(200);
  return { leave: () => controller.abort() };
}
