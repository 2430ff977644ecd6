import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { EdgeHandle } from "../edge-handle.ts";
import { errors } from "../errors.ts";
import type { Edge } from "./edge-core.ts";
import { guardServer } from "./guard-server.ts";
import { enter, exchangeOf, fail } from "./node-exchange.ts";

/** Opens the listener of `operationsPort`, if one is wanted. */
export function openOperations(edge: Edge): EdgeHandle {
  const { operationsPort: port } = edge;
  if (port === undefined) return handleOf(edge, Promise.resolve(undefined), async () => undefined);
  const server = createServer((request, response) => {
    const notFound = (): void => {
      const exchange = exchangeOf(request);
      if (exchange !== undefined) fail(exchange, request, response, errors.HTTP_NOT_FOUND());
    };
    enter(edge, request, response, { routeOf: () => undefined, next: notFound, isOperations: true });
  });
  server.on("connection", (socket) => void socket.unref());
  server.unref();
  return handleOf(edge, listen(server, port, edge.operationsHost), () => closed(server));
}

function handleOf(edge: Edge, listening: Promise<number | undefined>, close: () => Promise<void>): EdgeHandle {
  return {
    listening: () => listening,
    guard: (server, options) => guardServer(edge, server, options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException): void => {
      const why =
        cause.code === "EADDRINUSE" ? "another process listens there; choose another operationsPort" : cause.message;
      const error = new Error(`The operations endpoints cannot listen on ${host}:${port}: ${why}`, { cause });
      reject(Object.assign(error, { code: cause.code }));
    };
    server.once("error", onError);
    server.listen({ port, host }, () => {
      server.off("error", onError);
      server.on("error", () => undefined);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
