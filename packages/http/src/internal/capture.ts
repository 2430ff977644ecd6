import { isUtf8 } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { Answer, Header } from "../messages.ts";

type Method = (...values: unknown[]) => unknown;
type Values = Readonly<Record<string, unknown>>;

/** Headers of one connection, of one request, or made anew with each answer. */
const NOT_KEPT = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "x-request-id",
  "server-timing",
]);

/** What a handler sends by the framework's own means. */
export interface Capture {
  /** Whether the handler has written anything, or ended the answer; also if the client had left by then. */
  readonly begun: boolean;
  /** Resolves to the whole answer, or to `undefined` if the connection closes before the handler ends it. */
  answer(): Promise<Answer | undefined>;
}

/**
 * Records what is sent through a response, while it is sent.
 *
 * Headers are read when the head is written, before middleware that was installed earlier has changed them: bytes that
 * arrive here are not compressed yet, and neither may the recorded headers say so.
 */
export function captureAnswer(response: ServerResponse): Capture {
  const before: Values = { ...response.getHeaders() };
  const chunks: Buffer[] = [];
  const whole = Promise.withResolvers<Answer>();
  let headers: readonly Header[] | undefined;
  let ended = false;
  const atHead = (given: Values): void => {
    headers ??= changed(before, { ...response.getHeaders(), ...given });
  };
  const keep = (chunk: unknown, encoding: unknown): void => {
    atHead({});
    if (typeof chunk === "string") chunks.push(Buffer.from(chunk, charsetOf(encoding)));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const call = (method: Method | undefined, values: unknown[]): unknown => method?.apply(response, values);
  const { writeHead, write, end }: Readonly<Record<string, Method>> = Object(response);
  Object.assign(response, {
    writeHead(...values: unknown[]) {
      atHead(namedIn(values.at(-1)));
      return call(writeHead, values);
    },
    write(...values: unknown[]) {
      if (!ended) keep(values[0], values[1]);
      return call(write, values);
    },
    end(...values: unknown[]) {
      if (ended) return call(end, values);
      ended = true;
      keep(values[0], values[1]);
      const result = call(end, values);
      whole.resolve({ status: response.statusCode, headers: headers ?? [], ...textOf(Buffer.concat(chunks)) });
      return result;
    },
  });
  return {
    get begun() {
      return headers !== undefined;
    },
    answer() {
      if (ended) return whole.promise;
      if (response.closed) return Promise.resolve(undefined);
      const closed = new Promise<undefined>((resolve) => response.once("close", () => resolve(undefined)));
      return Promise.race([whole.promise, closed]);
    },
  };
}

const charsetOf = (encoding: unknown): BufferEncoding =>
  typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8";

const textOf = (bytes: Buffer): Pick<Answer, "body" | "base64"> =>
  isUtf8(bytes) ? { body: bytes.toString() } : { body: bytes.toString("base64"), base64: true };

/** The headers given to `writeHead`, as an object, a flat array, or an array of pairs. */
function namedIn(given: unknown): Values {
  if (typeof given !== "object" || given === null) return {};
  if (!Array.isArray(given)) return lowerCased(Object.entries(given));
  if (Array.isArray(given[0])) return lowerCased(given as [string, unknown][]);
  const pairs: [string, unknown][] = [];
  for (let i = 0; i + 1 < given.length; i += 2) pairs.push([String(given[i]), given[i + 1]]);
  return lowerCased(pairs);
}

const lowerCased = (pairs: readonly [string, unknown][]): Values =>
  Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));

function changed(before: Values, now: Values): readonly Header[] {
  const kept: Header[] = [];
  for (const [name, value] of Object.entries(now)) {
    if (value === undefined || NOT_KEPT.has(name) || String(before[name]) === String(value)) continue;
    for (const one of [value].flat()) kept.push([name, String(one)]);
  }
  return kept;
}
