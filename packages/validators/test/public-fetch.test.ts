import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PublicFetch, publicFetch, type Resolver } from "../src/index.ts";

let inner: Server;
let outer: Server;
let reached = 0;
const at = (server: Server, host: string, path = "/"): string =>
  `http://${host}:${(server.address() as AddressInfo).port}${path}`;

const routes: Record<string, (request: IncomingMessage, response: ServerResponse, body: string) => void> = {
  "/": (_, response) => response.end("the outside"),
  "/echo": ({ method, headers, url }, response, body) => {
    response.setHeader("content-type", "application/json").setHeader("set-cookie", ["a=1", "b=2"]);
    response.end(JSON.stringify({ method, url, headers, body }));
  },
  "/gzip": (_, response) => void response.setHeader("content-encoding", "gzip").end(gzipSync("squeezed")),
  "/deflate": (_, response) => void response.setHeader("content-encoding", "deflate").end(deflateSync("squeezed")),
  "/br": (_, response) => void response.setHeader("content-encoding", "br").end(brotliCompressSync("squeezed")),
  "/bomb": (_, response) => void response.setHeader("content-encoding", "gzip").end(gzipSync(Buffer.alloc(5_000_000))),
  "/broken": (_, response) => void response.setHeader("content-encoding", "gzip").end("not gzip"),
  "/endless": (_, response) => void response.write("it begins"),
  "/silent": () => undefined,
  "/gone": (_, response) => void response.writeHead(204).end(),
  "/loop": (_, response) => void response.writeHead(302, { location: "/loop" }).end(),
};

beforeAll(async () => {
  inner = createServer((_, response) => {
    reached++;
    response.end("the inside");
  });
  outer = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", () => {
        const url = new URL(request.url ?? "/", "http://x");
        const to = url.searchParams.get("to");
        if (to !== null)
          return void response.writeHead(Number(url.searchParams.get("status") ?? 302), { location: to }).end("moved");
        routes[url.pathname]?.(request, response, Buffer.concat(chunks).toString());
      });
  });
  for (const server of [inner, outer]) await once(server.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => {
  for (const server of [inner, outer]) server.close().closeAllConnections();
});

const ANSWERS: Record<string, string[]> = {
  "outer.test": ["127.0.0.1"],
  "other.test": ["127.0.0.1"],
  "inner.test": ["127.0.0.1"],
  "inner6.test": ["::1"],
  "metadata.test": ["169.254.169.254"],
  "mixed.test": ["8.8.8.8", "127.0.0.1"],
  "two.test": ["127.0.0.2", "127.0.0.1"],
};
const resolve: Resolver = (hostname, _, callback) => {
  const addresses = ANSWERS[hostname];
  if (addresses === undefined) return callback(Object.assign(new Error("no such host"), { code: "ENOTFOUND" }), []);
  callback(
    null,
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
  );
};
const open = (more: Parameters<typeof publicFetch>[0] = {}): PublicFetch =>
  publicFetch({ allow: ["outer.test", "other.test", "two.test"], resolve, ...more });

/** The code or message of what a call fails with, or the body. */
async function outcome(attempt: Promise<Response>): Promise<string> {
  const before = reached;
  try {
    return await (await attempt).text();
  } catch (error) {
    expect(reached, "the inside was reached").toBe(before);
    const cause = (error as Error).cause as { code?: string; message?: string } | undefined;
    return cause?.code ?? cause?.message ?? (error as Error).message;
  }
}

const REFUSED = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f.1",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "0.0.0.0",
  "inner.test",
  "inner6.test",
  "metadata.test",
  "mixed.test",
];

