import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Answer } from "../messages.ts";
import type { Edge } from "./edge-core.ts";
import { bytesOf, grouped } from "./exchange-parts.ts";
import { REPRESENTATION, withoutDefaults } from "./node-exchange.ts";
import { checkJsonHeaders } from "./read-body.ts";

/** Handlers of the edge that read a body; Fastify's parser reads it for them. */
export const readRoutes: WeakSet<object> = new WeakSet();

/** Gives routes the body limit of the edge, and the edge's own routes the media types that it takes everywhere. */
export function installReading(app: FastifyInstance, edge: Edge): void {
  app.addHook("onRoute", (route) => {
    route.bodyLimit ??= edge.bodyLimit;
    if (!readRoutes.has(route.handler)) return;
    const limit = route.bodyLimit;
    const check = (request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: (error?: Error) => void) => {
      try {
        // A stream that another hook has put there, such as one that decompresses, is that hook's business.
        if (payload === request.raw) checkTypes(request, limit);
        done();
      } catch (error) {
        done(error as Error);
      }
    };
    route.preParsing = [...[route.preParsing ?? []].flat(), check] as NonNullable<typeof route.preParsing>;
  });
}

/** Parsers that the host has added, of forms for example, are used; those of Fastify accept other types than the edge does. */
function checkTypes(request: FastifyRequest, limit: number): void {
  const { headers } = request.raw;
  const type = headers["content-type"];
  const isEmpty = headers["content-length"] === "0";
  // Fastify's parser refuses an empty body as malformed; elsewhere it is a missing one.
  if (isEmpty) delete headers["content-type"];
  const isHosts = type !== undefined && !/json|^text\/plain/i.test(type) && request.server.hasContentTypeParser(type);
  if (!isEmpty && !isHosts) checkJsonHeaders((name) => headers[name] as string | undefined, limit);
}

/** Sends a whole answer by Fastify's means, so that its hooks see it. */
export function writeReply(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.status >= 400) for (const name of REPRESENTATION) reply.removeHeader(name);
  reply.removeHeader("content-length");
  for (const [name, value] of grouped(withoutDefaults(answer.headers, reply))) reply.header(name, value);
  const body = bytesOf(answer);
  return reply.code(answer.status).send(body.length === 0 ? undefined : body);
}
