import type { IncomingMessage, ServerResponse } from "node:http";
import type { RouteInput, RouteSchemas } from "../route.ts";
import { captureAnswer } from "./capture.ts";
import type { Edge } from "./edge-core.ts";
import { exchangeOf, send } from "./node-exchange.ts";
import { perform, type RouteIo } from "./perform-route.ts";
import { readJson } from "./read-body.ts";

/** What a framework on node:http has read of a request already. */
interface Read {
  /** @default read from the request */
  body?: () => Promise<unknown>;
  query: unknown;
  params: unknown;
}

/**
 * Runs a route of the edge on a request and a response of node:http.
 *
 * @param mine - what a handler returns when it has answered by the framework's own means, such as `response.json()`
 */
export async function runNodeRoute<S extends RouteSchemas>(
  edge: Edge,
  request: IncomingMessage,
  response: ServerResponse,
  { schemas, read, mine }: { schemas: S; read: Read; mine: unknown },
  handler: (input: RouteInput<S>) => unknown,
): Promise<void> {
  const exchange = exchangeOf(request);
  if (exchange === undefined) throw new TypeError("route: the request did not go through the edge's middleware");
  const io: RouteIo = {
    body: () => readJson(request, edge.bodyLimit),
    ...read,
    sent: (result) => response.headersSent || (result !== undefined && result === mine),
    capture: () => captureAnswer(response),
  };
  const answer = await perform(exchange, schemas, io, handler);
  if (answer !== undefined) send(request, response, answer);
}
