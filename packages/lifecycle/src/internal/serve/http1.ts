import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";
import { type Clock, startTimer } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import type { Cut } from "../../cut.ts";
import { requestName } from "../describe-cut.ts";
import { closeAfter } from "./connection-close.ts";
import { type HeldStream, heldStream, isEventStream } from "./held-stream.ts";
import { listenBeside } from "./listen-beside.ts";

/**
 * Milliseconds that a request has to arrive once the listeners are closed. A request that was sent before has arrived by
 * then, and a client that sends a byte now and then must not hold the shutdown.
 */
const ARRIVAL = 2000;

/** Milliseconds for which a connection must have been quiet before it is closed, so that no request is on its way. */
export const QUIET = 500;

interface Connection {
  /** Number of requests that were received on it and have not been answered in full. */
  active: number;
  /** When it last received anything. */
  quietSince: number;
  /** When its last request ended, or when it was made. */
  idleSince: number;
  bytes: number;
  latest?: ServerResponse;
  upgraded?: HeldStream;
}

interface Exchange {
  readonly name: string;
  readonly since: number;
  readonly request: IncomingMessage;
  readonly connection: Connection;
}

/** The HTTP/1 connections of one server, over TCP or TLS, and the requests on them. */
export class Http1Connections {
  readonly #clock: Clock;
  readonly #connections = new Map<Socket, Connection>();
  readonly #handshakes = new Map<string, { socket: Socket; since: number }>();
  readonly #exchanges = new Map<ServerResponse, Exchange>();
  #draining = false;
  /** When the wait for the connections' ends began. */
  #waitingSince: number | undefined;
  #onChange: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(server: Server, clock: Clock, secure: boolean) {
    this.#clock = clock;
    if (secure) server.on("connection", (socket: Socket) => this.#addHandshake(socket));
    server.on(secure ? "secureConnection" : "connection", (socket: Socket) => {
      this.#handshakes.delete(peerOf(socket));
      this.#connection(socket);
    });
    for (const event of ["request", "checkContinue", "checkExpectation"]) listenBeside(server, event, this.#onRequest);
    for (const event of ["upgrade", "connect"]) listenBeside(server, event, this.#onUpgrade);
  }

  /** Number of requests in flight, without open streams. */
  get requests(): number {
    return [...this.#exchanges].filter(([response, exchange]) => !isStream(response, exchange)).length;
  }

  /** From now on, every response has the header `Connection: close`. */
  beginDrain(): void {
    this.#draining = true;
    for (const [response, { connection }] of this.#exchanges)
      closeAfter(response, () => connection.latest === response);
  }

  streams(): HeldStream[] {
    const upgraded = [...this.#connections.values()].flatMap(({ upgraded }) => upgraded ?? []);
    const events = [...this.#exchanges].filter(([response, exchange]) => isStream(response, exchange));
    return [...upgraded, ...events.map(([response, { name, since }]) => heldStream("events", name, response, since))];
  }

  /** Closes connections that are quiet and have no request. Resolves once all connections are closed. */
  async closed(): Promise<void> {
    this.#waitingSince = this.#clock.monotonic();
    while (!this.#sweep())
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
  }

  /** Destroys all connections that are left. Returns what that cuts off. */
  cut(): Cut[] {
    const now = this.#clock.monotonic();
    const cut: Cut[] = this.streams().map(({ name, since }) => ({ kind: "stream", name, after: now - since }));
    for (const [response, exchange] of this.#exchanges)
      if (!isStream(response, exchange))
        cut.push({ kind: "request", name: exchange.name, after: now - exchange.since });
    this.#cancelTimer?.();
    for (const socket of this.#connections.keys()) socket.destroy();
    for (const { socket } of this.#handshakes.values()) socket.destroy();
    return cut;
  }

  #connection(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const now = this.#clock.monotonic();
    const connection = { active: 0, quietSince: now, idleSince: now, bytes: socket.bytesRead };
    // A connection of HTTP/2 over TLS belongs to a session.
    if (readMember(socket, "alpnProtocol") === "h2") return connection;
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      this.#connections.delete(socket);
      this.#changed();
    });
    return connection;
  }

  #addHandshake(socket: Socket): void {
    const peer = peerOf(socket);
    this.#handshakes.set(peer, { socket, since: this.#clock.monotonic() });
    socket.once("close", () => {
      if (this.#handshakes.get(peer)?.socket === socket) this.#handshakes.delete(peer);
    });
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.httpVersionMajor >= 2 || this.#exchanges.has(response)) return;
    const connection = this.#connection(request.socket);
    const since = this.#clock.monotonic();
    connection.active += 1;
    connection.latest = response;
    this.#exchanges.set(response, { name: requestName(request.method, request.url), since, request, connection });
    if (this.#draining) closeAfter(response, () => connection.latest === response);
    response.once("close", () => {
      this.#exchanges.delete(response);
      connection.active -= 1;
      connection.quietSince = this.#clock.monotonic();
      connection.idleSince = connection.quietSince;
      connection.bytes = request.socket.bytesRead;
      this.#changed();
    });
  };

  readonly #onUpgrade = (request: IncomingMessage, socket: Socket): void => {
    const kind = request.headers.upgrade?.toLowerCase() === "websocket" ? "websocket" : "upgrade";
    const name = requestName(request.method, request.url);
    this.#connection(socket).upgraded = heldStream(kind, name, socket, this.#clock.monotonic());
    this.#changed();
  };

  #changed(): void {
    this.#onChange?.();
  }

  /** Closes what is quiet. Returns whether nothing is left. It is repeated when the next connection may be quiet. */
  #sweep(): boolean {
    this.#cancelTimer?.();
    const now = this.#clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const [socket, connection] of this.#connections) {
      if (connection.active > 0 || connection.upgraded !== undefined) continue;
      if (socket.bytesRead !== connection.bytes) {
        // A request is arriving.
        connection.bytes = socket.bytesRead;
        connection.quietSince = now;
      }
      // The time to arrive counts from the end of the last request, or from the start of the wait.
      const arrived = Math.max(connection.idleSince, this.#waitingSince ?? now) + ARRIVAL;
      const wait = Math.min(connection.quietSince + QUIET, arrived) - now;
      if (wait <= 0) socket.destroy();
      else next = Math.min(next, wait);
    }
    for (const { since } of this.#handshakes.values())
      if (since + QUIET > now) next = Math.min(next, since + QUIET - now);
    if (next !== Number.POSITIVE_INFINITY)
      this.#cancelTimer = startTimer(this.#clock, next, () => this.#changed(), { keepAlive: true });
    if (next !== Number.POSITIVE_INFINITY || this.#connections.size > 0) return false;
    for (const { socket } of this.#handshakes.values()) socket.destroy(); // stalled ones
    return true;
  }
}

/** What the TCP and the TLS side of one connection have in common. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function isStream(response: ServerResponse, { request }: Exchange): boolean {
  if (!response.headersSent) return false;
  // Headers that were passed to writeHead are only in the text that was sent.
  const sent = readMember(response, "_header");
  const inText = typeof sent === "string" ? /^content-type:([^\r\n]*)/im.exec(sent)?.[1] : undefined;
  return isEventStream(inText ?? response.getHeader("content-type") ?? request.headers.accept);
}
