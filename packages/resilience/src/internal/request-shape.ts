const IDEMPOTENT: readonly string[] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

/** What a `Request` has, of this realm, of another one, or of undici. */
export interface RequestShape {
  readonly url?: unknown;
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly redirect?: unknown;
  readonly signal?: unknown;
}

/** The input as a request; `undefined` if it is a string or a URL. `fetch` turns every other value into a string. */
export function requestOf(input: unknown): RequestShape | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const { href, method }: { href?: unknown; method?: unknown } = input;
  return typeof href === "string" && method === undefined ? undefined : input;
}

/** The method in capital letters; `undefined` if it cannot be read. */
export function methodOf(input: unknown, init: RequestInit): string | undefined {
  const request = requestOf(input);
  const method: unknown = init.method ?? (request === undefined ? "GET" : request.method);
  return typeof method === "string" ? method.toUpperCase() : undefined;
}

/** Whether the method is idempotent (RFC 9110, 9.2.2). */
export function isIdempotent(input: unknown, init: RequestInit): boolean {
  const method = methodOf(input, init);
  return method !== undefined && IDEMPOTENT.includes(method);
}

/** Whether the same request can be sent again: a stream can be read only once. */
export function isReplayable(input: unknown, init: RequestInit): boolean {
  const body: unknown = init.body;
  if (body === undefined || body === null) {
    const request = requestOf(input);
    return request === undefined || request.body === null || request.body === undefined;
  }
  if (typeof body !== "object") return true;
  const { getReader }: { getReader?: unknown } = body;
  return typeof getReader !== "function" && !(Symbol.asyncIterator in body);
}

/** The target as a URL of HTTP; `undefined` if it is not one. */
export function targetOf(input: unknown): URL | undefined {
  const target = requestOf(input)?.url ?? input;
  const url = URL.parse(String(target));
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}
