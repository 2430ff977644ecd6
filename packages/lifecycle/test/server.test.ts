import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectSecurely } from "node:tls";
import { captureTelemetry, type ManualClock, manualClock } from "@seaworthy/core/testing";
import { createLifecycle, type Lifecycle, type LifecycleOptions, type StopReport } from "@seaworthy/lifecycle";
import { afterEach, describe, expect, test } from "vitest";
import { type RawClient, rawClient, requestText, whileTimePasses } from "./clients.ts";

const pem = readFileSync(join(import.meta.dirname, "fixtures/localhost-test-only.pem"), "utf8");
const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Running {
  life: Lifecycle;
  clock: ManualClock;
  port: number;
  server: Server;
  /** The responses of requests that have not been answered, oldest first. */
  open: ServerResponse[];
  client(): Promise<RawClient>;
  stop(): Promise<StopReport>;
}

/** A service whose `/hold` waits for the test to answer, and whose other paths answer at once. */
async function serve(options: LifecycleOptions = {}, secure = false): Promise<Running> {
  const open: ServerResponse[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url?.startsWith("/hold")) open.push(response);
    else response.end(`answer to ${request.url}\n`);
  };
  const server = secure ? createSecureServer({ key: pem, cert: pem }, answer) : createServer(answer);
  server.keepAliveTimeout = 0; // Node's own clock must not interfere
  running.push(server);
  const clock = manualClock();
  const life = createLifecycle({ clock, signals: [], fatalErrors: false, report: () => undefined, ...options });
  life.serve(server, { host: "127.0.0.1", port: 0 });
  await life.start();
  const { port } = server.address() as AddressInfo;
  return {
    life,
    clock,
    port,
    server,
    open,
    client: () => rawClient(port, secure),
    stop: () => whileTimePasses(clock, life.stop("test")),
  };
}

