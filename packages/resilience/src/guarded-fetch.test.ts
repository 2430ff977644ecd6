import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test, vi } from "vitest";
import { guardedFetch, policy } from "./index.ts";

const URL_ = "http://upstream.example/items";
type Answer = Response | Error;

/** A fetch that gives one answer after the other; the last one repeats. */
function fetching(...answers: (() => Answer)[]) {
  let calls = 0;
  return vi.fn(async (_input: string | URL | Request, _init?: RequestInit): Promise<Response> => {
    const answer = (answers[Math.min(calls, answers.length - 1)] as () => Answer)();
    calls += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  });
}

async function serve(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const retrying = () => policy("upstream", { retry: { attempts: 3, initialDelay: 0 } });
const ok = (): Response => new Response("fine");
const status =
  (code: number, headers: Record<string, string> = {}) =>
  (): Response =>
    new Response(`status ${code}`, { status: code, headers });

test.each([408, 429, 500, 501, 502, 503, 504, 507])(
  "status %i is retried, and the success is returned with its body",
  async (code) => {
    const fetch = fetching(status(code), ok);
    const response = await guardedFetch(retrying(), fetch)(URL_);
    expect(await response.text()).toBe("fine");
    expect(fetch).toHaveBeenCalledTimes(2);
  },
);

test.each([200, 204, 304, 400, 401, 404, 409])("status %i is an answer like any other", async (code) => {
  const fetch = fetching(() => new Response(null, { status: code }));
  expect((await guardedFetch(retrying(), fetch)(URL_)).status).toBe(code);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("when no attempt fares better the last response is returned, its body whole, those before it discarded", async () => {
  const given: Response[] = [];
  const fetch = fetching(() => {
    const response = status(503)();
    given.push(response);
    return response;
  });
  const response = await guardedFetch(retrying(), fetch)(URL_);
  expect(response).toBe(given[2]);
  expect(await response.text()).toBe("status 503");
  expect(given.slice(0, 2).map(({ bodyUsed }) => bodyUsed)).toEqual([true, true]);
});

test("a failed response is discarded when the next attempt begins, not after the run", async () => {
  const busy = status(503)();
  const send = vi.fn(async () => {
    if (send.mock.calls.length > 1) expect(busy.bodyUsed).toBe(true);
    return send.mock.calls.length > 1 ? ok() : busy;
  });
  expect((await guardedFetch(retrying(), send)(URL_)).status).toBe(200);
});

test("predicates and fallbacks see the status and the response", async () => {
  const seen: unknown[] = [];
  const retryIf = (error: unknown): boolean => {
    seen.push(error);
    return false;
  };
  const response = await guardedFetch(policy("p", { retry: { retryIf } }), fetching(status(429)))(URL_);
  expect(seen).toEqual([expect.objectContaining({ code: "RESILIENCE_UPSTREAM_STATUS", context: { status: 429 } })]);
  expect((seen[0] as { response: Response }).response).toBe(response);
  expect(Object.keys(seen[0] as object)).not.toContain("response");
});

test("network errors are retried, and the last one is thrown as it is", async () => {
  const error = new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
  const fetch = fetching(() => error);
  await expect(guardedFetch(retrying(), fetch)(URL_)).rejects.toBe(error);
  expect(fetch).toHaveBeenCalledTimes(3);
});

describe("what may be repeated", () => {
  const calls = async (
    init: RequestInit & { idempotent?: boolean },
    input: string | Request = URL_,
  ): Promise<number> => {
    const fetch = fetching(status(503));
    await guardedFetch(retrying(), fetch)(input, init);
    return fetch.mock.calls.length;
  };

  test.each(["GET", "get", "HEAD", "OPTIONS", "PUT", "DELETE"])("%s is", async (method) => {
    expect(await calls({ method })).toBe(3);
  });

  test.each(["POST", "PATCH", "post"])("%s is not, unless told", async (method) => {
    expect(await calls({ method, body: "{}" })).toBe(1);
    expect(await calls({ method, body: "{}", idempotent: true })).toBe(3);
  });

  test("an idempotent method is not when told so", async () => {
    expect(await calls({ method: "PUT", body: "x", idempotent: false })).toBe(1);
  });

  test("a body that is a stream is never sent again, whatever the init says", async () => {
    const stream = (): ReadableStream => new ReadableStream({ pull: (controller) => controller.close() });
    expect(await calls({ method: "PUT", body: stream(), idempotent: true })).toBe(1);
    async function* generate(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1);
    }
    expect(await calls({ method: "PUT", body: generate() as never, idempotent: true })).toBe(1);
    const request = new Request(URL_, { method: "PUT", body: "text" });
    expect(await calls({}, request)).toBe(1);
  });

  test.each([["text"], [new Uint8Array(2)], [new URLSearchParams("a=1")], [new Blob(["x"])], [new FormData()]])(
    "a body that is %s can be sent again",
    async (body) => {
      expect(await calls({ method: "PUT", body })).toBe(3);
    },
  );

  test("a Request's method counts", async () => {
    expect(await calls({}, new Request(URL_))).toBe(3);
    expect(await calls({}, new Request(URL_, { method: "POST" }))).toBe(1);
  });

  test("is what a hedge goes by too", async () => {
    const clock = manualClock();
    const send = vi.fn(() => new Promise<Response>(() => undefined));
    const hedged = guardedFetch(policy("p", { hedge: { after: 10 }, clock }), send);
    void hedged(URL_, { method: "POST", body: "x" });
    await clock.advance(100);
    expect(send).toHaveBeenCalledTimes(1);
    void hedged(URL_);
    await clock.advance(100);
    expect(send).toHaveBeenCalledTimes(3);
  });
});

test("Retry-After is honoured", async () => {
  const clock = manualClock();
  const fetch = fetching(status(429, { "retry-after": "4" }), ok);
  const guarded = policy("upstream", { retry: { initialDelay: 0, jitter: "none" }, clock });
  const response = guardedFetch(guarded, fetch)(URL_);
  await clock.advance(3999);
  expect(fetch).toHaveBeenCalledTimes(1);
  await clock.advance(1);
  expect((await response).status).toBe(200);
});

test("failing statuses open the breaker, whose refusal is thrown", async () => {
  const guarded = policy("upstream", { breaker: { minimumCalls: 2 }, clock: manualClock() });
  const send = guardedFetch(guarded, fetching(status(503)));
  expect((await send(URL_)).status).toBe(503);
  expect((await send(URL_)).status).toBe(503);
  await expect(send(URL_)).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
});

test("a breaker that opens between two attempts leaves the last response, its body whole", async () => {
  const guarded = policy("p", {
    retry: { attempts: 3, initialDelay: 0 },
    breaker: { minimumCalls: 2 },
    clock: manualClock(),
  });
  const response = await guardedFetch(guarded, fetching(status(503)))(URL_);
  expect([response.status, await response.text()]).toEqual([503, "status 503"]);
  expect(guarded.breaker?.state).toBe("open");
});

test("the statuses that fail can be chosen", async () => {
  const fetch = fetching(status(500), ok);
  const response = await guardedFetch(retrying(), fetch, { failureStatuses: [500] })(URL_);
  expect(response.status).toBe(200);
});

test("init goes through, and the signal is the call's", async () => {
  const clock = manualClock();
  const send = vi.fn(
    (_input: unknown, init?: RequestInit) =>
      new Promise<Response>((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))),
  );
  const late = guardedFetch(policy("p", { timeout: 100, clock }), send)(URL_, {
    method: "PUT",
    headers: { a: "b" },
    body: "x",
    idempotent: true,
  });
  late.catch(() => undefined);
  await clock.advance(100);
  await expect(late).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT" });
  const init = send.mock.calls[0]?.[1] as RequestInit;
  expect(init).toMatchObject({ method: "PUT", headers: { a: "b" }, body: "x" });
  expect("idempotent" in init).toBe(false);
  expect(init.signal?.aborted).toBe(true);
});

test("the caller's own signal ends a run at once, and governs the body after it", async () => {
  const controller = new AbortController();
  const hung = guardedFetch(retrying(), () => new Promise<Response>(() => undefined))(URL_, {
    signal: controller.signal,
  });
  controller.abort("gone");
  await expect(hung).rejects.toBe("gone");
  const later = new AbortController();
  let given: AbortSignal | undefined;
  await guardedFetch(retrying(), async (_input, init) => {
    given = init?.signal as AbortSignal;
    return ok();
  })(URL_, { signal: later.signal });
  expect(given?.aborted).toBe(false);
  later.abort("stop reading");
  expect(given?.reason).toBe("stop reading");
});

test("the global fetch is looked up on each call", async () => {
  const spy = vi.spyOn(globalThis, "fetch").mockResolvedValue(ok());
  const send = guardedFetch(retrying());
  await send(URL_);
  expect(spy).toHaveBeenCalledOnce();
  spy.mockRestore();
});

test("null is not an init, as with fetch", async () => {
  const response = await guardedFetch(retrying(), fetching(ok))(URL_, null as never);
  expect(response.status).toBe(200);
});

test("wrong arguments are refused", async () => {
  expect(() => guardedFetch({} as never)).toThrow(TypeError);
  expect(() => guardedFetch(retrying(), 7 as never)).toThrow(/fetch/);
  expect(() => guardedFetch(retrying(), undefined, { statuses: [] } as never)).toThrow(/statuses/);
  expect(() => guardedFetch(retrying(), undefined, { failureStatuses: [42] })).toThrow(/failureStatuses/);
  await expect(guardedFetch(retrying(), fetching(ok))(URL_, { idempotent: 1 } as never)).rejects.toThrow(/idempotent/);
});

/** As another realm or undici has it: neither the class nor its prototype is ours. */
const foreignRequest = (method: string, body: unknown = null): Request =>
  ({ url: URL_, method, body, signal: undefined, [Symbol.toStringTag]: "Request" }) as unknown as Request;

test("a POST that comes as a Request of another realm is sent once", async () => {
  const fetch = fetching(status(503));
  expect((await guardedFetch(retrying(), fetch)(foreignRequest("POST"))).status).toBe(503);
  expect(fetch).toHaveBeenCalledTimes(1);
  await guardedFetch(retrying(), fetch)(foreignRequest("post"));
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("a GET that comes as a Request of another realm is repeated, and one with a body is not", async () => {
  const fetch = fetching(status(503), ok);
  expect((await guardedFetch(retrying(), fetch)(foreignRequest("GET"))).status).toBe(200);
  const put = fetching(status(503), ok);
  expect((await guardedFetch(retrying(), put)(foreignRequest("PUT", { getReader: () => undefined }))).status).toBe(503);
  expect(put).toHaveBeenCalledTimes(1);
});

test("what is neither a string nor a URL nor a request with a method is sent once", async () => {
  for (const input of [{ toString: () => URL_ }, { url: URL_, method: 7 }, [URL_]]) {
    const fetch = fetching(status(503));
    await guardedFetch(retrying(), fetch)(input as never);
    expect(fetch).toHaveBeenCalledTimes(1);
  }
});

test("a URL of another realm is repeated as a GET", async () => {
  const fetch = fetching(status(503), ok);
  expect((await guardedFetch(retrying(), fetch)({ href: URL_, toString: () => URL_ } as never)).status).toBe(200);
});

test("a POST of undici is sent once, to a real server and with its body", async () => {
  const undici = await import("undici");
  const seen: string[] = [];
  await using server = await serve((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(503).end("busy");
  });
  const guarded = guardedFetch(retrying(), undici.fetch);
  const bare = new undici.Request(`${server.url}/a`, { method: "POST" });
  expect((await guarded(bare as unknown as Request)).status).toBe(503);
  const withBody = new undici.Request(`${server.url}/b`, { method: "POST", body: "amount=1" });
  expect((await guarded(withBody as unknown as Request)).status).toBe(503);
  expect(seen).toEqual(["POST /a", "POST /b"]);
});

test.each(["not a url", "http://"])("the invalid URL %j is not tried again", async (url) => {
  const fetch = vi.fn((input: string | URL | Request, init?: RequestInit) => globalThis.fetch(input, init));
  await expect(guardedFetch(retrying(), fetch)(url)).rejects.toThrow(TypeError);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("an init that fetch refuses is not tried again", async () => {
  const fetch = vi.fn((input: string | URL | Request, init?: RequestInit) => globalThis.fetch(input, init));
  const init = { method: "PUT", headers: { "not a name": "1" } };
  await expect(guardedFetch(retrying(), fetch)("http://127.0.0.1:9/", init)).rejects.toThrow(TypeError);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("a breaker opens on a service that answers 500 to everything", async () => {
  const guarded = policy("p", { breaker: { minimumCalls: 3 }, clock: manualClock() });
  for (let i = 0; i < 3; i++) expect((await guardedFetch(guarded, fetching(status(500)))(URL_)).status).toBe(500);
  expect(guarded.breaker?.state).toBe("open");
});

describe("a body that is watched", () => {
  const chunks = (count: number, clock: ReturnType<typeof manualClock>, gap: number) => () => {
    let sent = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (sent === count) return controller.close();
        sent += 1;
        if (sent > 1) await new Promise<void>((resolve) => void clock.schedule(resolve, gap));
        controller.enqueue(new TextEncoder().encode(`${sent} `));
      },
    });
    return new Response(body, { headers: { "x-kind": "stream" } });
  };

  test("a body that stalls longer than bodyIdleTimeout fails the reader, and aborts the request", async () => {
    const clock = manualClock();
    const fetch = fetching(chunks(3, clock, 5000));
    const response = await guardedFetch(retrying(), fetch, { bodyIdleTimeout: "1s", clock })(URL_);
    const read = response.text().catch((error: unknown) => error);
    await clock.advance("10s");
    expect(await read).toMatchObject({ code: "RESILIENCE_TIMEOUT" });
    expect(fetch.mock.calls[0]?.[1]?.signal?.aborted).toBe(true);
    expect(response.headers.get("x-kind")).toBe("stream");
  });

  test("a body whose chunks come in time is whole, however long it takes in all, and leaves no timer", async () => {
    const clock = manualClock();
    const response = await guardedFetch(retrying(), fetching(chunks(4, clock, 900)), { bodyIdleTimeout: "1s", clock })(
      URL_,
    );
    const read = response.text();
    await clock.advance("10s");
    expect(await read).toBe("1 2 3 4 ");
    expect(clock.pending).toBe(0);
  });

  test("with the verdict at the end of the body, a body that breaks off is a failure of the breaker and not retried", async () => {
    const guarded = policy("p", {
      retry: { attempts: 3, initialDelay: 0 },
      breaker: { minimumCalls: 1 },
      clock: manualClock(),
    });
    const broken = (): Response => new Response(new ReadableStream({ pull: (c) => c.error(new Error("reset")) }));
    const fetch = fetching(broken);
    const response = await guardedFetch(guarded, fetch, { verdict: "body" })(URL_);
    await expect(response.text()).rejects.toThrow("reset");
    await new Promise((resolve) => setImmediate(resolve));
    expect(guarded.breaker?.state).toBe("open");
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test("with the verdict at the end of the body, the timeout of the policy covers the body", async () => {
    const clock = manualClock();
    const guarded = policy("p", { timeout: "2s", clock });
    const fetch = fetching(chunks(9, clock, 900));
    const send = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const answer = await fetch(input, init);
      const { signal } = init ?? {};
      const cut = new TransformStream();
      answer.body?.pipeTo(cut.writable, { signal: signal as AbortSignal }).catch(() => undefined);
      return new Response(cut.readable);
    };
    const response = await guardedFetch(guarded, send, { verdict: "body" })(URL_);
    const read = response.text().catch((error: unknown) => error);
    await clock.advance("10s");
    expect(await read).toMatchObject({ code: "RESILIENCE_TIMEOUT" });
  });

  test("a slot is held until the body has been read, and a reader that stops early frees it", async () => {
    const guarded = policy("p", { bulkhead: { concurrency: 1 } });
    const get = guardedFetch(guarded, fetching(ok), { verdict: "body" });
    const response = await get(URL_);
    expect(guarded.bulkhead?.active).toBe(1);
    await response.body?.cancel();
    await new Promise((resolve) => setImmediate(resolve));
    expect(guarded.bulkhead?.active).toBe(0);
    expect(await (await get(URL_)).text()).toBe("fine");
  });
});
