import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { currentContext, remainingTime } from "@seaworthy/core";
import {
  createCookie,
  createIdempotency,
  type EdgeHandle,
  type EdgeOptions,
  type RouteInput,
  type RouteSchemas,
  reply,
} from "@seaworthy/http";
import type { Logger } from "@seaworthy/logger";
import * as z from "zod";

/** What the adapters' applications need besides their routes. */
export interface Setup {
  edge?: EdgeOptions;
  logger?: Logger;
}

/** One framework with the contract's routes behind its edge. */
export interface Subject {
  readonly name: string;
  /** Whether the framework takes a thrown `null` or `undefined` for "go on to the next route". */
  readonly fallsThrough?: boolean;
  /** Whether a parser of the framework reads bodies before the edge's routes do. */
  readonly hasOwnParser?: boolean;
  /** Whether the framework answers a path that cannot be decoded before anything else sees it. */
  readonly answersUndecodable?: boolean;
  /** Whether the edge can know which methods a path takes. @default true */
  readonly knowsMethods?: boolean;
  build(setup: Setup): Promise<{ server: Server; front: EdgeHandle; close?: () => Promise<unknown> }>;
}

export interface Running extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly front: EdgeHandle;
  readonly server: Server;
}

/** Starts a subject on a free port. */
export async function start(subject: Subject, setup: Setup = {}): Promise<Running> {
  const { server, front, close } = await subject.build(setup);
  if (!server.listening) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  front.guard(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    front,
    server,
    async [Symbol.asyncDispose]() {
      await front.close();
      server.closeAllConnections();
      await (close === undefined ? new Promise((resolve) => server.close(resolve)) : close());
    },
  };
}

/** What the routes do, whatever the framework. */
export const routes = {
  hello: { hello: "world" },
  body: z.object({ name: z.string(), password: z.string().optional() }),
  any: z.object({ any: z.any() }),
  query: z.object({
    limit: z.coerce.number().int().max(100).default(10),
    tag: z.union([z.string(), z.array(z.string())]).optional(),
  }),
  params: z.object({ id: z.coerce.number().int() }),
  idempotency: (): ReturnType<typeof createIdempotency> => createIdempotency({ scope: "credentials" }),
  order: z.object({ item: z.string() }),
};

/** Counts what an idempotent route did; held as long as its gate is closed. */
export class Orders {
  made = 0;
  gate: Promise<void> = Promise.resolve();

  async make(item: string): Promise<unknown> {
    this.made++;
    const number = this.made;
    await this.gate;
    if (item === "refused") throw Object.assign(new Error("no such item"), { status: 409 });
    if (item === "broken") throw new Error("the database is gone");
    return reply(201, { number, item }, { location: `/orders/${number}` });
  }
}

/** The signals of requests whose handlers never answer. */
export const stuck: { signals: (AbortSignal | undefined)[] } = { signals: [] };

/** Puts a route into a framework's application. */
export type Mount = <const S extends RouteSchemas>(
  method: "get" | "post",
  path: string,
  schemas: S,
  handler: (input: RouteInput<S>) => unknown,
) => void;

/** The routes that say what they take and give back, and so are the same on every framework with a router. */
export function mountRoutes(mount: Mount, orders: Orders, edge: EdgeOptions = {}): void {
  if (edge.can !== undefined)
    mount("post", "/refunds", { permission: "refunds:write", body: routes.body }, ({ body }) => body);
  const idempotency = routes.idempotency();
  mount("post", "/echo", { body: routes.body }, ({ body }) => body);
  mount("get", "/search", { query: routes.query }, ({ query }) => query);
  mount("get", "/items/:id", { params: routes.params }, ({ params }) => params);
  mount("post", "/orders", { body: routes.order, idempotency }, ({ body }) => orders.make(body.item));
  mount("post", "/any", { body: routes.any }, ({ body }) => body);
  mount("get", "/stuck", {}, () => {
    stuck.signals.push(currentContext().signal);
    return new Promise(() => undefined);
  });
  mount("get", "/reframed", {}, () => reply(200, "ok", { "X-Frame-Options": "DENY" }));
  const session = createCookie("session");
  mount("post", "/login", {}, () =>
    reply(204, undefined, { "Set-Cookie": [session.set("abc"), createCookie("theme").clear()] }),
  );
  mount("post", "/maybe", { body: routes.body.optional() }, ({ body }) => body);
}

