import type { FastifyError, FastifyInstance } from "fastify";
import { writeReply } from "./fastify-io.ts";
import { MethodTable } from "./method-table.ts";
import { exchangeOf } from "./node-exchange.ts";

/** Flags of an instance by which Fastify refuses to set a handler twice; none of them is public. */
const ERROR_HANDLER_SET = "fastify.errorHandlerAlreadySet";
const MAY_SET_NOT_FOUND = "fastify.canSetNotFoundHandler";

const tables = new WeakMap<object, MethodTable>();

/** The routes of an application by their methods, for handlers that replace the edge's. */
export const tableOf = ({ server }: FastifyInstance): MethodTable | undefined => tables.get(server);

/**
 * Installs the edge's error and 404 handlers as defaults: an application that has set its own keeps them, and one that
 * sets them later replaces the edge's, without an error or a warning of Fastify's.
 */
export function installHandlers(app: FastifyInstance): void {
  const table = new MethodTable();
  tables.set(app.server, table);
  app.addHook("onRoute", ({ url, method }) => table.add(url, method));
  if (app.errorHandler.name.includes("defaultErrorHandler")) {
    app.setErrorHandler((thrown: FastifyError, request, reply) => {
      const exchange = exchangeOf(request.raw);
      if (exchange === undefined) return reply.send(thrown);
      return writeReply(reply, exchange.problem(thrown, request.routeOptions.bodyLimit));
    });
    setFlag(app, ERROR_HANDLER_SET, false);
  }
  if (flagOf(app, MAY_SET_NOT_FOUND) === false) return;
  app.setNotFoundHandler((request, reply) => {
    const exchange = exchangeOf(request.raw);
    if (exchange === undefined) return reply.code(404).send();
    return writeReply(reply, exchange.notFound(table.methodsAt(exchange.path)));
  });
  setFlag(app, MAY_SET_NOT_FOUND, true);
}

const symbolOf = (app: FastifyInstance, description: string): symbol | undefined =>
  Object.getOwnPropertySymbols(app).find((symbol) => symbol.description === description);

function flagOf(app: FastifyInstance, description: string): unknown {
  const symbol = symbolOf(app, description);
  return symbol === undefined ? undefined : Reflect.get(app, symbol);
}

function setFlag(app: FastifyInstance, description: string, value: boolean): void {
  const symbol = symbolOf(app, description);
  if (symbol !== undefined) Reflect.set(app, symbol, value);
}
