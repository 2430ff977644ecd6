import type { IncomingMessage } from "node:http";
import type { ReadableStream } from "node:stream/web";
import { withoutUndefined } from "@seaworthy/core/objects";

/** One request of a chain of redirects. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  /** A body that can be sent again. */
  readonly body?: Uint8Array;
  /** A body that can be sent once. */
  readonly stream?: ReadableStream;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const OF_A_BODY = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];
const OF_AN_ORIGIN = ["authorization", "cookie", "proxy-authorization", "host"];

/** Returns the body of a request. A body that came from memory is read into memory, so that it can be sent again. */
export async function bodyOf(request: Request, init: RequestInit | undefined): Promise<Pick<Hop, "body" | "stream">> {
  if (request.body === null) return {};
  const given: unknown = init?.body;
  const inMemory =
    typeof given === "string" ||
    given instanceof ArrayBuffer ||
    ArrayBuffer.isView(given) ||
    given instanceof URLSearchParams ||
    given instanceof Blob ||
    given instanceof FormData;
  return inMemory ? { body: new Uint8Array(await request.arrayBuffer()) } : { stream: request.body as ReadableStream };
}

/** Returns the request that a response redirects to (Fetch Standard, HTTP-redirect fetch), or undefined if it is final. */
export function follow(mode: Request["redirect"], hop: Hop, answer: IncomingMessage): Hop | undefined {
  const { location } = answer.headers;
  const status = answer.statusCode ?? 0;
  if (!REDIRECTS.has(status) || location === undefined || mode === "manual") return undefined;
  if (mode === "error") throw new TypeError("the response is a redirect");
  // Node reads header fields as Latin-1, but servers write UTF-8 into this one.
  const url = new URL(Buffer.from(location, "latin1").toString("utf8"), hop.url);
  if (url.hash === "") url.hash = hop.url.hash;
  if (url.username !== "" || url.password !== "")
    throw new TypeError("a redirect must not lead to a URL with a user name or a password");
  const headers = new Headers(hop.headers);
  if (url.origin !== hop.url.origin) for (const name of OF_AN_ORIGIN) headers.delete(name);
  const toGet = status === 303 ? hop.method !== "GET" && hop.method !== "HEAD" : status <= 302 && hop.method === "POST";
  if (toGet) {
    for (const name of OF_A_BODY) headers.delete(name);
    return { url, method: "GET", headers };
  }
  if (hop.stream !== undefined)
    throw new TypeError("a redirect requires the body again, but the body was a stream and has been consumed");
  return withoutUndefined({ url, method: hop.method, headers, body: hop.body });
}
