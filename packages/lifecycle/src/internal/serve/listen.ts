import type { Server as HttpServer } from "node:http";
import { Server as NetServer } from "node:net";
import { checkOptions, integer, optionalFunction, showValue } from "@seaworthy/core/options";
import type { AnyServer, ServeOptions } from "../../serve.ts";

const OPTIONS = ["host", "port", "portSetting", "path", "listen", "name", "onDrain"];

/** @throws TypeError if `server` is not an HTTP server, or an option is malformed */
export function checkServe(server: unknown, options: ServeOptions): void {
  const shape = server as Partial<HttpServer> | null;
  if (
    typeof shape !== "object" ||
    shape === null ||
    typeof shape.listen !== "function" ||
    typeof shape.on !== "function" ||
    // A server of node:net or node:tls has no requests that could be in flight, and no such method.
    typeof shape.setTimeout !== "function"
  )
    throw new TypeError(
      `serve: server must be a server of node:http, node:https or node:http2; got ${showValue(server)}`,
    );
  checkOptions("serve", options, OPTIONS);
  const { host, port, portSetting, path, listen, name } = options;
  for (const [key, value] of Object.entries({ host, portSetting, path, name }))
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new TypeError(`serve: ${key} must be a string that is not empty; got ${showValue(value)}`);
  if (port !== undefined) integer("serve: port", port, 0, 65_535);
  optionalFunction("serve: listen", listen);
  optionalFunction("serve: onDrain", options.onDrain);
  if ([port, path, listen].filter((way) => way !== undefined).length > 1)
    throw new TypeError("serve: port, path and listen exclude each other");
  // A host without a port looks like an address, but nothing would listen on it.
  if (host !== undefined && port === undefined) throw new TypeError("serve: host needs a port");
}

/** Lets the server listen according to the options. Does nothing if it listens already, or if its owner lets it listen. */
export async function listen(server: AnyServer, options: ServeOptions): Promise<void> {
  if (options.listen !== undefined) return void (await options.listen());
  const { host, port, path } = options;
  if (server.listening || (port === undefined && path === undefined)) return;
  // If `port` is a member, even an undefined one, Node takes a free port and ignores `path`.
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
 * Stops accepting connections, and leaves the open ones alone. The `close()` of Node's HTTP servers destroys idle
 * connections at once, even if a request is just arriving on them.
 */
export function stopListening(server: AnyServer): void {
  if (!server.listening) return;
  // In another runtime, such as Bun, an HTTP server does not derive from the one of node:net.
  if (server instanceof NetServer) NetServer.prototype.close.call(server);
  else (server as { close(): unknown }).close();
}
