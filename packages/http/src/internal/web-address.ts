/** What the servers of other runtimes pass to `fetch` beside the request. */
interface Environment {
  /** Node: the request of node:http. */
  incoming?: { socket?: { remoteAddress?: string | undefined } };
  /** Deno. */
  remoteAddr?: { hostname?: unknown };
  /** Bun: the server itself, or an object that holds it. */
  requestIP?: (request: Request) => { address?: unknown } | null;
  server?: Environment;
  /** AWS Lambda: the event of API Gateway or of a function URL. */
  requestContext?: { http?: { sourceIp?: unknown }; identity?: { sourceIp?: unknown } };
}

/** The address of the other end of the connection of a request under Node, Bun, Deno or AWS Lambda. */
export function webAddress(environment: unknown, request: Request): string | undefined {
  const given: Environment = Object(environment);
  if (given.incoming !== undefined) return given.incoming.socket?.remoteAddress;
  if (typeof given.remoteAddr?.hostname === "string") return given.remoteAddr.hostname;
  const { http, identity } = given.requestContext ?? {};
  const source = http?.sourceIp ?? identity?.sourceIp;
  if (typeof source === "string") return source;
  const server = typeof given.requestIP === "function" ? given : given.server;
  if (typeof server?.requestIP !== "function") return undefined;
  const address = server.requestIP(request)?.address;
  return typeof address === "string" ? address : undefined;
}
