import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { manualClock } from "@seaworthy/core/testing";
import { createLifecycle, type LifecycleOptions, type OpenStream, type ServeOptions } from "@seaworthy/lifecycle";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type RawClient, rawClient, requestText, whileTimePasses } from "./clients.ts";

const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(server: Server, options: LifecycleOptions = {}, how: ServeOptions = {}) {
  running.push(server);
  const clock = manualClock();
  const life = createLifecycle({ clock, signals: [], fatalErrors: false, report: () => undefined, ...options });
  life.serve(server, { host: "127.0.0.1", port: 0, ...how });
  await life.start();
  return { life, clock, port: (server.address() as AddressInfo).port };
}

async function openSocket(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live?token=hush`);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  return socket;
}
const closeOf = (socket: WebSocket): Promise<[number, string]> =>
  new Promise((resolve) => socket.once("close", (code, reason) => resolve([code, reason.toString()])));

/** Writes its headers in each of the ways there are. */
function eventServer(opened: ServerResponse[] = []): Server {
  return createServer((request, response) => {
    opened.push(response);
    if (request.url === "/set") response.setHeader("Content-Type", "text/event-stream; charset=utf-8");
    else if (request.url === "/list") response.writeHead(200, ["content-type", "text/event-stream"]);
    else if (request.url !== "/bare") response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("data: hello\n\n");
  });
}

describe("a WebSocket", () => {
  test("lives through the drain delay, gets 1001 after it, and is not a cut if its client leaves", async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) => socket.on("message", (text) => socket.send(`echo ${text}`)));
    const { life, clock, port } = await serve(server);
    const socket = await openSocket(port);
    const closed = closeOf(socket);
    const stopped = life.stop("test");
    await clock.advance("4s");
    const echoed = new Promise((resolve) => socket.once("message", (text) => resolve(text.toString())));
    socket.send("still there?");
    expect(await echoed).toBe("echo still there?");
    await clock.advance("1s");
    expect(await closed).toEqual([1001, ""]);
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });

  test("whose client does not go is cut off at the limit and named without its query", async () => {
    const server = createServer();
    new WebSocketServer({ server });
    const { life, clock, port } = await serve(server, { drainDelay: 0, streamTimeout: "2s" });
    const deaf = await rawClient(port);
    deaf.send(
      requestText(
        "/live?token=hush",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
      ),
    );
    await deaf.until("101 Switching Protocols");
    const report = await whileTimePasses(clock, life.stop("test"));
    expect(report).toMatchObject({ code: 1, cut: [{ kind: "stream", name: "GET /live" }] });
    expect(report.cut[0]?.after).toBeGreaterThanOrEqual(2000);
    expect(report.duration).toBeLessThan(3000);
    await deaf.closed;
  });

  test("is said goodbye to by the hook in the application's own way", async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    const notified: OpenStream[] = [];
    const onDrain = (streams: readonly OpenStream[]): void => {
      notified.push(...streams);
      for (const client of sockets.clients) client.close(1012, "restarting");
    };
    const { life, clock, port } = await serve(server, {}, { onDrain });
    const closed = closeOf(await openSocket(port));
    const stopped = life.stop("test");
    expect(notified).toEqual([]);
    await clock.advance("5s");
    expect(await closed).toEqual([1012, "restarting"]);
    expect(notified).toMatchObject([{ kind: "websocket", name: "GET /live" }]);
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
  ])("gets the default goodbye when the hook %s", async (_, onDrain) => {
    const server = createServer();
    new WebSocketServer({ server });
    const { life, clock, port } = await serve(server, { drainDelay: 0 }, { onDrain });
    const closed = closeOf(await openSocket(port));
    expect(await whileTimePasses(clock, life.stop("test"))).toMatchObject({ code: 0, cut: [] });
    expect(await closed).toEqual([1001, ""]);
  });

  test("of a WebSocket server that comes and goes is noticed, and plain servers keep refusing upgrades", async () => {
    const server = createServer((_, response) => response.end("plain"));
    const { life, clock, port } = await serve(server, { drainDelay: 0 });
    expect(server.listenerCount("upgrade")).toBe(0);
    const sockets = new WebSocketServer({ server });
    expect(server.listenerCount("upgrade")).toBe(2);
    const closed = closeOf(await openSocket(port));
    sockets.close();
    expect(server.listenerCount("upgrade")).toBe(0);
    const plain = await rawClient(port);
    plain.send(requestText("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    await plain.until("plain");
    await whileTimePasses(clock, life.stop("test"));
    expect((await closed)[0]).toBe(1001);
  });
});

describe("an upgraded connection of another protocol", () => {
  test("is ended behind the drain delay", async () => {
    const server = createServer();
    server.on("upgrade", (_, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.on("data", (data) => socket.write(data));
      socket.on("end", () => socket.end());
    });
    const { life, clock, port } = await serve(server);
    const client = await rawClient(port);
    client.send(requestText("/", "Connection: Upgrade\r\nUpgrade: echo\r\n"));
    await client.until("101");
    const stopped = life.stop("test");
    client.send("ping");
    await client.until("ping");
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
    await client.closed;
  });
});

describe("an event stream", () => {
  test.each(["/written", "/set", "/list"])(
    "%s goes on through the drain delay and is ended behind it",
    async (path) => {
      const opened: ServerResponse[] = [];
      const { life, clock, port } = await serve(eventServer(opened));
      const client = await openEvents(port, path);
      const stopped = life.stop("test");
      await clock.advance("4s");
      opened[0]?.write("data: more\n\n");
      await client.until("data: more");
      expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
      await client.closed;
      expect(client.text()).toMatch(/0\r\n\r\n$/); // the end of the body, not of the connection alone
    },
  );

  test("is known by the request's Accept when the response has no content type", async () => {
    const { life, clock, port } = await serve(eventServer(), { drainDelay: 0 });
    const client = await openEvents(port, "/bare", "Accept: text/event-stream\r\n");
    expect(await whileTimePasses(clock, life.stop("test"))).toMatchObject({ code: 0, cut: [] });
    await client.closed;
  });

  test("is given to the hook, and cut off at its limit when the hook leaves it open", async () => {
    const kinds: string[] = [];
    const onDrain = (streams: readonly OpenStream[]): void => void kinds.push(...streams.map(({ kind }) => kind));
    const { life, clock, port } = await serve(eventServer(), { drainDelay: 0, streamTimeout: "3s" }, { onDrain });
    const client = await openEvents(port, "/events");
    const report = await whileTimePasses(clock, life.stop("test"));
    expect(kinds).toEqual(["events"]);
    expect(report).toMatchObject({ code: 1, cut: [{ kind: "stream", name: "GET /events" }] });
    expect(report.duration).toBeLessThan(4000);
    await client.closed;
  });

  test("that opens while requests are still being waited for is said goodbye to as well", async () => {
    const opened: ServerResponse[] = [];
    const server = createServer((request, response) => {
      if (request.url === "/hold") opened.push(response);
      else response.writeHead(200, { "content-type": "text/event-stream" }).write("data: hello\n\n");
    });
    const { life, clock, port } = await serve(server, { drainDelay: 0 });
    const holding = await rawClient(port);
    holding.send(requestText("/hold"));
    while (opened.length === 0) await clock.advance(0);
    const late = await rawClient(port);
    late.send(requestText("/events").slice(0, -2));
    const stopped = life.stop("test");
    await clock.advance(100);
    late.send("\r\n");
    await late.until("data: hello");
    await clock.advance(500);
    await late.closed;
    opened[0]?.end();
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });
});

async function openEvents(port: number, path: string, headers = ""): Promise<RawClient> {
  const client = await rawClient(port);
  client.send(requestText(path, headers));
  await client.until("data: hello");
  return client;
}
