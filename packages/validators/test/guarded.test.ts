import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type RequestOptions, type Server } from "node:http";
import { Agent as SecureAgent, get as secureGet } from "node:https";
import type { AddressInfo } from "node:net";
import { isSeaworthyError, toProblem } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import { buildConnector, interceptors, request, Agent as UndiciAgent, fetch as undiciFetch } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GuardedLookupOptions, guardAgent, guardConnector, guardedLookup, type Resolver } from "../src/index.ts";

let inner: Server;
let outer: Server;
let innerPort: number;
let outerPort: number;
let reached = 0;

// The outer server plays one on the internet, by a name that is allowed; it redirects to wherever it is asked to.
beforeAll(async () => {
  inner = createServer((_, response) => {
    reached++;
    response.end("the inside");
  });
  outer = createServer((incoming, response) => {
    const to = new URL(incoming.url ?? "/", "http://x").searchParams.get("to");
    if (to === null) response.end("the outside");
    else response.writeHead(302, { location: to }).end();
  });
  for (const server of [inner, outer]) await once(server.listen(0, "127.0.0.1"), "listening");
  innerPort = (inner.address() as AddressInfo).port;
  outerPort = (outer.address() as AddressInfo).port;
});
afterAll(() => {
  for (const server of [inner, outer]) server.close().closeAllConnections();
});

const ANSWERS: Record<string, string[]> = {
  localhost: ["127.0.0.1"],
  "outer.test": ["127.0.0.1"],
  "inner.test": ["127.0.0.1"],
  "inner6.test": ["::1"],
  "mapped.test": ["::ffff:127.0.0.1"],
  "nat64.test": ["64:ff9b::7f00:1"],
  "metadata.test": ["169.254.169.254"],
  "mixed.test": ["8.8.8.8", "127.0.0.1"],
  "public.test": ["8.8.8.8", "2001:4860:4860::8888"],
  "nothing.test": [],
};
const resolve: Resolver = (hostname, _, callback) => {
  const addresses = ANSWERS[hostname];
  if (addresses === undefined) return callback(Object.assign(new Error("no such host"), { code: "ENOTFOUND" }), []);
  callback(
    null,
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
  );
};
const options: GuardedLookupOptions = { allow: ["outer.test"], resolve };

/** The code of what a request fails with, however deep, or the body. */
async function outcome(attempt: Promise<string>): Promise<string> {
  const before = reached;
  try {
    return await attempt;
  } catch (error) {
    expect(reached, "the inside was reached").toBe(before);
    let cause: unknown = error;
    while (!isSeaworthyError(cause) && (cause as Error)?.cause !== undefined) cause = (cause as Error).cause;
    return String((cause as { code?: unknown }).code ?? cause);
  }
}

function body(url: string, request: RequestOptions, fetch: typeof get = get): Promise<string> {
  return new Promise((done, fail) => {
    fetch(url, request, (response: IncomingMessage) => {
      const { location } = response.headers;
      response.resume();
      // Follows redirects through the same agent, as clients do.
      if (location !== undefined) return done(body(new URL(location, url).href, request, fetch));
      const chunks: Buffer[] = [];
      response
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => done(Buffer.concat(chunks).toString()));
    }).on("error", fail);
  });
}

const LITERALS = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f.1",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "0.0.0.0",
  "169.254.169.254",
  "10.0.0.1",
  "100.64.0.1",
  "[64:ff9b::7f00:1]",
  "[fe80::1]",
];
const NAMES = ["localhost", "inner.test", "inner6.test", "mapped.test", "nat64.test", "metadata.test", "mixed.test"];

