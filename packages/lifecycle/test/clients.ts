import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import type { ManualClock } from "@seaworthy/core/testing";

/** A client that sends exactly the given bytes, one by one if need be. */
export interface RawClient {
  readonly socket: Socket;
  send(text: string): void;
  /** Everything received so far. */
  text(): string;
  /** Resolves once the text received contains this; rejects when the connection ends before. */
  until(wanted: string): Promise<void>;
  readonly closed: Promise<void>;
}

/** Connects, optionally over TLS, and resolves once connected. */
export async function rawClient(port: number, secure = false): Promise<RawClient> {
  const socket: Socket = secure
    ? connectSecurely({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] })
    : connect({ port, host: "127.0.0.1" });
  let text = "";
  let over = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      over = true;
      wake();
      resolve();
    });
  });
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once(secure ? "secureConnect" : "connect", resolve);
    socket.once("error", reject);
  });
  const until = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (text.includes(wanted)) resolve();
        else if (over) reject(new Error(`the connection ended without ${JSON.stringify(wanted)}; it had:\n${text}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return { socket, send: (data) => void socket.write(data), text: () => text, until, closed };
}

/** A request as text. */
export function requestText(path: string, headers = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: service\r\n${headers}\r\n`;
}

/** Resolves like `promise`, while `clock` moves on in small steps and real sockets do their work. */
export async function whileTimePasses<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  promise.then(end, end);
  while (!over) await clock.advance(10);
  return promise;
}
