import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";

/** What the services of the zoo depend on: a "database" that answers "ping" with "pong", and an upstream over HTTP. */
export interface ZooDependencies extends AsyncDisposable {
  readonly DATABASE_URL: string;
  readonly UPSTREAM_URL: string;
}

export async function startDependencies(): Promise<ZooDependencies> {
  const database = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => socket.write("pong\n"));
  });
  const upstream = createHttp((_, response) =>
    response.end("an answer of some length that can be cut off in the middle"),
  );
  const [databasePort, upstreamPort] = await Promise.all([database, upstream].map(listen));
  return {
    DATABASE_URL: `tcp://zoo:database-password@127.0.0.1:${databasePort}`,
    UPSTREAM_URL: `http://127.0.0.1:${upstreamPort}/answer`,
    async [Symbol.asyncDispose]() {
      upstream.closeAllConnections();
      await Promise.all([database, upstream].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
