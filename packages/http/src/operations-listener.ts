import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Edge } from "./edge.ts";
import { errors } from "./errors.ts";
import { enter, exchangeOf, fail } from "./internal/node-exchange.ts";

/** What every adapter's edge has besides its middleware. */
export interface EdgeHandle extends AsyncDisposable {
  /**
   * Resolves to the port of the operations listener once it listens, or to `undefined` when there is none.
   *
   * Rejects with the system's error when the port cannot be had; the process is also warned, with the code
   * `HTTP_OPERATIONS_PORT`, and runs on.
   */
  listening(): Promise<number | undefined>;
  /** Closes the operations listener, if there is one. The process would end without it too. */
  close(): Promise<void>;
}

/** Opens the listener of `operationsPort`, if one is wanted. */
export function openOperations(edge: Edge): EdgeHandle {
  const { operationsPort: port, operationsHost: host } = edge;
  if (port === undefined) return handleOf(Promise.resolve(undefined), async () => undefined);
  const server = createServer((request, response) => {
    const notFound = (): void => {
      const exchange = exchangeOf(request);
      if (exchange !== undefined) fail(exchange, request, response, errors.HTTP_NOT_FOUND());
    };
    enter(edge, request, response, () => undefined, notFound, { apart: true });
  });
  server.on("connection", (socket) => void socket.unref());
  server.unref();
  const listening = listen(server, port, host);
  listening.catch((error: unknown) =>
    process.emitWarning(`The operations endpoints cannot listen on port ${port} (${String(error)}).`, {
      code: "HTTP_OPERATIONS_PORT",
    }),
  );
  return handleOf(listening, () => closed(server));
}

function handleOf(listening: Promise<number | undefined>, close: () => Promise<void>): EdgeHandle {
  return { listening: () => listening, close, [Symbol.asyncDispose]: close };
}

function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === undefined ? undefined : { host }) }, () => {
      server.off("error", reject);
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
