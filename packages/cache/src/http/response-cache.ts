import { createHash } from "node:crypto";
import { type ByteSize, toBytes } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { checkOptions, optionalFunction, requiredFunction, showValue, withDefault } from "@seaworthy/core/options";
import type { Cache } from "../cache.ts";
import { storability } from "../internal/response-rules.ts";
import { entityTag, isNotModified } from "./entity-tag.ts";

/** A response as it is kept: plain data, so that any codec can write it. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** In base64. */
  readonly body: string;
  /** Whether requests with credentials may get it. */
  readonly isPublic: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly storedAt: number;
}

/** Options of {@link createResponseCache}. */
export interface ResponseCacheOptions {
  /** Where responses are kept. Its name should be theirs alone. */
  cache: Cache<unknown>;
  /** What a request is kept by, such as its URL without parameters that do not matter. @default its URL */
  key?: (request: Request) => string;
  /** The tags of a response, for `cache.invalidateTag`. @default none */
  tags?: (request: Request) => readonly string[];
  /** Larger bodies are passed on and not kept, 1 or more. @default "1mib" */
  bodyLimit?: ByteSize;
}

/** Answers requests from a cache of responses, and by the handler otherwise. */
export type ResponseCache = (
  request: Request,
  handler: (request: Request) => Response | Promise<Response>,
) => Promise<Response>;

/** What a load gives: a response that is kept, or the reason why none is. */
type Loaded = StoredResponse | { readonly isKept: false };

const OPTIONS = ["cache", "key", "tags", "bodyLimit"];
const NOT_KEPT: Loaded = Object.freeze({ isKept: false });
const HEADERS_OF_NOT_MODIFIED = ["cache-control", "content-location", "date", "etag", "expires", "vary", "age"];

/**
 * Keeps responses to `GET` as a shared cache does (RFC 9111): only with `s-maxage` or `max-age`; never with `no-store`,
 * `no-cache`, `private`, `Set-Cookie` or `Vary: *`; by the headers that `Vary` names; and for requests with `Authorization` or
 * `Cookie` only if the response is `public` or has `s-maxage`. Requests with `no-store` or `Range` are passed on. A response gets
 * an entity tag, and a client that has it gets 304.
 *
 * Requests and responses are those of the Web platform, as Hono and fetch handlers have them.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createCache } from "@seaworthy/cache";
 * import { cacheControl, createResponseCache } from "@seaworthy/cache/http";
 * await using cache = createCache({ name: "responses", ttl: "1m" });
 * const respond = createResponseCache({ cache });
 * let calls = 0;
 * const handler = () => Response.json({ calls: ++calls }, { headers: { "cache-control": cacheControl({ maxAge: "1m" }) } });
 * for (let n = 0; n < 2; n++) await respond(new Request("http://example.com/"), handler);
 * console.log(calls); // 1
 * ```
 */
export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  checkOptions("createResponseCache", options, OPTIONS);
  if (typeof readMember(options.cache, "getOrLoad") !== "function")
    throw new TypeError(`cache must be a cache of createCache(); got ${showValue(options.cache)}`);
  optionalFunction("key", options.key);
  optionalFunction("tags", options.tags);
  const limit = toBytes(withDefault(options.bodyLimit, "1mib"), "bodyLimit");
  return async (request, handler) => {
    requiredFunction("handler", handler);
    if (!mayLookUp(request)) return handler(request);
    return new Exchange(options, limit, request, handler).answer();
  };
}

function mayLookUp({ method, headers }: Request): boolean {
  const control = headers.get("cache-control") ?? "";
  return method === "GET" && !headers.has("range") && !/(?:^|[\s,])no-store(?:$|[\s,])/i.test(control);
}

/** One request on its way through the cache. */
class Exchange {
  readonly #options: ResponseCacheOptions;
  readonly #limit: number;
  readonly #request: Request;
  readonly #handler: (request: Request) => Response | Promise<Response>;
  #own: Response | undefined;

