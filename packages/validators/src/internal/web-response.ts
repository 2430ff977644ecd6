import type { IncomingMessage } from "node:http";
import { pipeline, Readable, Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Hop } from "./redirects.ts";

interface ResponseOptions {
  readonly redirected: boolean;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

const WITHOUT_BODY = new Set([101, 204, 205, 304]);
const DECODERS: ReadonlyMap<string, () => Transform> = new Map(
  Object.entries({
    gzip: createGunzip,
    "x-gzip": createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  }),
);

/** Converts a response of `node:http` to a standard `Response`, with its body decoded and limited. */
export function responseOf(answer: IncomingMessage, hop: Hop, options: ResponseOptions): Response {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    headers.append(answer.rawHeaders[i] ?? "", answer.rawHeaders[i + 1] ?? "");
  const isEmpty = hop.method === "HEAD" || WITHOUT_BODY.has(status);
  if (isEmpty) answer.resume();
  const body = isEmpty ? null : (Readable.toWeb(decoded(answer, options)) as ReadableStream<Uint8Array>);
  const response = new Response(body, { status, statusText: answer.statusMessage ?? "", headers });
  const { href } = hop.url;
  Object.defineProperty(response, "url", {
    value: href.slice(0, href.length - hop.url.hash.length),
    configurable: true,
  });
  Object.defineProperty(response, "redirected", { value: options.redirected, configurable: true });
  return response;
}

function decoded(answer: IncomingMessage, { mostBytes, signal }: ResponseOptions): Readable {
  const stop = (): void => void answer.destroy(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  answer.once("close", () => signal.removeEventListener("abort", stop));
  const codings = (answer.headers["content-encoding"] ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  const decoders = codings.reverse().flatMap((name) => DECODERS.get(name)?.() ?? []);
  let count = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _, done) {
      count += chunk.length;
      if (count > mostBytes) done(new TypeError(`the body has more than ${mostBytes} bytes`));
      else done(null, chunk);
    },
  });
  // An error of any stream destroys the last one, so that the reader of the body receives it.
  pipeline([answer, ...decoders, limit], () => undefined);
  return limit;
}
