import { connect, type Socket } from "node:net";
import type { RouteAsk } from "../options.ts";

/** Opens a connection with a request that never ends: half of a body, and nothing after it. */
export function stuckRequest(origin: URL, { method = "GET", path }: RouteAsk): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(origin.port) });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.on("error", () => undefined);
      const verb = method === "GET" ? "POST" : method;
      const head = `${verb} ${path} HTTP/1.1\r\nHost: ${origin.host}\r\nContent-Type: application/json\r\n`;
      socket.write(`${head}Content-Length: 1000\r\n\r\n{"half":`, () => resolve(socket));
    });
  });
}
