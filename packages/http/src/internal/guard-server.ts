import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { runWithContext, SeaworthyError } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { GuardOptions } from "../guard-server.ts";
import type { Answer } from "../messages.ts";
import type { Edge } from "./edge-core.ts";
import { Exchange } from "./exchange.ts";
import { bytesOf, type HeaderTarget, type Incoming } from "./exchange-parts.ts";
import { continueLazily } from "./lazy-continue.ts";
import { hasTwoHosts, NodeIncoming } from "./node-incoming.ts";
import { isOwnOrigin } from "./own-origin.ts";

/** A socket of node:http, which knows the answer that is being sent on it. */
type HttpSocket = Duplex & { _httpMessage?: ServerResponse; remoteAddress?: string };

/** @throws TypeError if `server` is not a server, or an option is malformed */
export function guardServer<S extends Server>(edge: Edge, server: S, { onUpgrade }: GuardOptions = {}): S {
  if (typeof server?.on !== "function") throw new TypeError("guard: server must be a server of node:http");
  if (onUpgrade !== undefined && typeof onUpgrade !== "function")
    throw new TypeError(`guard: onUpgrade must be a function; got ${typeof onUpgrade}`);
  server.removeAllListeners("clientError"); // two listeners would write two answers
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => answerParserError(edge, error, socket));
  continueLazily(server);
  if (onUpgrade !== undefined)
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      guardUpgrade(edge, request, socket, () => onUpgrade(request, socket, head)),
    );
  return server;
}

const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** Answers what Node's parser refused as a problem, with an event; a listener of `clientError`. */
export function answerParserError(edge: Edge, error: NodeJS.ErrnoException, socket: HttpSocket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) return void socket.destroy();
  const inFlight = socket._httpMessage;
  if (inFlight?.headersSent === true) return void socket.destroy(); // in the middle of an answer
  const status = STATUS_OF[error.code ?? ""] ?? 400;
  const exchange = new Exchange(edge, unread(socket));
  const title = STATUS_CODES[status] ?? "Bad Request";
  const refusal =
    status === 400
      ? errors.HTTP_MALFORMED_REQUEST()
      : new SeaworthyError(errors.HTTP_REQUEST_FAILED().code, title, { status, stackless: true });
  writeRaw(socket, exchange, exchange.problem(refusal));
  // A request whose body could not be read has an exchange of its own, which ends with its socket.
  // A client that left in the middle of a head has not made a request.
  if ((inFlight ?? undefined) === undefined && error.code !== "HPE_INVALID_EOF_STATE") exchange.end(status, undefined);
}

const unread = (socket: HttpSocket): Incoming => ({
  method: "",
  path: "",
  query: "",
  host: undefined,
  socketAddress: socket.remoteAddress,
  header: () => undefined,
});

/** Lets a handshake in that comes from an origin that may, within limits, and authenticated; others are refused. */
function guardUpgrade(edge: Edge, request: IncomingMessage, socket: HttpSocket, accept: () => unknown): void {
  const exchange = new Exchange(edge, new NodeIncoming(request));
  const headers = new Map<string, string>();
  exchange.writeHeaders({ setHeader: (name, value) => headers.set(name, value) });
  const refuse = (answer: Answer): void => {
    socket.off("close", onClose);
    writeRaw(socket, exchange, answer, headers);
    exchange.end(answer.status, undefined);
  };
  const onClose = (): void => exchange.end(socket.errored ? undefined : 101, undefined);
  socket.on("error", () => undefined).on("close", onClose);
  const { origin } = request.headers;
  const enter = async (): Promise<void> => {
    try {
      const mayCall =
        hasTwoHosts(request) ||
        origin === undefined || // not a browser
        isOwnOrigin(origin, request.headers.host) ||
        edge.cors?.admits(origin);
      const answer = mayCall === true ? await exchange.admit() : exchange.refuseOrigin();
      if (answer !== undefined) return refuse(answer);
      if (socket.destroyed) return;
      const { principal } = exchange;
      await (principal === undefined || !edge.hasContext ? accept() : runWithContext({ principal }, accept));
    } catch (thrown) {
      refuse(exchange.problem(thrown));
    }
  };
  void (edge.hasContext ? runWithContext(exchange.context(), enter) : enter());
}

/** Writes a whole answer where there is no response object. */
function writeRaw(socket: HttpSocket, exchange: Exchange, answer: Answer, headers = new Map<string, string>()): void {
  if (socket.destroyed || !socket.writable) return void socket.destroy();
  const target: HeaderTarget = { setHeader: (name, value) => headers.set(name, value) };
  if (headers.size === 0) exchange.writeHeaders(target);
  for (const [name, value] of answer.headers) target.setHeader(name, value);
  const body = Buffer.from(bytesOf(answer));
  target.setHeader("content-length", String(body.length));
  target.setHeader("connection", "close");
  const head = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const line = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n`;
  socket.end(Buffer.concat([Buffer.from(`${line}${head}\r\n`, "latin1"), body]), () => socket.destroy());
}
