import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test, vi } from "vitest";
import { cacheControl, createResponseCache, entityTag, isNotModified } from "../src/http.ts";
import { createCache } from "../src/index.ts";

const url = "http://service.example/orders?page=1";

function setUp(headers: Record<string, string>, status = 200) {
  const clock = manualClock();
  const cache = createCache({ name: "responses", ttl: "1h", clock, jitter: 0, earlyRefresh: 0 });
  const respond = createResponseCache({ cache, tags: () => ["orders"] });
  let calls = 0;
  const handler = vi.fn(async (request: Request) => {
    calls++;
    const greeting = `${request.headers.get("accept-language") ?? "en"} ${calls}`;
    return new Response(status === 204 ? null : greeting, { status, headers });
  });
  const get = (requestHeaders: Record<string, string> = {}, method = "GET"): Promise<Response> =>
    respond(new Request(url, { method, headers: requestHeaders }), handler);
  return { clock, cache, handler, get };
}

describe("the response cache", () => {
  test("keeps a response for its max-age, also for requests at the same time", async () => {
    const { clock, get, handler } = setUp({
      "cache-control": "max-age=60",
      "content-type": "text/plain; charset=utf-8",
    });
    const all = await Promise.all([get(), get(), get()]);
    expect(await Promise.all(all.map((response) => response.text()))).toEqual(["en 1", "en 1", "en 1"]);
    expect((await get()).headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect((await get()).headers.get("age")).toBe("0");
    expect(handler).toHaveBeenCalledTimes(1);
    await clock.advance("1m");
    expect(await (await get()).text()).toBe("en 2");
  });

  test.each<[string, Record<string, string>, number?]>([
    ["without a lifetime", {}],
    ["with max-age=0", { "cache-control": "max-age=0" }],
    ["with no-store", { "cache-control": "no-store, max-age=60" }],
    ["with no-cache", { "cache-control": "max-age=60, no-cache" }],
    ["that is private", { "cache-control": 'private="x, y", max-age=60' }],
    ["with a cookie", { "cache-control": "max-age=60", "set-cookie": "a=b" }],
    ["that varies by everything", { "cache-control": "max-age=60", vary: "*" }],
    ["that an earlier cache has kept for its whole life", { "cache-control": "max-age=60", age: "60" }],
    ["with status 500", { "cache-control": "max-age=60" }, 500],
    ["with status 206", { "cache-control": "max-age=60" }, 206],
    ["that is too large", { "cache-control": "max-age=60", "content-length": "2000000" }],
  ])("does not keep a response %s", async (_, headers, status) => {
    const { get, handler } = setUp(headers, status);
    const texts = await Promise.all([get(), get()].map(async (response) => (await response).text()));
    expect(texts.sort()).toEqual(["en 1", "en 2"]);
    await get();
    expect(handler).toHaveBeenCalledTimes(3);
  });

  test.each<[string, Record<string, string>, string?]>([
    ["no-store", { "cache-control": "No-Store" }],
    ["a range", { range: "bytes=0-1" }],
    ["another method", {}, "POST"],
  ])("passes on a request with %s", async (_, headers, method) => {
    const { get, handler } = setUp({ "cache-control": "max-age=60" });
    await get();
    await get(headers, method);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test.each(["authorization", "cookie"])("gives requests with `%s` only what is public", async (name) => {
    const own = setUp({ "cache-control": "max-age=60" });
    await own.get();
    expect(await (await own.get({ [name]: "a" })).text()).toBe("en 2");
    expect(await (await own.get({ [name]: "b" })).text()).toBe("en 3");
    expect(await (await own.get()).text()).toBe("en 1");
    for (const control of ["public, max-age=60", "s-maxage=60"]) {
      const open = setUp({ "cache-control": control });
      expect(await (await open.get({ [name]: "a" })).text()).toBe("en 1");
      expect(await (await open.get({ [name]: "b" })).text()).toBe("en 1");
    }
  });

  test("a response to a request with credentials is not given to one without", async () => {
    const { get } = setUp({ "cache-control": "max-age=60" });
    const [withOne, without] = await Promise.all([get({ authorization: "a" }), get()]);
    expect(await withOne.text()).not.toBe(await without.text());
  });

  test("keeps one response per value of the headers that Vary names", async () => {
    const { get, handler } = setUp({ "cache-control": "max-age=60", vary: "Accept-Language" });
    for (let round = 0; round < 2; round++) {
      expect(await (await get({ "accept-language": "de" })).text()).toBe("de 1");
      expect(await (await get({ "accept-language": "fr" })).text()).toBe("fr 2");
    }
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test("answers 304 to a client that has the body, and empty bodies as they are", async () => {
    const { get } = setUp({ "cache-control": "max-age=60", "x-other": "1" });
    const tag = (await get()).headers.get("etag") ?? "";
    expect(tag).toMatch(/^W\/"/);
    const again = await get({ "if-none-match": `"x", ${tag}` });
    expect([again.status, again.headers.get("etag"), again.headers.get("x-other")]).toEqual([304, tag, null]);
    const empty = setUp({ "cache-control": "max-age=60" }, 204);
    for (let n = 0; n < 2; n++) expect((await empty.get()).status).toBe(204);
    expect(empty.handler).toHaveBeenCalledTimes(1);
  });

  test("responses are invalidated by their tags, and a failure of the handler is passed on", async () => {
    const { get, cache, handler } = setUp({ "cache-control": "max-age=60" });
    await get();
    await cache.invalidateTag("orders");
    expect(await (await get()).text()).toBe("en 2");
    await cache.clear();
    handler.mockRejectedValueOnce(new Error("handler"));
    await expect(get()).rejects.toThrow("handler");
    expect(() => createResponseCache({ cache: {} as never })).toThrow("cache must be a cache");
    expect(() => createResponseCache({ cache, bodyLimit: -1 })).toThrow("bodyLimit must be");
  });
});

describe("the helpers", () => {
  test("cacheControl writes directives and refuses contradictions", () => {
    expect(cacheControl({ noStore: true })).toBe("no-store");
    expect(cacheControl({ private: true, maxAge: 1999, mustRevalidate: true })).toBe(
      "private, must-revalidate, max-age=1",
    );
    expect(cacheControl({ public: true, maxAge: "1d", immutable: true, staleWhileRevalidate: "1m" })).toBe(
      "public, immutable, max-age=86400, stale-while-revalidate=60",
    );
    expect(() => cacheControl({})).toThrow("at least one directive");
    expect(() => cacheControl({ noStore: true, maxAge: 1 })).toThrow("noStore excludes");
    expect(() => cacheControl({ private: true, public: true })).toThrow("private excludes");
    expect(() => cacheControl({ maxAge: Number.NaN })).toThrow("maxAge must be");
    expect(() => cacheControl({ maxage: 1 } as never)).toThrow('no option "maxage"');
  });

  test("entity tags are equal for equal bytes, and are compared weakly", () => {
    expect(entityTag("é")).toBe(entityTag(Buffer.from("é")));
    expect(entityTag("a")).not.toBe(entityTag("b"));
    expect(isNotModified("*", '"a"')).toBe(true);
    expect(isNotModified('W/"a"', '"a"')).toBe(true);
    expect(isNotModified('"b"', '"a"')).toBe(false);
    expect(isNotModified(undefined, '"a"')).toBe(false);
  });
});