describe("publicFetch refuses what is not public", () => {
  test.each(REFUSED)("%s", async (host) => {
    using fetchPublic = open();
    expect(await outcome(fetchPublic(at(inner, host)))).toBe("VALIDATION_ADDRESS_REFUSED");
  });

  test.each(REFUSED)("a redirect from an allowed host to %s", async (host) => {
    using fetchPublic = open();
    const to = encodeURIComponent(at(inner, host));
    for (const status of [301, 302, 303, 307, 308])
      expect(await outcome(fetchPublic(at(outer, "outer.test", `/?status=${status}&to=${to}`)))).toBe(
        "VALIDATION_ADDRESS_REFUSED",
      );
  });

  test("localhost, by the system's own resolver", async () => {
    using fetchPublic = publicFetch();
    expect(await outcome(fetchPublic(at(inner, "localhost")))).toBe("VALIDATION_ADDRESS_REFUSED");
  });

  test("a name that answers otherwise the second time: the address that was judged is the one that is called", async () => {
    let asked = 0;
    const rebinding: Resolver = (_, __, callback) =>
      callback(null, [{ address: asked++ % 2 === 0 ? "127.0.0.2" : "127.0.0.1", family: 4 }]);
    // The first address is allowed but has no server, and the second one is refused.
    using fetchPublic = publicFetch({ allow: ["127.0.0.2"], resolve: rebinding });
    expect(await outcome(fetchPublic(at(inner, "rebind.test")))).toBe("ECONNREFUSED");
    expect(asked).toBe(1);
    expect(await outcome(fetchPublic(at(inner, "rebind.test")))).toBe("VALIDATION_ADDRESS_REFUSED");
  });

  test("a kept connection does not serve a host that has moved inside", async () => {
    const moving: Record<string, string> = { "outer.test": "127.0.0.1", "moving.test": "127.0.0.1" };
    using fetchPublic = publicFetch({
      allow: ["outer.test"],
      resolve: (name, _, callback) => callback(null, [{ address: moving[name] as string, family: 4 }]),
    });
    expect(await outcome(fetchPublic(at(outer, "outer.test")))).toBe("the outside");
    expect(await outcome(fetchPublic(at(outer, "moving.test")))).toBe("VALIDATION_ADDRESS_REFUSED");
  });

  test.each(["file:///etc/passwd", "ftp://outer.test/", "data:text/plain,x", "blob:http://x/1"])(
    "the scheme of %s",
    async (url) => {
      using fetchPublic = open();
      expect(await outcome(fetchPublic(url))).toMatch(/scheme .* is not supported/);
      expect(await outcome(fetchPublic(at(outer, "outer.test", `/?to=${encodeURIComponent(url)}`)))).toMatch(
        /scheme .* is not supported/,
      );
    },
  );

  test("a URL with a password, given or as a redirect", async () => {
    using fetchPublic = open();
    await expect(fetchPublic("http://u:p@outer.test/")).rejects.toThrow(TypeError);
    const to = encodeURIComponent("http://u:p@outer.test/");
    expect(await outcome(fetchPublic(at(outer, "outer.test", `/?to=${to}`)))).toMatch(/password/);
  });
});

