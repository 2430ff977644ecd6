import type { IncomingMessage } from "node:http";
import type { Incoming } from "./exchange-parts.ts";
import { before } from "./members.ts";

/** A request of node:http, or of Express, which keeps the target that it came with. */
export type NodeRequest = IncomingMessage & { originalUrl?: string };

/** A request of node:http, as the edge reads it. */
export class NodeIncoming implements Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly socketAddress: string | undefined;
  readonly #request: IncomingMessage;

  constructor(request: NodeRequest) {
    const url = request.originalUrl ?? request.url ?? "/";
    const target = url.startsWith("/") && !url.includes("#") ? url : plainTarget(url);
    const mark = target.indexOf("?");
    this.#request = request;
    this.method = request.method ?? "GET";
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? "" : target.slice(mark + 1);
    this.socketAddress = request.socket.remoteAddress; // a socket that has closed does not know it any more
  }

  get host(): string | undefined {
    const { host, ":authority": authority } = this.#request.headers;
    return host ?? (authority as string | undefined);
  }

  get hasTwoHosts(): boolean {
    return hasTwoHosts(this.#request);
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }
}

/** Whether a request has more than one `Host`, of which node:http keeps the first. */
export function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts > 1;
}

/**
 * A request's target without what routers do not look at either: scheme, user and host of the absolute form (RFC 9112,
 * 3.2.2), and a fragment, which no client should send. Otherwise limits would miss what a router serves.
 */
function plainTarget(url: string): string {
  const target = before(url, "#").replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, "");
  return target === "" || target.startsWith("?") ? `/${target}` : target;
}
