import type { Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { OpenStream } from "./streams.ts";

/** A server of `node:http`, `node:https` or `node:http2`, made by the host or by a framework. */
export type AnyServer = HttpServer | Http2Server | Http2SecureServer;

/** How a server is served. */
export interface ServeOptions {
  /** Address to listen on, together with a port. @default all addresses */
  host?: string;
  /** Port to listen on, 0 to 65535; 0 takes a free one. @default the server's owner lets it listen */
  port?: number;
  /** Name of the setting that holds the port, such as `HTTP__PORT`, for the message when the port is in use. @default none */
  portSetting?: string;
  /** Path of a Unix domain socket, instead of host and port. */
  path?: string;
  /** Lets the server listen, instead of host, port and path, for a framework with a `listen()` of its own. */
  listen?: () => unknown;
  /** Its name in reports and events. @default "http", then "http-2" and so on */
  name?: string;
  /**
   * Called when the drain delay is over with the open WebSockets and event streams, to end them in the application's own
   * way, and again for a stream that is opened later. A stream that is still open after `streamTimeout` is cut off.
   * @default `stream.end()` on each
   */
  onDrain?: (streams: readonly OpenStream[]) => unknown;
}
