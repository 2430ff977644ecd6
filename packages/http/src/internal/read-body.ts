import type { IncomingMessage } from "node:http";
import { boundedJson } from "@seaworthy/validators/request";
import { errors } from "../errors.ts";

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const OTHER_CHARSET = /charset=(?!"?utf-8)/i;
const DEPTH = 64;

/**
 * Reads a JSON body of at most `limit` bytes; no body is `undefined`. What it refuses is still there to be discarded, so
 * that the client gets to read why.
 *
 * @throws HTTP_UNSUPPORTED_MEDIA_TYPE if it is not announced as JSON in UTF-8, or not announced at all
 * @throws HTTP_BODY_TOO_LARGE as soon as the limit is passed, announced or counted
 * @throws HTTP_MALFORMED_JSON if it is not JSON, or nested or keyed beyond bounds
 */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const header = (name: string): string | undefined => request.headers[name] as string | undefined;
  checkJsonHeaders(header, limit);
  return parseJson(await readBytes(request, limit), limit, header("content-type"));
}

/** Refuses by its headers a body that would not be read. */
export function checkJsonHeaders(header: (name: string) => string | undefined, limit: number): void {
  const type = header("content-type");
  const announced = Number(header("content-length") ?? 0) > 0 || header("transfer-encoding") !== undefined;
  // A body without a type needs no preflight in a browser: taken for JSON, it would let other origins write.
  if (type === undefined ? announced : !JSON_TYPE.test(type) || OTHER_CHARSET.test(type))
    throw errors.HTTP_UNSUPPORTED_MEDIA_TYPE();
  const encoding = header("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") throw errors.HTTP_UNSUPPORTED_MEDIA_TYPE();
  if (Number(header("content-length") ?? 0) > limit) throw errors.HTTP_BODY_TOO_LARGE({ limit });
}

function readBytes(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (action: () => void): void => {
      request.off("data", onData).off("end", onEnd).off("error", onFailure).off("close", onFailure);
      action();
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= limit) return void chunks.push(chunk);
      settle(() => reject(errors.HTTP_BODY_TOO_LARGE({ limit })));
      request.resume(); // read on and thrown away: a client that still writes would not see the answer
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks)));
    // The client left, or broke the framing: there is no client to answer, and it is not a fault of this service.
    const onFailure = (): void => settle(() => reject(errors.HTTP_MALFORMED_REQUEST()));
    if (request.readableEnded || request.destroyed) return onEnd();
    request.on("data", onData).on("end", onEnd).on("error", onFailure).on("close", onFailure);
  });
}

/** Parses bytes as JSON within bounds; without bytes there is no body, and the result is `undefined`. */
export function parseJson(bytes: Uint8Array, limit: number, type: string | undefined): unknown {
  if (bytes.length === 0) return undefined;
  if (type === undefined) throw errors.HTTP_UNSUPPORTED_MEDIA_TYPE(); // HTTP/2 does not announce that a body comes
  if (bytes.length > limit) throw errors.HTTP_BODY_TOO_LARGE({ limit });
  try {
    return boundedJson(withoutMark(bytes), { bytes: limit, depth: DEPTH, keys: 10_000 });
  } catch {
    throw errors.HTTP_MALFORMED_JSON();
  }
}

/** A byte order mark may be ignored (RFC 8259, 8.1), and the parsers of Express and Fastify do. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/**
 * A body that the framework's own parser has read. Those take JSON of any depth, and whatever is recursive behind them,
 * such as a schema or `JSON.stringify`, would then overflow.
 *
 * @throws HTTP_MALFORMED_JSON if it is JSON nested beyond bounds
 */
export function parsedElsewhere(body: unknown, type: string | undefined): unknown {
  // Only JSON is surely a tree: parsers of forms put streams and files into what they give.
  if (type === undefined || !JSON_TYPE.test(type)) return body;
  let level = [body].filter(isContainer);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEPTH) throw errors.HTTP_MALFORMED_JSON();
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return body;
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;
