import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of a server. */
export interface ForgetfulProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that it has made so far. */
  readonly connections: number;
  /**
   * Forgets all connections, as a balancer does with idle ones: what is sent on it goes nowhere, and
   * neither side notices. New connections work.
   */
  forget(): void;
  /** Resets every connection to the client. */
  reset(): void;
}

/** Starts one on a port of its own. */
export async function startForgetfulProxy(port: number, host = "127.0.0.1"): Promise<ForgetfulProxy> {
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    connections += 1;
    const outer = connect({ port, host });
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    inner.pipe(outer);
    outer.pipe(inner);
    pairs.add([inner, outer]);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    forget() {
      for (const [inner, outer] of pairs) {
        inner.unpipe(outer).resume();
        outer.unpipe(inner).resume();
      }
      pairs.clear();
    },
    reset() {
      for (const [inner] of pairs) inner.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