describe.each([
  ["HTTP", false],
  ["HTTPS", true],
])("a drained %s server", (_, secure) => {
  test("keeps its listener open for the whole drain delay and closes it then", async () => {
    const { life, clock, client } = await serve({}, secure);
    const stopped = life.stop("test");
    expect(life.ready()).toBe(false);
    await clock.advance(4999);
    const late = await client();
    late.send(requestText("/late"));
    await late.until("answer to /late");
    expect(late.text()).toContain("Connection: close");
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
    await expect(client()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("answers a request in flight, says Connection: close and ends the connection behind it", async () => {
    const { clock, open, client, life } = await serve({}, secure);
    const one = await client();
    one.send(requestText("/hold"));
    while (open.length === 0) await clock.advance(0);
    const stopped = life.stop("test");
    await clock.advance("6s");
    open[0]?.end("at last");
    await one.until("at last");
    await one.closed;
    expect(one.text()).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\r\nConnection: close\r\n/);
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });

  test("never closes an idle keep-alive connection under a request: the request is answered first", async () => {
    const { clock, client, life } = await serve({}, secure);
    const idle = await client();
    idle.send(requestText("/first"));
    await idle.until("answer to /first");
    expect(idle.text()).toContain("Connection: keep-alive");
    const stopped = life.stop("test");
    await clock.advance("3s");
    expect(idle.socket.destroyed).toBe(false);
    idle.send(requestText("/second"));
    await idle.until("answer to /second");
    await idle.closed;
    expect(idle.text()).toContain("Connection: close");
    expect((await whileTimePasses(clock, stopped)).code).toBe(0);
  });

  test("closes a connection that stays idle when the delay is over, and that is not a cut", async () => {
    const { client, stop } = await serve({}, secure);
    const idle = await client();
    idle.send(requestText("/first"));
    await idle.until("answer to /first");
    expect(await stop()).toMatchObject({ code: 0, cut: [] });
    await idle.closed;
  });

  test("waits for a request on a connection that was used a moment before the listener closed", async () => {
    const { clock, client, life } = await serve({ drainDelay: 0 }, secure);
    const busy = await client();
    busy.send(requestText("/first"));
    await busy.until("answer to /first");
    const stopped = life.stop("test");
    await clock.advance(400);
    expect(busy.socket.destroyed).toBe(false);
    busy.send(requestText("/second"));
    await busy.until("answer to /second");
    expect(busy.text()).toContain("Connection: close");
    expect((await whileTimePasses(clock, stopped)).code).toBe(0);
  });

  test("cuts what outlasts the drain timeout, names it without its query and ends with code 1", async () => {
    using telemetry = captureTelemetry();
    const { clock, open, client, stop } = await serve({ drainTimeout: "2s" }, secure);
    const stuck = await client();
    stuck.send(requestText("/hold?token=hush"));
    while (open.length === 0) await clock.advance(0);
    const report = await stop();
    expect(report).toMatchObject({ code: 1, cut: [{ kind: "request", name: "GET /hold" }] });
    expect(report.cut[0]?.after).toBeGreaterThanOrEqual(7000);
    expect(telemetry.of("lifecycle.drain")).toMatchObject([{ labels: { outcome: "cut" }, details: { requests: 1 } }]);
    await stuck.closed;
  });
});

describe("a drained server", () => {
  test("closes its resources only after the last response", async () => {
    const clock = manualClock();
    const log: string[] = [];
    const open: ServerResponse[] = [];
    const server = createServer((_, response) => {
      open.push(response);
      response.on("close", () => log.push("answered"));
    });
    running.push(server);
    const life = createLifecycle({ clock, signals: [], fatalErrors: false });
    life.serve(server, { host: "127.0.0.1", port: 0 });
    life.resource("database", { start: () => log.push("opened"), stop: () => log.push("closed") });
    await life.start();
    const client = await rawClient((server.address() as AddressInfo).port);
    client.send(requestText("/"));
    while (open.length === 0) await clock.advance(0);
    const stopped = life.stop("test");
    await clock.advance("8s");
    expect(log).toEqual(["opened"]);
    open[0]?.end();
    await whileTimePasses(clock, stopped);
    expect(log).toEqual(["opened", "answered", "closed"]);
  });

  test("answers all of several requests that came in one piece, and says close behind the last only", async () => {
    const { clock, open, client, life } = await serve();
    const pipelining = await client();
    pipelining.send(requestText("/hold/1") + requestText("/hold/2"));
    while (open.length < 2) await clock.advance(0);
    const stopped = life.stop("test");
    await clock.advance("1s");
    for (const response of open) response.end(`done ${response.req.url};`);
    await pipelining.until("done /hold/2;");
    await pipelining.closed;
    const [first, second] = pipelining.text().split("done /hold/1;");
    expect(first).toContain("Connection: keep-alive");
    expect(second).toContain("Connection: close");
    expect((await whileTimePasses(clock, stopped)).code).toBe(0);
  });

  test("lets a response that was promised as keep-alive end, and takes one more request behind it", async () => {
    const { clock, open, client, life } = await serve();
    const one = await client();
    one.send(requestText("/hold"));
    while (open.length === 0) await clock.advance(0);
    open[0]?.write("begun;");
    await one.until("begun;");
    const stopped = life.stop("test");
    await clock.advance("6s");
    open[0]?.end("ended;");
    await one.until("ended;");
    one.send(requestText("/next"));
    await one.until("answer to /next");
    expect(one.text()).toContain("Connection: close");
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });

  test("waits for a request whose headers are still arriving", async () => {
    const { clock, server, client, life } = await serve({ drainDelay: 0 });
    const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const slow = await client();
    const socket = await accepted;
    const arrived = new Promise<void>((resolve) => server.once("request", () => resolve()));
    const stopped = life.stop("test");
    let sent = 0;
    for (const piece of ["GET /slow HTTP/1.1\r\n", "Host: ser", "vice\r\n", "X-A: 1\r\n"]) {
      slow.send(piece);
      sent += piece.length;
      while (socket.bytesRead < sent) await clock.advance(0);
      await clock.advance(300);
    }
    slow.send("\r\n");
    await arrived;
    await slow.until("answer to /slow");
    expect((await whileTimePasses(clock, stopped)).code).toBe(0);
  });

  test("is not held by a connection on which headers arrive byte by byte without an end", async () => {
    const { clock, server, client, life } = await serve({ drainDelay: 0 });
    const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const dripping = await client();
    const socket = await accepted;
    dripping.send("GET / HTTP/1.1\r\nX-A: ");
    let sent = "GET / HTTP/1.1\r\nX-A: ".length;
    while (socket.bytesRead < sent) await clock.advance(0);
    const began = clock.monotonic();
    let stopped: { code: number; duration: number } | undefined;
    void life.stop("test").then((report) => {
      stopped = report;
    });
    while (stopped === undefined && clock.monotonic() - began < 10_000) {
      if (!socket.destroyed) {
        dripping.send("a");
        sent += 1;
        while (socket.bytesRead < sent && !socket.destroyed) await clock.advance(0);
      }
      await clock.advance(100);
    }
    expect(stopped).toMatchObject({ code: 0, cut: [] });
    expect(stopped?.duration).toBeLessThanOrEqual(2100);
  });

  test("answers a request with a body that is still being sent", async () => {
    const clock = manualClock();
    const server = createServer(async (request, response) => {
      let size = 0;
      for await (const chunk of request) size += (chunk as Buffer).length;
      response.end(`got ${size}`);
    });
    running.push(server);
    const life = createLifecycle({ clock, signals: [], fatalErrors: false });
    life.serve(server, { host: "127.0.0.1", port: 0 });
    await life.start();
    const client = await rawClient((server.address() as AddressInfo).port);
    const arrived = new Promise<void>((resolve) => server.once("request", () => resolve()));
    client.send("POST / HTTP/1.1\r\nHost: service\r\nContent-Length: 10\r\n\r\n12345");
    await arrived;
    const stopped = life.stop("test");
    await clock.advance("7s");
    client.send("67890");
    await client.until("got 10");
    expect((await whileTimePasses(clock, stopped)).code).toBe(0);
  });

  test("counts requests that a checkContinue listener takes", async () => {
    const clock = manualClock();
    const open: ServerResponse[] = [];
    const server = createServer();
    server.on("checkContinue", (_, response) => open.push(response));
    running.push(server);
    const life = createLifecycle({ clock, signals: [], fatalErrors: false });
    life.serve(server, { host: "127.0.0.1", port: 0 });
    await life.start();
    const client = await rawClient((server.address() as AddressInfo).port);
    client.send("POST / HTTP/1.1\r\nHost: service\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    while (open.length === 0) await clock.advance(0);
    const stopped = life.stop("test");
    await clock.advance("8s");
    open[0]?.writeHead(417).end();
    await client.until("417");
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });

  test("serves a connection that the system had accepted, but not handed over, when the listener closes", async () => {
    const { clock, life, port } = await serve({ drainDelay: 0 });
    const tcp = connect(port, "127.0.0.1"); // complete in the kernel before the event loop turns
    tcp.write(requestText("/now"));
    const answer = once(tcp, "data");
    const stopped = life.stop("test");
    const [first] = (await answer) as [Buffer];
    expect(first.toString()).toContain("Connection: close");
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });

  test("forgets clients that gave up", async () => {
    const { clock, open, client, stop } = await serve();
    const closed = await client();
    closed.send(requestText("/hold"));
    while (open.length === 0) await clock.advance(0);
    closed.socket.destroy();
    await closed.closed;
    expect(await stop()).toMatchObject({ code: 0, cut: [] });
  });

  test("drains two servers side by side", async () => {
    const clock = manualClock();
    const life = createLifecycle({ clock, signals: [], fatalErrors: false });
    const servers = [1, 2].map(() => createServer((_, response) => response.end("ok")));
    for (const server of servers) life.serve(server, { host: "127.0.0.1", port: 0 });
    running.push(...servers);
    await life.start();
    const stopped = life.stop("test");
    await clock.advance("4s");
    for (const server of servers) {
      const client = await rawClient((server.address() as AddressInfo).port);
      client.send(requestText("/"));
      await client.until("Connection: close");
    }
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
    expect(servers.map((server) => server.listening)).toEqual([false, false]);
  });

  test("that was listening already is adopted, connections and all", async () => {
    const clock = manualClock();
    const server = createServer((request, response) => response.end(`answer to ${request.url}`));
    server.keepAliveTimeout = 0;
    running.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const [used, idle] = [await rawClient(port), await rawClient(port)];
    for (const client of [used, idle]) client.send(requestText("/before"));
    for (const client of [used, idle]) await client.until("answer to /before");
    const life = createLifecycle({ clock, signals: [], fatalErrors: false });
    life.serve(server);
    await life.start();
    const stopped = life.stop("test");
    used.send(requestText("/during"));
    await used.until("answer to /during");
    expect(used.text()).toContain("Connection: close");
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
    await idle.closed;
  });

  test("listens on a Unix domain socket alone when it is given a path", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lifecycle-"));
    const path = join(directory, "service.sock");
    const server = createServer((_, response) => response.end("answer"));
    running.push(server);
    const clock = manualClock();
    const life = createLifecycle({ clock, signals: [], fatalErrors: false });
    life.serve(server, { path });
    await life.start();
    expect(server.address()).toBe(path);
    const client = connect(path);
    client.end(requestText("/", "Connection: close\r\n"));
    expect(await text(client)).toContain("answer");
    expect(await whileTimePasses(clock, life.stop("test"))).toMatchObject({ code: 0, cut: [] });
    await rm(directory, { recursive: true });
  });

  test.each([
    [{}, "choose another port (0 takes a free one)"],
    [{ portSetting: "HTTP__PORT" }, "set HTTP__PORT to another port"],
  ])("whose port is in use says in one line what to do, given %j", async (setting, advice) => {
    const taken = createTcpServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const notices: string[] = [];
    const codes: number[] = [];
    const closed: string[] = [];
    const life = createLifecycle({
      fatalErrors: false,
      signals: [],
      exit: (code) => codes.push(code),
      report: ({ message }) => notices.push(message),
    });
    life.resource("database", { stop: () => closed.push("database") });
    const free = createServer();
    life.serve(free, { host: "127.0.0.1", port: 0, name: "first" });
    const { port } = taken.address() as AddressInfo;
    life.serve(createServer(), { host: "127.0.0.1", port, ...setting });
    await expect(life.start()).rejects.toMatchObject({ code: "LIFECYCLE_START_FAILED", context: { resource: "http" } });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toBe(
      `the service could not start: port ${port} is in use by another process; end that process, or ${advice}; closing first, database; exit code 1`,
    );
    expect([codes, closed, free.listening]).toEqual([[1], ["database"], false]);
    taken.close();
  });

  test.each([
    [null, {}, "server"],
    [{}, {}, "server"],
    [7, {}, "server"],
    [createTcpServer(), {}, "node:http"],
    [createServer(), { port: -1 }, "port"],
    [createServer(), { port: 65_536 }, "port"],
    [createServer(), { port: "80" }, "port"],
    [createServer(), { port: Number.NaN }, "port"],
    [createServer(), { host: "" }, "host"],
    [createServer(), { host: "127.0.0.1" }, "host needs a port"],
    [createServer(), { path: 7 }, "path"],
    [createServer(), { name: "" }, "name"],
    [createServer(), { listen: true }, "listen"],
    [createServer(), { onDrain: {} }, "onDrain"],
    [createServer(), { port: 0, path: "socket" }, "exclude"],
    [createServer(), { prot: 0 }, "prot"],
    [createServer(), null, "options"],
  ])("is refused with a TypeError when malformed: %#", (server, options, name) => {
    const life = createLifecycle();
    expect(() => life.serve(server as never, options as never)).toThrow(TypeError);
    expect(() => life.serve(server as never, options as never)).toThrow(name);
  });

  test("has a name of its own", () => {
    const life = createLifecycle();
    life.resource("http", {});
    life.serve(createServer(), { name: "admin" });
    life.serve(createServer());
    expect(() => life.serve(createServer(), { name: "http-2" })).toThrow('name "http-2" is already taken');
    expect(() => life.resource("admin", {})).toThrow('resource "admin" is already defined');
  });

  test("is taken once", () => {
    const life = createLifecycle();
    const server = createServer();
    life.serve(server);
    expect(() => life.serve(server)).toThrow("this server is already served");
  });
});

describe("a TLS handshake", () => {
  test("that is under way when the listener closes is completed and its request answered", async () => {
    const { clock, life, server, port } = await serve({ drainDelay: 0 }, true);
    const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const tcp = connect(port, "127.0.0.1");
    await accepted;
    const stopped = life.stop("test");
    await clock.advance(300);
    const secure = connectSecurely({ socket: tcp, rejectUnauthorized: false });
    await new Promise<void>((resolve) => secure.once("secureConnect", () => resolve()));
    secure.write(requestText("/now"));
    const [first] = (await once(secure, "data")) as [Buffer];
    expect(first.toString()).toContain("Connection: close");
    secure.on("data", () => undefined);
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });

  test("that never goes on holds nothing up", async () => {
    const { stop, server, port } = await serve({ drainDelay: 0 }, true);
    const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const stalled = connect(port, "127.0.0.1");
    stalled.on("error", () => undefined);
    const closed = once(stalled, "close");
    await accepted;
    expect(await stop()).toMatchObject({ code: 0, cut: [] });
    await closed;
  });
});
