import type { IncomingMessage } from "node:http";
import type { HonoRequest } from "hono";
import { errors } from "../errors.ts";
import type { Incoming } from "./exchange-parts.ts";
import { hasTwoHosts } from "./node-incoming.ts";
import { checkJsonHeaders, parseJson } from "./read-body.ts";

/** A request of Hono, as the edge reads it. */
export class WebIncoming implements Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly socketAddress: string | undefined;
  readonly #request: HonoRequest;
  readonly #raw: IncomingMessage | undefined;

  constructor(request: HonoRequest, socketAddress: string | undefined, raw: IncomingMessage | undefined) {
    const { url } = request;
    const mark = url.indexOf("?");
    this.#request = request;
    this.#raw = raw;
    this.method = request.method;
    this.path = request.path;
    this.query = mark < 0 ? "" : url.slice(mark + 1);
    this.socketAddress = socketAddress;
  }

  get host(): string | undefined {
    return this.#request.header("host") ?? new URL(this.#request.url).host;
  }

  get hasTwoHosts(): boolean {
    return this.#raw !== undefined && hasTwoHosts(this.#raw);
  }

  header(name: string): string | undefined {
    return this.#request.header(name);
  }
}

/** Reads the JSON body of a request of Hono, of at most `limit` bytes; fails as `readJson` does. */
export async function readWebJson(request: HonoRequest, limit: number): Promise<unknown> {
  checkJsonHeaders((name) => request.header(name), limit);
  const type = request.header("content-type");
  // The announced length is kept to by the HTTP parser, and the whole at once is several times faster. What other
  // middleware has read already, Hono keeps.
  if (request.header("content-length") !== undefined || request.raw.bodyUsed)
    return parseJson(new Uint8Array(await request.arrayBuffer()), limit, type);
  const reader = request.raw.body?.getReader();
  if (reader === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parseJson(Buffer.concat(chunks), limit, type);
    length += value.byteLength;
    if (length > limit) throw errors.HTTP_BODY_TOO_LARGE({ limit });
    chunks.push(value);
  }
}