/** The context as a handler sees it behind awaits and timers. */
export async function seen(logger: Logger | undefined): Promise<unknown> {
  await turn();
  await new Promise((resolve) => process.nextTick(resolve));
  logger?.info("in the handler");
  const { correlationId, traceparent, tracestate, principal, client } = currentContext();
  return { correlationId, traceparent, tracestate, principal, client, remaining: remainingTime() };
}

/** Resolves with the reason when the context's signal aborts. */
export function aborted(): Promise<unknown> {
  const { signal } = currentContext();
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve(signal.reason), { once: true }));
}

export const SECRET_PATH = "/srv/app/secret-file.ts";

const withHeaders = (status: number, headers: Record<string, unknown>): Error =>
  Object.assign(new Error("db-7 down"), { status, headers });

/** Things that get thrown. */
export function thrown(kind: string): unknown {
  const cause = new Error(`cause: ECONNREFUSED db-7.internal ${SECRET_PATH}`);
  const kinds: Record<string, () => unknown> = {
    error: () => new Error(`password=hunter2 at ${SECRET_PATH}`, { cause }),
    text: () => "just text",
    null: () => null,
    undefined: () => undefined,
    number: () => 42,
    getter: () =>
      Object.defineProperty(new Error("x"), "status", {
        get() {
          throw new Error("getter");
        },
      }),
    proxy: () =>
      new Proxy(new Error("proxied"), {
        get() {
          throw new Error("trap");
        },
        getPrototypeOf() {
          return Error.prototype;
        },
      }),
    teapot: () => Object.assign(new Error("short and stout"), { status: 418, expose: true }),
    allow: () => withHeaders(405, { Allow: "GET, PUT" }),
    basic: () => withHeaders(401, { "WWW-Authenticate": 'Basic realm="shop"' }),
    range: () => withHeaders(416, { "Content-Range": "bytes */7", "content-length": "999", "Set-Cookie": "a=b" }),
    busy: () => withHeaders(503, { "Retry-After": 7, "x-broken": "a\r\nb", "": "c" }),
    taken: () => Object.assign(new Error("Email already taken"), { status: 409, expose: true }),
    hidden: () => Object.assign(new Error("db-7 down"), { status: 503, expose: true }),
    gone: () => Object.assign(new Error("gone"), { statusCode: 410 }),
    unavailable: () => Object.assign(new Error("db-7 down"), { status: 503 }),
    upstream: () => Object.assign(new Error("upstream said 404"), { status: 404, response: { status: 404 } }),
    strange: () => Object.assign(new Error("odd"), { status: 1000 }),
    uri: () => decodeURIComponent("%"),
  };
  return kinds[kind]?.();
}

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at
  readonly json: any;
}

/** One request and its whole answer. */
export async function ask(running: { url: string }, path: string, init: RequestInit = {}): Promise<Sent> {
  const response = await fetch(running.url + path, { redirect: "manual", ...init });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

export const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** Waits, turn by turn of the event loop, until `wanted` holds. */
export async function until(wanted: () => boolean, what = "it"): Promise<void> {
  const end = performance.now() + 10_000;
  while (!wanted()) {
    if (performance.now() > end) throw new Error(`${what} never came`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Writes bytes to the server and gives everything that comes back until the connection closes, or `done` says so. */
export async function raw(
  port: number,
  bytes: string | Buffer | readonly (string | Buffer)[],
  done: (text: string) => boolean = () => false,
): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  let text = "";
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined);
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    if (done(text)) socket.destroy();
  });
  await Promise.race([once(socket, "connect"), closed]);
  for (const part of [bytes].flat()) {
    if (socket.destroyed) break;
    socket.write(part);
    await turn();
  }
  await closed;
  return text;
}
