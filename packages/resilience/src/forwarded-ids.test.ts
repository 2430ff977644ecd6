import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { parseTraceparent, runWithContext } from "@seaworthy/core";
import { expect, test, vi } from "vitest";
import { type GuardedFetchOptions, guardedFetch, policy } from "./index.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const context = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "vendor=1", correlationId: "r-17" };

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server that records its requests. */
async function recording(answer: RequestListener): Promise<AsyncDisposable & { url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const fine: RequestListener = (_request, response) => response.end("fine");
const redirect =
  (status: number, location: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { location }).end();
const guard = (options?: GuardedFetchOptions) =>
  guardedFetch(policy("ids", { retry: { attempts: 3, initialDelay: 0 } }), undefined, options);
const inContext = <T>(work: () => Promise<T>): Promise<T> => runWithContext(context, work);
const idsOf = (seen: Seen | undefined) => ({
  trace: seen?.headers.traceparent,
  state: seen?.headers.tracestate,
  request: seen?.headers["x-request-id"],
});
const NO_IDS = { trace: undefined, state: undefined, request: undefined };

test("every attempt sends the ids of the context, each with a span id of its own", async () => {
  let answers = 0;
  await using server = await recording((_request, response) => response.writeHead(++answers < 3 ? 503 : 200).end());
  await inContext(() => guard()(server.url, { headers: { accept: "text/plain" } }));
  expect(server.seen.length).toBe(3);
  const spans = server.seen.map(({ headers }) => parseTraceparent(headers.traceparent));
  expect(spans.map((ids) => ids?.traceId)).toEqual([TRACE, TRACE, TRACE]);
  expect(spans.map((ids) => ids?.flags)).toEqual([1, 1, 1]);
  expect(new Set([SPAN, ...spans.map((ids) => ids?.spanId)]).size).toBe(4);
  expect(server.seen.map((seen) => seen.headers.tracestate)).toEqual(Array(3).fill("vendor=1"));
  expect(server.seen.map((seen) => seen.headers["x-request-id"])).toEqual(Array(3).fill("r-17"));
  expect(server.seen[0]?.headers.accept).toBe("text/plain");
});

test("what the caller has set stays as it is, in whatever form the headers and the request come", async () => {
  await using server = await recording(fine);
  const own = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;
  await inContext(async () => {
    await guard()(server.url, { headers: { TraceParent: own } });
    await guard()(new Request(server.url, { headers: { "X-Request-Id": "mine" } }));
    await guard()(server.url, { headers: [["tracestate", "mine=1"]], method: "POST", body: "order" });
  });
  const [first, second, third] = server.seen.map(idsOf);
  expect(first).toEqual({ trace: own, state: undefined, request: "r-17" });
  expect(second).toEqual({ trace: expect.stringContaining(TRACE), state: "vendor=1", request: "mine" });
  expect(third).toEqual({ trace: undefined, state: "mine=1", request: "r-17" });
  expect(server.seen[2]).toMatchObject({ method: "POST", body: "order" });
});

test("without a context, with an unreadable one, and with forwardIds: false, nothing is added", async () => {
  await using server = await recording(fine);
  await guard()(server.url);
  await runWithContext({ traceparent: "garbage", correlationId: "two\r\nlines", tracestate: 7 as never }, () =>
    guard()(server.url),
  );
  await inContext(() => guard({ forwardIds: false })(server.url));
  await inContext(() => guard({ forwardIds: [] })(server.url));
  expect(server.seen.map(idsOf)).toEqual([NO_IDS, NO_IDS, NO_IDS, NO_IDS]);
});

test.each([
  ["http://orders/", true],
  ["http://orders.shop.svc/", true],
  ["http://orders.shop.svc.cluster.local/", true],
  ["https://db.internal./", true],
  ["http://localhost:3000/", true],
  ["http://10.1.2.3/", true],
  ["http://172.20.0.1/", true],
  ["http://[::1]:80/", true],
  ["http://[fd12:3456::1]/", true],
  ["https://api.example.com/", false],
  ["https://internal.example.com/", false],
  ["http://172.32.0.1/", false],
  ["http://100.64.0.1/", false],
  ["http://[2001:db8::1]/", false],
  ["http://0x08080808/", false],
])("by default, %s is sent ids: %s", async (url, sent) => {
  const fetch = vi.fn(async (_input: unknown, _init?: RequestInit) => new Response("fine"));
  await inContext(() => guardedFetch(policy("p"), fetch)(url));
  const headers = new Headers(fetch.mock.calls[0]?.[1]?.headers);
  expect(headers.has("traceparent")).toBe(sent);
  expect(headers.get("x-request-id")).toBe(sent ? "r-17" : null);
});

test.each([
  ["https://api.example.com/v1", true],
  ["https://api.example.com:8443/", false],
  ["http://api.example.com/", false],
  ["https://a.b.partner.example/", true],
  ["https://partner.example/", false],
  ["https://evilpartner.example/", false],
  ["http://localhost/", false],
])("a list of origins decides alone: %s is sent ids: %s", async (url, sent) => {
  const fetch = vi.fn(async (_input: unknown, _init?: RequestInit) => new Response("fine"));
  const forwardIds = ["https://api.example.com", "https://*.partner.example"];
  await inContext(() => guardedFetch(policy("p"), fetch, { forwardIds })(url));
  expect(new Headers(fetch.mock.calls[0]?.[1]?.headers).has("traceparent")).toBe(sent);
});

test.each([
  ["api.example.com"],
  ["https://a.example/path"],
  ["https://*"],
  ["ftp://a.example"],
  ["https://a.example:99999"],
  ["https://[::1"],
  [7],
  [null],
])("an origin that is not one is refused: %s", (origin) => {
  expect(() => guard({ forwardIds: [origin as string] })).toThrow(/forwardIds must hold origins/);
});

test("forwardIds is a boolean or an array", () => {
  expect(() => guard({ forwardIds: null as never })).toThrow(/forwardIds must be a boolean or an array of origins/);
  expect(() => guard({ forwardIds: "https://a.example" as never })).toThrow(/forwardIds must be/);
});

test("a redirect to an origin that is not allowed carries no ids, and one within the origin does", async () => {
  await using other = await recording(fine);
  await using server = await recording((request, response) =>
    redirect(302, request.url === "/" ? "/second" : `${other.url}/end#there`)(request, response),
  );
  const response = await inContext(() =>
    guard({ forwardIds: [server.url] })(server.url, { headers: { authorization: "Bearer x", accept: "text/html" } }),
  );
  expect(await response.text()).toBe("fine");
  expect([response.redirected, response.url]).toEqual([true, `${other.url}/end`]);
  expect(server.seen.map(({ headers }) => headers["x-request-id"])).toEqual(["r-17", "r-17"]);
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer x", "Bearer x"]);
  expect(other.seen.map(idsOf)).toEqual([NO_IDS]);
  expect(other.seen[0]?.headers).toMatchObject({ accept: "text/html" });
  expect(other.seen[0]?.headers.authorization).toBeUndefined();
});

test("a redirect from an origin that is not allowed to one that is adds the ids there", async () => {
  await using allowed = await recording(fine);
  await using server = await recording(redirect(307, `${allowed.url}/`));
  const sent = { method: "POST", body: "order" };
  await inContext(() => guard({ forwardIds: [allowed.url] })(server.url, sent));
  expect(server.seen.map(idsOf)).toEqual([NO_IDS]);
  expect(allowed.seen.map(({ method, body, headers }) => [method, body, headers["x-request-id"]])).toEqual([
    ["POST", "order", "r-17"],
  ]);
});

test.each([
  [301, "POST", "GET"],
  [302, "POST", "GET"],
  [303, "PUT", "GET"],
  [303, "HEAD", "HEAD"],
  [307, "POST", "POST"],
  [308, "PUT", "PUT"],
  [301, "PUT", "PUT"],
])("status %i turns %s into %s, as fetch does", async (status, method, expected) => {
  await using end = await recording(fine);
  await using server = await recording(redirect(status, end.url));
  const init = { method, ...(method === "HEAD" ? undefined : { body: "text", headers: { "content-type": "a/b" } }) };
  await fetch(server.url, init).then((response) => response.text());
  await inContext(() => guard()(server.url, init)).then((response) => response.text());
  const [platform, own] = end.seen;
  expect(own?.method).toBe(expected);
  const { traceparent: _t, tracestate: _s, "x-request-id": _r, ...rest } = own?.headers ?? {};
  expect({ ...own, headers: rest }).toEqual(platform);
});

test("an endless redirect, one without an HTTP target, and a body that cannot be sent again are failures of fetch", async () => {
  await using endless = await recording(redirect(302, "/"));
  await using file = await recording(redirect(302, "file:///etc/passwd"));
  const calls = guardedFetch(policy("p"));
  await inContext(async () => {
    await expect(calls(endless.url)).rejects.toThrow("fetch failed");
    expect(endless.seen.length).toBe(21);
    await expect(calls(file.url)).rejects.toThrow("fetch failed");
    await using again = await recording(redirect(307, "/"));
    const body = new Blob(["streamed"]).stream();
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    await expect(calls(again.url, init)).rejects.toThrow("fetch failed");
    expect(again.seen.map((seen) => seen.body)).toEqual(["streamed"]);
  });
});

test("the modes manual and error of redirects stay those of fetch, with ids", async () => {
  await using server = await recording(redirect(302, "/next"));
  await inContext(async () => {
    expect((await guard()(server.url, { redirect: "manual" })).status).toBe(302);
    await expect(guardedFetch(policy("p"))(server.url, { redirect: "error" })).rejects.toThrow("fetch failed");
  });
  expect(server.seen.map((seen) => seen.headers["x-request-id"])).toEqual(["r-17", "r-17"]);
});

/** A port on which nothing listens until `listen` is called. */
async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("a POST whose connection was refused is repeated, since nothing was sent", async () => {
  const url = `http://127.0.0.1:${await freePort()}/`;
  const calls = vi.fn(globalThis.fetch);
  await expect(
    guardedFetch(policy("p", { retry: { initialDelay: 0 } }), calls)(url, { method: "POST" }),
  ).rejects.toThrow();
  expect(calls).toHaveBeenCalledTimes(3);
});

test("a POST whose host has no address is repeated; one that was sent or redirected is not", async () => {
  const unresolved = () => {
    const cause = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND", syscall: "getaddrinfo" });
    return Promise.reject(new TypeError("fetch failed", { cause }));
  };
  const guarded = policy("p", { retry: { initialDelay: 0 } });
  const missing = vi.fn(unresolved);
  await expect(guardedFetch(guarded, missing)("http://a.example", { method: "POST" })).rejects.toThrow();
  expect(missing).toHaveBeenCalledTimes(3);
  const late = vi.fn(() => {
    const cause = Object.assign(new Error("reset"), { code: "ECONNRESET", syscall: "read" });
    return Promise.reject(new TypeError("fetch failed", { cause }));
  });
  await expect(guardedFetch(guarded, late)("http://a.example", { method: "POST" })).rejects.toThrow();
  expect(late).toHaveBeenCalledTimes(1);
  const moved = vi.fn((input: unknown) =>
    String(input).includes("a.example")
      ? Promise.resolve(new Response(null, { status: 303, headers: { location: "http://b.example" } }))
      : unresolved(),
  );
  await expect(guardedFetch(guarded, moved)("http://a.example", { method: "POST" })).rejects.toThrow();
  expect(moved).toHaveBeenCalledTimes(2);
});

test("a stream whose connection was refused is not sent again", async () => {
  const url = `http://127.0.0.1:${await freePort()}/`;
  const calls = vi.fn(globalThis.fetch);
  const init = { method: "POST", body: new Blob(["x"]).stream(), duplex: "half" } as RequestInit;
  await expect(guardedFetch(policy("p", { retry: { initialDelay: 0 } }), calls)(url, init)).rejects.toThrow();
  expect(calls).toHaveBeenCalledTimes(1);
});
