import type { Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import { Server as NetServer } from "node:net";
import { checkOptions, integer, optionalFunction, showValue } from "@seaworthy/core/options";
import type { OpenStream } from "./streams.ts";

/** A server of `node:http`, `node:https` or `node:http2`, made by the host or by a framework. */
export type AnyServer = HttpServer | Http2Server | Http2SecureServer;

/** How a server is served. */
export interface ServeOptions {
  /** Address to listen on, together with a port. @default Node's: all addresses */
  host?: string;
  /** Port to listen on, 0 to 65535; 0 takes a free one. @default none: the server is adopted, and its maker lets it listen */
  port?: number;
  /** Name of the setting that holds the port, such as `HTTP__PORT`, for the message when the port is in use. @default none */
  portSetting?: string;
  /** Path of a Unix domain socket, in place of host and port. */
  path?: string;
  /** Lets the server listen, in place of host, port and path; for a framework with a `listen()` of its own. */
  listen?: () => unknown;
  /** Its name in reports and events. @default "http", then "http-2" and so on */
  name?: string;
  /**
   * Called when the drain delay is over with the WebSockets and event streams that are open, to say goodbye to them in
   * the application's own way, and again with one opened later. What is still open `streamTimeout` later is cut off.
   * @default `stream.end()` on each
   */
  onDrain?: (streams: readonly OpenStream[]) => unknown;
}

const KEYS = ["host", "port", "portSetting", "path", "listen", "name", "onDrain"];

/** @throws TypeError if `server` is not an HTTP server, or an option is malformed */
export function checkServe(server: unknown, options: ServeOptions): void {
  const shape = server as Partial<HttpServer> | null;
  if (
    typeof shape !== "object" ||
    shape === null ||
    typeof shape.listen !== "function" ||
    typeof shape.on !== "function" ||
    // A server of node:net or node:tls has no requests by which to tell what is in flight, and no such method.
    typeof shape.setTimeout !== "function"
  )
    throw new TypeError(
      `serve: server must be a server of node:http, node:https or node:http2; got ${showValue(server)}`,
    );
  checkOptions("serve", options, KEYS);
  const { host, port, portSetting, path, listen, name } = options;
  for (const [key, value] of Object.entries({ host, portSetting, path, name }))
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new TypeError(`serve: ${key} must be a string that is not empty; got ${showValue(value)}`);
  if (port !== undefined) integer("serve: port", port, 0, 65_535);
  optionalFunction("serve: listen", listen);
  optionalFunction("serve: onDrain", options.onDrain);
  if ([port, path, listen].filter((way) => way !== undefined).length > 1)
    throw new TypeError("serve: port, path and listen exclude each other");
  // Alone it would look like an address, and nothing would listen on it.
  if (host !== undefined && port === undefined) throw new TypeError("serve: host needs a port");
}

/** Lets the server listen as the options say; does nothing when it listens already or is adopted. */
export async function listen(server: AnyServer, options: ServeOptions): Promise<void> {
  if (options.listen !== undefined) return void (await options.listen());
  const { host, port, path } = options;
  if (server.listening || (port === undefined && path === undefined)) return;
  // Where `port` is a member, even an undefined one, Node takes a free port and never looks at `path`.
  const address = path === undefined ? { host, port } : { path };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

/**
 * Stops accepting connections and touches none of those there are. The `close()` of Node's HTTP servers destroys idle
 * connections at once, also those on which a request is just arriving.
 */
export function stopListening(server: AnyServer): void {
  if (!server.listening) return;
  // In another runtime, such as Bun, an HTTP server does not derive from that of node:net.
  if (server instanceof NetServer) NetServer.prototype.close.call(server);
  else (server as { close(): unknown }).close();
}
