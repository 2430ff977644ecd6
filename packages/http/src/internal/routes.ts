import type { Answer } from "../messages.ts";
import type { RouteInput, RouteSchemas } from "../route.ts";
import type { Edge } from "./edge-core.ts";
import type { Exchange } from "./exchange.ts";
import { checkRoute, perform, type RouteIo } from "./perform-route.ts";

/** A request and its answer in the hands of a framework, and what it makes of the result of a handler. */
export interface FrameworkIo extends RouteIo {
  /** What a handler returned, where the framework has ways of its own to answer. @default as it is */
  resultOf?: (result: unknown) => unknown;
}

/** What `route()` needs to know of a framework whose handlers take the arguments `A`, which are the `context`. */
export interface RouteDriver<A extends readonly unknown[], I extends FrameworkIo, R> {
  /** The exchange of the request, or `undefined` if the request did not go through the edge. */
  exchangeOf(context: A): Exchange | undefined;
  io(exchange: Exchange, schemas: RouteSchemas, context: A): I;
  /** Sends the answer; there is no answer to send if the handler has answered by itself. */
  send(answer: Answer | undefined, io: I, context: A): R;
}

/** Makes a validated route of an adapter. */
export type Routes<A extends readonly unknown[], R> = <const S extends RouteSchemas>(
  schemas: S,
  handler: (input: RouteInput<S>, ...context: A) => unknown,
) => (...context: A) => Promise<R>;

/** The `route()` of every adapter. */
export function routesOf<A extends readonly unknown[], I extends FrameworkIo, R>(
  edge: Edge,
  driver: RouteDriver<A, I, R>,
): Routes<A, R> {
  return (schemas, handler) => {
    checkRoute(edge, schemas);
    return async (...context) => {
      const exchange = driver.exchangeOf(context);
      if (exchange === undefined) throw new TypeError("route: the request did not go through the edge");
      const io = driver.io(exchange, schemas, context);
      const answer = await perform(exchange, schemas, io, (input) => {
        const result = handler(input, ...context);
        return io.resultOf === undefined ? result : Promise.resolve(result).then(io.resultOf);
      });
      return driver.send(answer, io, context);
    };
  };
}