describe("publicFetch does what fetch does", () => {
  test("with method, headers and body, also of a Request, a form and a stream", async () => {
    using fetchPublic = open();
    const url = at(outer, "outer.test", "/echo?x=1#part");
    const get = await fetchPublic(url, { headers: { "x-a": "ü".normalize("NFC") } });
    expect([get.status, get.ok, get.redirected, get.url]).toEqual([200, true, false, url.replace("#part", "")]);
    expect(get.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    const {
      method,
      headers,
      url: path,
    } = (await get.json()) as { method: string; headers: Record<string, string>; url: string };
    expect([method, path, headers.host]).toEqual(["GET", "/echo?x=1", new URL(url).host]);

    const sent = async (init: RequestInit & { duplex?: "half" }): Promise<unknown[]> => {
      const answer = (await (await fetchPublic(url, { method: "POST", ...init })).json()) as {
        body: string;
        headers: Record<string, string>;
      };
      return [answer.body, answer.headers["content-type"], answer.headers["content-length"]];
    };
    expect(await sent({ body: "text" })).toEqual(["text", "text/plain;charset=UTF-8", "4"]);
    expect(await sent({ body: new URLSearchParams({ a: "1" }) })).toEqual([
      "a=1",
      "application/x-www-form-urlencoded;charset=UTF-8",
      "3",
    ]);
    expect(await sent({ body: new Uint8Array([97, 98]) })).toEqual(["ab", undefined, "2"]);
    expect(await sent({})).toEqual(["", undefined, "0"]);
    const stream = Readable.toWeb(
      Readable.from(["one ", "two"].map((text) => Buffer.from(text))),
    ) as ReadableStream<Uint8Array>;
    expect(await sent({ body: stream, duplex: "half" })).toEqual(["one two", undefined, undefined]);
    const form = new FormData();
    form.set("name", "value");
    expect((await sent({ body: form }))[0]).toContain('name="name"');
    const request = new Request(url, { method: "PUT", body: "again" });
    expect(await (await fetchPublic(request)).json()).toMatchObject({ method: "PUT", body: "again" });
  });

  test.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [301, "PUT", "PUT", "text"],
    [307, "POST", "POST", "text"],
    [308, "PATCH", "PATCH", "text"],
  ])("a %d turns %s into %s", async (status, method, after, body) => {
    using fetchPublic = open();
    const to = encodeURIComponent("/echo");
    const answer = await fetchPublic(at(outer, "outer.test", `/?status=${status}&to=${to}`), { method, body: "text" });
    expect([answer.redirected, answer.url]).toEqual([true, at(outer, "outer.test", "/echo")]);
    expect(await answer.json()).toMatchObject({ method: after, body });
  });

  test("credentials go on to the same origin and not to another one", async () => {
    using fetchPublic = open();
    const headers = { authorization: "Bearer x", cookie: "a=1", "x-kept": "1" };
    const via = async (host: string): Promise<Record<string, string>> => {
      const to = encodeURIComponent(at(outer, host, "/echo"));
      const answer = await fetchPublic(at(outer, "outer.test", `/?to=${to}`), { headers });
      return ((await answer.json()) as { headers: Record<string, string> }).headers;
    };
    expect(await via("outer.test")).toMatchObject(headers);
    const other = await via("other.test");
    expect([other.authorization, other.cookie, other["x-kept"]]).toEqual([undefined, undefined, "1"]);
    expect(other.host).toBe(new URL(at(outer, "other.test")).host);
  });

  test("redirects are counted, returned or refused as asked", async () => {
    using fetchPublic = open({ redirects: 2 });
    expect(await outcome(fetchPublic(at(outer, "outer.test", "/loop")))).toBe("there were more than 2 redirects");
    const manual = await fetchPublic(at(outer, "outer.test", "/loop"), { redirect: "manual" });
    expect([manual.status, manual.headers.get("location")]).toEqual([302, "/loop"]);
    expect(await outcome(fetchPublic(at(outer, "outer.test", "/loop"), { redirect: "error" }))).toBe(
      "the response is a redirect",
    );
    const body = Readable.toWeb(Readable.from([Buffer.from("x")])) as ReadableStream<Uint8Array>;
    const once = { method: "POST", body, duplex: "half" } as RequestInit;
    expect(await outcome(fetchPublic(at(outer, "outer.test", "/?status=307&to=/echo"), once))).toMatch(/stream/);
  });

  test.each(["gzip", "deflate", "br"])("a body in %s is decoded", async (coding) => {
    using fetchPublic = open();
    expect(await outcome(fetchPublic(at(outer, "outer.test", `/${coding}`)))).toBe("squeezed");
  });

  test("a body beyond the limit is cut off while it is decoded, and a broken one fails", async () => {
    using fetchPublic = open({ bytes: "1mb" });
    const bomb = await fetchPublic(at(outer, "outer.test", "/bomb"));
    await expect(bomb.text()).rejects.toThrow("the body has more than 1000000 bytes");
    await expect(fetchPublic(at(outer, "outer.test", "/broken")).then((answer) => answer.text())).rejects.toThrow();
    expect(await outcome(fetchPublic(at(outer, "outer.test")))).toBe("the outside");
  });

  test("over TLS, the certificate has to be for the name and not for the address", async () => {
    const pem = readFileSync(join(import.meta.dirname, "fixtures/localhost-test-only.pem"), "utf8");
    setDefaultCACertificates([...getCACertificates(), pem.slice(pem.indexOf("-----BEGIN CERTIFICATE-----"))]);
    const secure = createSecureServer({ key: pem, cert: pem }, (_, response) => response.end("in secret"));
    await once(secure.listen(0, "127.0.0.1"), "listening");
    using fetchPublic = publicFetch({
      allow: ["localhost", "other.test"],
      resolve: (_, __, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
    });
    const { port } = secure.address() as AddressInfo;
    expect(await outcome(fetchPublic(`https://localhost:${port}/`))).toBe("in secret");
    expect(await outcome(fetchPublic(`https://other.test:${port}/`))).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    secure.close().closeAllConnections();
  });

  test("answers without a body have none", async () => {
    using fetchPublic = open();
    const empty = await fetchPublic(at(outer, "outer.test", "/gone"));
    expect([empty.status, empty.body]).toEqual([204, null]);
    const head = await fetchPublic(at(outer, "outer.test"), { method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, null]);
  });

  test("an abort ends the wait for the answer and the reading of its body, with the caller's reason", async () => {
    using fetchPublic = open();
    const reason = new Error("enough");
    const early = new AbortController();
    const waiting = fetchPublic(at(outer, "outer.test", "/silent"), { signal: early.signal });
    early.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(fetchPublic(at(outer, "outer.test"), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const late = new AbortController();
    const reading = (await fetchPublic(at(outer, "outer.test", "/endless"), { signal: late.signal })).text();
    late.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  test("the next address is tried if one accepts no connection, and a host that does not exist is reported", async () => {
    using fetchPublic = open();
    expect(await outcome(fetchPublic(at(outer, "two.test")))).toBe("the outside");
    expect(await outcome(fetchPublic(at(outer, "gone.test")))).toBe("ENOTFOUND");
  });

  test.each([{ redirects: -1 }, { redirects: 21 }, { bytes: 0 }, { allow: "x" }, { resolve: 1 }, { most: 1 }])(
    "refuses the options %j",
    (options) => expect(() => publicFetch(options as never)).toThrow(TypeError),
  );
});
