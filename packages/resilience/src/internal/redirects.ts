import { idHeaders, type OriginRule } from "./forwarded-ids.ts";
import { isReplayable, methodOf, requestOf, targetOf } from "./request-shape.ts";
import { isNeverSent, markNeverSent } from "./unsent.ts";

/** What sends a request. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** A request that is sent hop by hop. */
export interface Hops {
  readonly fetch: Fetch;
  readonly input: string | URL | Request;
  readonly init: RequestInit;
  /** Where the ids of the context may go; `undefined` for nowhere. */
  readonly origins: OriginRule | undefined;
}

const MOST_REDIRECTS = 20;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const SECRET_HEADERS: readonly string[] = ["authorization", "proxy-authorization", "cookie", "host"];
const BODY_HEADERS: readonly string[] = [
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
  "content-length",
];

/**
 * Sends a request and follows its redirects as `fetch` does (Fetch Standard, 4.4), one hop at a time: so the ids of the
 * context go to no origin that is not allowed, and it is known whether a failure came before anything was sent.
 */
export async function sendInHops({ fetch, input, init, origins }: Hops): Promise<Response> {
  const target = targetOf(input);
  if (target === undefined || mustLeaveToFetch(input, init)) return fetch(input, init);
  if (redirectMode(input, init) !== "follow") return sendFirst(fetch, withIds({ input, init }, target, origins));
  const first = withIds({ input, init }, target, origins);
  let response = await sendFirst(fetch, { ...first, init: { ...first.init, redirect: "manual" } });
  let hop: Hop = { input, init };
  let url = target;
  for (let redirects = 1; ; redirects++) {
    const next = nextUrl(response, url, redirects);
    if (next === undefined) return redirects === 1 ? response : asRedirected(response, url);
    hop = { input: next, init: nextInit(hop, response.status, next.origin === url.origin) };
    await response.body?.cancel().catch(() => undefined);
    url = next;
    const sent = withIds(hop, url, origins);
    response = await fetch(sent.input, { ...sent.init, redirect: "manual" });
  }
}

/** Whether there is a reason not to leave the redirects to `fetch`. */
export function mayForward(input: unknown, origins: OriginRule | undefined): boolean {
  const target = origins === undefined ? undefined : targetOf(input);
  return target !== undefined && origins?.(target) === true && idHeaders() !== undefined;
}

interface Hop {
  readonly input: string | URL | Request;
  readonly init: RequestInit;
}

function redirectMode(input: unknown, init: RequestInit): unknown {
  return init.redirect ?? requestOf(input)?.redirect ?? "follow";
}

/** The body of a `Request` can be read only once, and `fetch` alone can send it a second time after a redirect. */
function mustLeaveToFetch(input: unknown, init: RequestInit): boolean {
  const body: unknown = init.body ?? requestOf(input)?.body ?? undefined;
  return redirectMode(input, init) === "follow" && body !== undefined && init.body === undefined;
}

async function sendFirst(fetch: Fetch, { input, init }: Hop): Promise<Response> {
  try {
    return await fetch(input, init);
  } catch (error) {
    throw isNeverSent(error) && isReplayable(input, init) ? markNeverSent(error) : error;
  }
}

function withIds({ input, init }: Hop, url: URL, origins: OriginRule | undefined): Hop {
  const ids = origins?.(url) === true ? missingIds(input, init) : undefined;
  return ids === undefined
    ? { input, init }
    : { input, init: { ...init, headers: { ...headersOf(input, init), ...ids } } };
}

/** Where the response redirects to; `undefined` if it does not. */
function nextUrl(response: Response, url: URL, redirects: number): URL | undefined {
  const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
  if (location === null) return undefined;
  const next = URL.parse(location, url.href);
  if (next === null || !/^https?:$/.test(next.protocol) || redirects > MOST_REDIRECTS)
    throw new TypeError("fetch failed", { cause: new Error(redirectProblem(next, redirects)) });
  if (next.hash === "") next.hash = url.hash;
  return next;
}

/** The id headers that the caller has not set. */
function missingIds(input: unknown, init: RequestInit): Record<string, string> | undefined {
  const ids = idHeaders();
  if (ids === undefined) return undefined;
  const given = headersOf(input, init);
  if (given.traceparent !== undefined || given.tracestate !== undefined) {
    delete ids.traceparent;
    delete ids.tracestate;
  }
  if (given["x-request-id"] !== undefined) delete ids["x-request-id"];
  return ids;
}

/** The headers as a plain object, which the `fetch` of every library takes. */
function headersOf(input: unknown, init: RequestInit): Record<string, string> {
  const headers = new Headers(init.headers ?? (requestOf(input)?.headers as RequestInit["headers"]) ?? {});
  return Object.fromEntries(headers);
}

function nextInit({ input, init }: Hop, status: number, sameOrigin: boolean): RequestInit {
  const method = methodOf(input, init) ?? "GET";
  const headers = headersOf(input, init);
  const drop = (names: readonly string[]): void => {
    for (const name of names) delete headers[name];
  };
  if (!sameOrigin) drop(SECRET_HEADERS);
  const turnsToGet = status === 303 ? method !== "GET" && method !== "HEAD" : status < 303 && method === "POST";
  if (!turnsToGet && !isReplayable(input, init))
    throw new TypeError("fetch failed", { cause: new Error("a redirect asks for a body again that is a stream") });
  if (!turnsToGet) return { ...init, method, headers };
  drop(BODY_HEADERS);
  const { body: _, ...rest } = init;
  return { ...rest, method: "GET", headers };
}

function redirectProblem(next: URL | null, redirects: number): string {
  if (redirects > MOST_REDIRECTS) return `there were more than ${MOST_REDIRECTS} redirects`;
  return next === null ? "the Location of a redirect is not a URL" : "a redirect leads to a URL that is not HTTP";
}

/** The response of a later hop says that it was redirected, as that of `fetch` does. */
function asRedirected(response: Response, url: URL): Response {
  const members: PropertyDescriptorMap = { redirected: { value: true, configurable: true } };
  if (response.url === "") members.url = { value: url.href, configurable: true };
  return Object.defineProperties(response, members);
}