describe("guardedLookup refuses what is not public at the moment of connecting", () => {
  test("localhost, by the system's own resolver, through http.Agent and through a request", async () => {
    using agent = disposable(new Agent({ lookup: guardedLookup() }));
    expect(await outcome(body(`http://localhost:${innerPort}/`, { agent }))).toBe("VALIDATION_ADDRESS_REFUSED");
    expect(await outcome(body(`http://localhost:${innerPort}/`, { lookup: guardedLookup(), agent: false }))).toBe(
      "VALIDATION_ADDRESS_REFUSED",
    );
  });

  test.each(NAMES.slice(1))("%s, through http.Agent", async (name) => {
    using agent = disposable(new Agent({ lookup: guardedLookup(options) }));
    expect(await outcome(body(`http://${name}:${innerPort}/`, { agent }))).toBe("VALIDATION_ADDRESS_REFUSED");
  });

  test.each(NAMES.slice(1))("%s, through undici's connect option", async (name) => {
    const dispatcher = new UndiciAgent({ connect: { lookup: guardedLookup(options) } });
    expect(await outcome(request(`http://${name}:${innerPort}/`, { dispatcher }).then(({ body }) => body.text()))).toBe(
      "VALIDATION_ADDRESS_REFUSED",
    );
    await dispatcher.close();
  });

  test("a name that answers otherwise the second time is refused the second time (DNS rebinding)", async () => {
    let asked = 0;
    const rebinding: Resolver = (_, __, callback) =>
      callback(null, [{ address: asked++ === 0 ? "8.8.8.8" : "127.0.0.1", family: 4 }]);
    const lookup = guardedLookup({ resolve: rebinding });
    const ask = (): Promise<unknown> =>
      new Promise((done) => lookup("rebind.test", {}, (error, address) => done(error ?? address)));
    expect(await ask()).toBe("8.8.8.8");
    expect(await ask()).toMatchObject({ code: "VALIDATION_ADDRESS_REFUSED" });
  });

  test("what is public and what is allowed comes through, in the form that was asked for", async () => {
    const lookup = guardedLookup(options);
    const ask = (name: string, all: boolean): Promise<unknown> =>
      new Promise((done) => lookup(name, { all }, (error, address, family) => done(error ?? [address, family])));
    expect(await ask("public.test", false)).toEqual(["8.8.8.8", 4]);
    expect(await ask("public.test", true)).toEqual([
      [
        { address: "8.8.8.8", family: 4 },
        { address: "2001:4860:4860::8888", family: 6 },
      ],
      undefined,
    ]);
    expect(await ask("outer.test", false)).toEqual(["127.0.0.1", 4]);
    expect(await ask("nothing.test", false)).toMatchObject({ code: "ENOTFOUND" });
    expect(await ask("gone.test", false)).toMatchObject({ code: "ENOTFOUND" });
    using agent = disposable(new Agent({ lookup }));
    expect(await outcome(body(`http://outer.test:${outerPort}/`, { agent }))).toBe("the outside");
  });

  test("behind an allowed NAT64 prefix the IPv4 address is judged", async () => {
    const lookup = guardedLookup({
      allow: ["64:ff9b::/96"],
      resolve: (name, _, done) => done(null, [{ address: name, family: 6 }]),
    });
    const ask = (name: string): Promise<unknown> =>
      new Promise((done) => lookup(name, {}, (error, address) => done(error === null ? address : "refused")));
    expect(await ask("64:ff9b::808:808")).toBe("64:ff9b::808:808");
    for (const address of ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1"])
      expect(await ask(address)).toBe("refused");
  });

  test("is called in all the ways that dns.lookup is", async () => {
    const families: unknown[] = [];
    const lookup = guardedLookup({
      resolve: (name, { family, all }, done) => {
        families.push([family, all]);
        resolve(name, { all }, done);
      },
    });
    const answers = [
      await new Promise((done) => lookup("public.test", (_, ...answer) => done(answer))),
      await new Promise((done) => lookup("public.test", 4, (_, ...answer) => done(answer))),
      await new Promise((done) => lookup("public.test", { family: "IPv4" }, (_, ...answer) => done(answer))),
    ];
    expect(answers).toEqual(Array(3).fill(["8.8.8.8", 4]));
    expect(families).toEqual([
      [undefined, true],
      [4, true],
      ["IPv4", true],
    ]);
    expect(await new Promise((done) => lookup("inner.test", done))).toMatchObject({
      code: "VALIDATION_ADDRESS_REFUSED",
    });
  });

  test.each([[null], ["8.8.8.8"], [{ address: 134744072, family: 4 }], [{}]])(
    "a resolver's answer of another shape, %j, is refused and does not crash the process",
    async (answer) => {
      const lookup = guardedLookup({ resolve: (_, __, done) => done(null, [answer] as never) });
      expect(await new Promise((done) => lookup("x.test", {}, done))).toMatchObject({
        code: "VALIDATION_ADDRESS_REFUSED",
      });
    },
  );

  test("an answer that is not an address is refused", async () => {
    const lookup = guardedLookup({ resolve: (_, __, done) => done(null, [{ address: "not an address", family: 4 }]) });
    expect(await new Promise((done) => lookup("x.test", {}, done))).toMatchObject({
      code: "VALIDATION_ADDRESS_REFUSED",
    });
  });

  test("the error tells the log which address, and a client nothing but that it is not allowed", async () => {
    using telemetry = captureTelemetry();
    const error = await new Promise((done) => guardedLookup(options)("metadata.test", {}, done));
    expect(error).toMatchObject({
      context: { host: "metadata.test", address: "169.254.169.254", range: "metadata" },
      status: 422,
    });
    expect(toProblem(error)).toEqual({
      type: "about:blank",
      title: "The address is not allowed",
      status: 422,
      code: "VALIDATION_ADDRESS_REFUSED",
    });
    expect(telemetry.of("validators.address_refused").map(({ labels, details }) => [labels, details])).toEqual([
      [{ range: "metadata" }, { host: "metadata.test", address: "169.254.169.254" }],
    ]);
  });
});

describe("guardAgent refuses names and literals, on every hop", () => {
  test.each([...LITERALS, ...NAMES])("http: %s", async (host) => {
    using agent = disposable(guardAgent(new Agent({ keepAlive: true }), options));
    expect(await outcome(body(`http://${host}:${innerPort}/`, { agent }))).toBe("VALIDATION_ADDRESS_REFUSED");
  });

  test.each(["127.0.0.1", "[::1]", "inner.test"])("https: %s", async (host) => {
    using agent = disposable(guardAgent(new SecureAgent(), options));
    expect(await outcome(body(`https://${host}:${innerPort}/`, { agent }, secureGet as typeof get))).toBe(
      "VALIDATION_ADDRESS_REFUSED",
    );
  });

  test.each([...LITERALS.slice(0, 6), ...NAMES])("a redirect from an allowed host to %s", async (host) => {
    using agent = disposable(guardAgent(new Agent(), options));
    expect(await outcome(body(`http://outer.test:${outerPort}/`, { agent }))).toBe("the outside");
    const to = encodeURIComponent(`http://${host}:${innerPort}/`);
    expect(await outcome(body(`http://outer.test:${outerPort}/?to=${to}`, { agent }))).toBe(
      "VALIDATION_ADDRESS_REFUSED",
    );
  });

  test("a lookup of the request's own does not get round it, nor does a local socket", async () => {
    using agent = disposable(guardAgent(new Agent(), options));
    const own = (_: string, __: unknown, done: (error: null, address: string, family: number) => void): void =>
      done(null, "127.0.0.1", 4);
    expect(await outcome(body(`http://own.test:${innerPort}/`, { agent, lookup: own as never }))).toBe("ENOTFOUND");
    expect(await outcome(body("http://x.test/", { agent, socketPath: "/var/run/docker.sock" }))).toBe(
      "VALIDATION_ADDRESS_REFUSED",
    );
  });

  test("a connection that is made without a callback throws", () => {
    using agent = disposable(guardAgent(new Agent(), options));
    expect(() => agent.createConnection({ host: "127.0.0.1", port: innerPort })).toThrow(
      expect.objectContaining({ code: "VALIDATION_ADDRESS_REFUSED" }),
    );
  });

  test("an allowed address is reached, and its socket is kept alive as ever", async () => {
    using agent = disposable(guardAgent(new Agent({ keepAlive: true }), { allow: ["127.0.0.1"] }));
    expect(await outcome(body(`http://127.0.0.1:${outerPort}/`, { agent }))).toBe("the outside");
    expect(await outcome(body(`http://127.0.0.1:${outerPort}/`, { agent }))).toBe("the outside");
  });

  test.each([undefined, {}, "agent", { createConnection: 1 }])("refuses %s, which is not an agent", (agent) =>
    expect(() => guardAgent(agent as never)).toThrow(TypeError),
  );
});

describe("guardConnector refuses names and literals, on every hop", () => {
  const guarded = (): UndiciAgent => new UndiciAgent({ connect: guardConnector(buildConnector({}), options) });

  test.each([...LITERALS, ...NAMES])("request: %s", async (host) => {
    const dispatcher = guarded();
    expect(await outcome(request(`http://${host}:${innerPort}/`, { dispatcher }).then(({ body }) => body.text()))).toBe(
      "VALIDATION_ADDRESS_REFUSED",
    );
    await dispatcher.close();
  });

  test.each([...LITERALS.slice(0, 6), ...NAMES])("a redirect that fetch follows to %s", async (host) => {
    const dispatcher = guarded();
    const to = encodeURIComponent(`http://${host}:${innerPort}/`);
    const follow = (path: string): Promise<string> =>
      undiciFetch(`http://outer.test:${outerPort}/${path}`, { dispatcher }).then((response) => response.text());
    expect(await outcome(follow(""))).toBe("the outside");
    expect(await outcome(follow(`?to=${to}`))).toBe("VALIDATION_ADDRESS_REFUSED");
    await dispatcher.close();
  });

  test("a redirect that undici's own interceptor follows", async () => {
    const agent = guarded();
    const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 3 }));
    const to = encodeURIComponent(`http://127.0.0.1:${innerPort}/`);
    expect(
      await outcome(
        request(`http://outer.test:${outerPort}/?to=${to}`, { dispatcher }).then(({ body }) => body.text()),
      ),
    ).toBe("VALIDATION_ADDRESS_REFUSED");
    await agent.close();
  });

  test("dials the address that it judged, so that no second answer counts", async () => {
    let asked = 0;
    const once: Resolver = (_, __, done) => {
      asked++;
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    };
    const dispatcher = new UndiciAgent({
      connect: guardConnector(buildConnector({}), { allow: ["outer.test"], resolve: once }),
    });
    expect(
      await outcome(request(`http://outer.test:${outerPort}/`, { dispatcher }).then(({ body }) => body.text())),
    ).toBe("the outside");
    expect(asked).toBe(1);
    await dispatcher.close();
  });

  test("an allowed literal is reached", async () => {
    const dispatcher = new UndiciAgent({ connect: guardConnector(buildConnector({}), { allow: ["127.0.0.0/8"] }) });
    expect(
      await outcome(request(`http://127.0.0.1:${outerPort}/`, { dispatcher }).then(({ body }) => body.text())),
    ).toBe("the outside");
    await dispatcher.close();
  });

  test.each([undefined, {}, "connect"])("refuses %s, which is not a connector", (connector) =>
    expect(() => guardConnector(connector as never)).toThrow(TypeError),
  );
});

test.each([{ allow: ["10.0.0.0/33"] }, { allow: "10.0.0.0/8" }, { allow: [""] }, { resolve: 1 }, { deny: [] }])(
  "the options %j are refused",
  (bad) => {
    expect(() => guardedLookup(bad as never)).toThrow(TypeError);
    using agent = disposable(new Agent());
    expect(() => guardAgent(agent, bad as never)).toThrow(TypeError);
  },
);

function disposable<A extends Agent>(agent: A): A & Disposable {
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}