  constructor(
    options: ResponseCacheOptions,
    limit: number,
    request: Request,
    handler: (request: Request) => Response | Promise<Response>,
  ) {
    this.#options = options;
    this.#limit = limit;
    this.#request = request;
    this.#handler = handler;
  }

  async answer(): Promise<Response> {
    const { cache, key = urlOf } = this.#options;
    const base = digest([key(this.#request)]);
    const vary = namesOf(await cache.get(`vary:${base}`));
    const loaded = await cache.getOrLoad<unknown>(this.#keyOf(base, vary), async () => this.#load(base, vary), {
      ttl: (value) => (isStored(value) ? remaining(value) : 0),
      tags: this.#tags,
    });
    // What was not kept belongs to the caller whose request it answers.
    if (this.#own !== undefined) return this.#own;
    if (!isStored(loaded) || (this.#hasCredentials && !loaded.isPublic)) return this.#handler(this.#request);
    return this.#respond(loaded);
  }

  get #tags(): readonly string[] {
    return this.#options.tags?.(this.#request) ?? [];
  }

  get #hasCredentials(): boolean {
    return this.#request.headers.has("authorization") || this.#request.headers.has("cookie");
  }

  async #load(base: string, vary: readonly string[]): Promise<Loaded> {
    const response = await this.#handler(this.#request);
    const rules = storability(response, this.#hasCredentials);
    if (rules === undefined || Number(response.headers.get("content-length") ?? 0) > this.#limit) {
      this.#own = response;
      return NOT_KEPT;
    }
    const bytes = Buffer.from(await response.arrayBuffer());
    const headers = [...response.headers].filter(([name]) => name !== "age");
    const { status } = response;
    if (!response.headers.has("etag") && status === 200) headers.push(["etag", entityTag(bytes, { weak: true })]);
    const body = bytes.toString("base64");
    const stored = { status, headers, body, isPublic: rules.isPublic, storedAt: Date.now() };
    if (bytes.length <= this.#limit && same(rules.vary, vary)) return stored;
    this.#own = this.#respond(stored);
    if (bytes.length <= this.#limit) await this.#move(base, rules, stored);
    return NOT_KEPT;
  }

  /** Keeps a response by the headers that turned out to matter. */
  async #move(base: string, rules: { vary: readonly string[]; ttl: number }, stored: StoredResponse): Promise<void> {
    const { cache } = this.#options;
    const [ttl, tags] = [rules.ttl, this.#tags];
    await cache.set(this.#keyOf(base, rules.vary), stored, { ttl, tags });
    await cache.set(`vary:${base}`, rules.vary, { ttl, tags });
  }

  #keyOf(base: string, vary: readonly string[]): string {
    return `response:${base}:${digest(vary.map((name) => `${name}:${this.#request.headers.get(name) ?? ""}`))}`;
  }

  #respond(stored: StoredResponse): Response {
    const headers = new Headers(stored.headers.map(([name, value]): [string, string] => [name, value]));
    headers.set("age", String(Math.max(0, Math.floor((Date.now() - stored.storedAt) / 1000))));
    const tag = headers.get("etag");
    if (tag !== null && isNotModified(this.#request.headers.get("if-none-match"), tag)) {
      for (const name of [...headers.keys()]) if (!HEADERS_OF_NOT_MODIFIED.includes(name)) headers.delete(name);
      return new Response(null, { status: 304, headers });
    }
    const isEmpty = stored.status === 204 || stored.status === 304;
    return new Response(isEmpty ? null : Buffer.from(stored.body, "base64"), { status: stored.status, headers });
  }
}

const urlOf = (request: Request): string => request.url;

const digest = (parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url");

const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function isStored(value: unknown): value is StoredResponse {
  return typeof readMember(value, "status") === "number" && Array.isArray(readMember(value, "headers"));
}

function remaining({ status, headers }: StoredResponse): number {
  const response = new Response(null, {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
  return storability(response, false)?.ttl ?? 0;
}
