import { readFileSync } from "node:fs";
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
  type ServerHttp2Stream,
} from "node:http2";
import { get as getSecurely } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { manualClock } from "@seaworthy/core/testing";
import { createLifecycle, type LifecycleOptions, type ServeOptions } from "@seaworthy/lifecycle";
import { afterEach, describe, expect, test } from "vitest";
import { whileTimePasses } from "./clients.ts";

const pem = readFileSync(join(import.meta.dirname, "fixtures/localhost-test-only.pem"), "utf8");
const clients: ClientHttp2Session[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

interface Reply {
  status: number | undefined;
  body: string;
}

function ask(client: ClientHttp2Session, path: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ":path": path });
    let status: number | undefined;
    let body = "";
    stream.setEncoding("utf8");
    stream.on("response", (headers) => {
      status = headers[":status"];
    });
    stream.on("data", (text: string) => {
      body += text;
    });
    stream.on("error", reject);
    stream.on("close", () => resolve({ status, body }));
  });
}

async function serve(secure: boolean, options: LifecycleOptions = {}, how: ServeOptions = {}) {
  const open: ServerHttp2Stream[] = [];
  const server = (secure
    ? createSecureServer({ key: pem, cert: pem, allowHTTP1: true })
    : createServer()) as unknown as Http2Server;
  server.on("stream", (stream, headers) => {
    if (headers[":path"]?.startsWith("/hold")) return void open.push(stream);
    if (headers[":path"] === "/events") {
      stream.respond({ "content-type": "text/event-stream" });
      return void stream.write("data: hello\n\n");
    }
    stream.respond({ ":status": 200 });
    stream.end(`answer to ${headers[":path"]}`);
  });
  const clock = manualClock();
  const life = createLifecycle({ clock, signals: [], fatalErrors: false, report: () => undefined, ...options });
  life.serve(server, { host: "127.0.0.1", port: 0, ...how });
  await life.start();
  const { port } = server.address() as AddressInfo;
  const client = async (): Promise<ClientHttp2Session> => {
    const session = connect(`${secure ? "https" : "http"}://127.0.0.1:${port}`, { rejectUnauthorized: false });
    session.on("error", () => undefined);
    clients.push(session);
    await new Promise<void>((resolve) => session.once("connect", () => resolve()));
    return session;
  };
  return { life, clock, open, client, port };
}
const goawayOf = (session: ClientHttp2Session): Promise<number> =>
  new Promise((resolve) => session.once("goaway", (_code, last) => resolve(last as number)));

describe.each([
  ["without TLS", false],
  ["over TLS", true],
])("a drained HTTP/2 server %s", (_, secure) => {
  test("tells its clients at once, answers what is in flight, and takes new clients for the drain delay", async () => {
    const { life, clock, open, client } = await serve(secure);
    const [busy, idle] = [await client(), await client()];
    expect((await ask(idle, "/first")).body).toBe("answer to /first");
    const held = ask(busy, "/hold");
    while (open.length === 0) await clock.advance(0);
    const goaway = [goawayOf(busy), goawayOf(idle)];
    const stopped = life.stop("test");
    expect(await Promise.all(goaway)).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
    await clock.advance("4s");
    const late = await client();
    const warned = goawayOf(late);
    expect((await ask(late, "/late")).body).toBe("answer to /late");
    await warned;
    await clock.advance("4s");
    open[0]?.respond({ ":status": 200 });
    open[0]?.end("at last");
    expect(await held).toEqual({ status: 200, body: "at last" });
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });

  test("cuts what outlasts the drain timeout and names it", async () => {
    const { life, clock, open, client } = await serve(secure, { drainDelay: 0, drainTimeout: "2s" });
    const held = ask(await client(), "/hold?token=hush");
    held.catch(() => undefined);
    while (open.length === 0) await clock.advance(0);
    const report = await whileTimePasses(clock, life.stop("test"));
    expect(report).toMatchObject({ code: 1, cut: [{ kind: "request", name: "GET /hold" }] });
  });

  test("ends event streams behind the drain delay, by the hook or without", async () => {
    for (const onDrain of [undefined, (streams: readonly { end(): void }[]) => streams[0]?.end()]) {
      const { life, clock, client } = await serve(secure, { drainDelay: 0 }, onDrain === undefined ? {} : { onDrain });
      const session = await client();
      const stream = session.request({ ":path": "/events" });
      await new Promise<void>((resolve) => stream.once("data", () => resolve()));
      const ended = new Promise<void>((resolve) => stream.once("end", () => resolve()));
      expect(await whileTimePasses(clock, life.stop("test"))).toMatchObject({ code: 0, cut: [] });
      await ended;
    }
  });

  test("gives a client that has only just connected the time to ask", async () => {
    const { life, clock, client } = await serve(secure, { drainDelay: 0 });
    const fresh = await client();
    await clock.advance(0);
    const stopped = life.stop("test");
    await clock.advance(400);
    const reply = ask(fresh, "/now").catch((error: NodeJS.ErrnoException) => error.code);
    await whileTimePasses(clock, stopped);
    // Either it was answered, or the client knew before it sent anything that it has to connect anew.
    expect([
      { status: 200, body: "answer to /now" },
      "ERR_HTTP2_GOAWAY_SESSION",
      "ERR_HTTP2_INVALID_SESSION",
    ]).toContainEqual(await reply);
  });
});

describe("an HTTP/2 server that speaks HTTP/1 as well", () => {
  test("drains both", async () => {
    const open: { end(text: string): unknown }[] = [];
    const server = createSecureServer({ key: pem, cert: pem, allowHTTP1: true }, (_, response) => open.push(response));
    const clock = manualClock();
    const life = createLifecycle({ clock, signals: [], fatalErrors: false });
    life.serve(server, { host: "127.0.0.1", port: 0 });
    await life.start();
    const { port } = server.address() as AddressInfo;
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    clients.push(session);
    const modern = ask(session, "/hold");
    const classic = new Promise<string | undefined>((resolve, reject) => {
      getSecurely({ port, host: "127.0.0.1", rejectUnauthorized: false }, (response) => {
        response.resume();
        response.on("end", () => resolve(response.headers.connection));
      }).on("error", reject);
    });
    while (open.length < 2) await clock.advance(0);
    const stopped = life.stop("test");
    await clock.advance("8s");
    for (const response of open) response.end("done");
    expect(await modern).toEqual({ status: 200, body: "done" });
    expect(await classic).toBe("close");
    expect(await whileTimePasses(clock, stopped)).toMatchObject({ code: 0, cut: [] });
  });
});
