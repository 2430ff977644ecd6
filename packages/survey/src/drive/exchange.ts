import { type Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

/** A request that the survey sends. */
export interface Ask {
  readonly method?: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, any other value as JSON. */
  readonly body?: unknown;
  /** Milliseconds for the whole exchange. @default 10000 */
  readonly timeout?: number;
  /** @default a new connection per request */
  readonly agent?: Agent;
  /** The address of this machine from which the connection is made. */
  readonly localAddress?: string;
}

/** Why no whole answer came. */
export interface Loss {
  /**
   * `refused`: no connection. `reset`: the connection ended before any of the answer. `truncated`: it ended in the middle of
   * the answer. `timeout`: the answer was not complete in time. `malformed`: what came is not HTTP.
   */
  readonly kind: "refused" | "reset" | "truncated" | "timeout" | "malformed";
  readonly message: string;
}

/** A request and what came back. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** When it was sent, in milliseconds since the Unix epoch. */
  readonly sentAt: number;
  readonly duration: number;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The first MiB of the body, as UTF-8. */
  readonly body: string;
  readonly loss: Loss | undefined;
}

const LONGEST_BODY = 1 << 20;
const DEFAULT_TIMEOUT = 10_000;

/** Sends one request. Never rejects: what went wrong is the `loss` of the exchange. */
export function exchange(origin: URL, ask: Ask): Promise<Exchange> {
  const { method = "GET", path, timeout = DEFAULT_TIMEOUT, agent = false, localAddress } = ask;
  const [body, headers] = encoded(ask);
  const sentAt = Date.now();
  const begun = performance.now();
  return new Promise((resolve) => {
    let status: number | undefined;
    let received: Readonly<Record<string, string>> = {};
    const chunks: Buffer[] = [];
    let size = 0;
    let isDone = false;
    const end = (loss?: Loss): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString("utf8");
      const duration = performance.now() - begun;
      resolve({ method, path, sentAt, duration, status, headers: received, body: text, loss });
    };
    const send = origin.protocol === "https:" ? httpsRequest : httpRequest;
    const { hostname, port } = origin;
    const host = hostname.replace(/^\[|\]$/g, "");
    const outgoing = send({ host, port, method, path, headers, agent, localAddress, rejectUnauthorized: false });
    const timer = setTimeout(() => {
      end({ kind: "timeout", message: `no whole answer within ${timeout} ms` });
      outgoing.destroy();
    }, timeout);
    outgoing.on("error", (error: NodeJS.ErrnoException) => end(lossOf(error, status)));
    outgoing.on("response", (response) => {
      status = response.statusCode;
      received = flat(response.headers);
      response.on("data", (chunk: Buffer) => {
        if (size < LONGEST_BODY) chunks.push(chunk.subarray(0, LONGEST_BODY - size));
        size += chunk.length;
      });
      response.on("end", () => end());
      response.on("close", () => end({ kind: "truncated", message: `the answer ended after ${size} bytes` }));
      response.on("error", (error) => end({ kind: "truncated", message: error.message }));
    });
    outgoing.end(body);
  });
}

function encoded({ body, headers = {} }: Ask): [string | undefined, Record<string, string>] {
  if (body === undefined) return [undefined, { ...headers }];
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? {} : { "content-type": "application/json" };
  return [text, { ...type, "content-length": String(Buffer.byteLength(text)), ...headers }];
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) all[name] = String(value);
  return all;
}

function lossOf(error: NodeJS.ErrnoException, status: number | undefined): Loss {
  const message = error.code ?? error.message;
  if (status !== undefined) return { kind: "truncated", message };
  if (error.code === "ECONNREFUSED") return { kind: "refused", message };
  return { kind: error.code?.startsWith("HPE_") === true ? "malformed" : "reset", message };
}
