import { isIP } from "node:net";
import { showValue } from "@seaworthy/core/options";
import { type GuardedLookup, type GuardedLookupOptions, guardedLookup } from "./guarded-lookup.ts";
import { type AddressGuard, createAddressGuard, plainHost } from "./internal/address-guard.ts";
import { refusal, refuseAddress } from "./internal/address-refusal.ts";

/** The options from which an agent of `node:http` or `node:https` makes a connection. */
interface ConnectionOptions {
  host?: string | null | undefined;
  hostname?: string | null | undefined;
  path?: string | null | undefined;
  socketPath?: string | undefined;
  lookup?: unknown;
}

/** An agent of `node:http` or `node:https`, described by its shape. */
export interface ConnectingAgent {
  // The two agents have different parameter types; `never` accepts both.
  createConnection(options: never, callback?: never): unknown;
}

/** A connector of undici, described by its shape: `buildConnector({})` returns one and `new Agent({ connect })` takes one. */
export type Connector<O extends { hostname: string }, C> = (options: O, callback: C) => void;

type Create = (options: ConnectionOptions, callback?: (error: Error | null, socket?: unknown) => void) => unknown;

/**
 * Makes an agent of `node:http` or `node:https` refuse addresses that are not public, on every connection that it makes,
 * also after redirects. It does not matter whether the address is in the URL or a name resolves to it. Returns the same
 * agent.
 *
 * Prevents server-side request forgery as {@link guardedLookup} does, and also through IP literals (`http://[::1]/`,
 * `http://2130706433/`) and local sockets. A `lookup` option of the agent or the request is replaced. Use an agent that
 * trusted requests do not share. Connections that the agent already holds are not checked again.
 *
 * @throws TypeError if `agent` is not an agent or an option is out of its bounds
 * @throws VALIDATION_ADDRESS_REFUSED (as the request's error) if the address is not public
 * @example
 * ```ts
 * import { Agent, get } from "node:http";
 * import { guardAgent } from "@seaworthy/validators";
 * const agent = guardAgent(new Agent());
 * get("http://127.0.0.1:9/", { agent }).on("error", (error) => console.log(error.message)); // The address is not allowed
 * ```
 */
export function guardAgent<A extends ConnectingAgent>(agent: A, options: GuardedLookupOptions = {}): A {
  if (typeof agent?.createConnection !== "function")
    throw new TypeError(`agent must be an http.Agent or https.Agent; got ${showValue(agent)}`);
  const { guard, lookup } = guardsOf(options, "guardAgent");
  const create = agent.createConnection.bind(agent) as unknown as Create;
  const guarded: Create = (target, callback) => {
    const fault = literalFault(guard, target);
    if (fault === undefined) return create({ ...target, lookup }, callback);
    if (callback === undefined) throw fault;
    callback(fault);
    return undefined;
  };
  Object.defineProperty(agent, "createConnection", { value: guarded, configurable: true, writable: true });
  return agent;
}

/**
 * Returns a connector for undici's `Agent` that refuses addresses that are not public, whether they are in the URL or a
 * name resolves to them, and passes the others to `connector`. It connects to the address that it has checked and not to
 * the name, so that a second lookup cannot give another answer. TLS still checks the name.
 *
 * Prevents server-side request forgery through undici and its `fetch`, also after redirects, because each hop connects
 * through it.
 *
 * @throws TypeError if `connector` is not a function or an option is out of its bounds
 * @throws VALIDATION_ADDRESS_REFUSED (as the request's error, or its cause) if the address is not public
 * @example
 * ```ts
 * import { guardConnector } from "@seaworthy/validators";
 * import { Agent, buildConnector, request } from "undici";
 * const dispatcher = new Agent({ connect: guardConnector(buildConnector({ timeout: 3000 })) });
 * await request("http://127.0.0.1:9/", { dispatcher }).catch((error) => console.log(error.code)); // VALIDATION_ADDRESS_REFUSED
 * await dispatcher.close();
 * ```
 */
export function guardConnector<O extends { hostname: string }, C extends (error: Error, socket: null) => void>(
  connector: Connector<O, C>,
  options: GuardedLookupOptions = {},
): Connector<O, C> {
  if (typeof connector !== "function")
    throw new TypeError(
      `connector must be a function, such as buildConnector({}) of undici; got ${showValue(connector)}`,
    );
  const { guard, lookup } = guardsOf(options, "guardConnector");
  return (target, callback) => {
    const host = plainHost(target.hostname);
    const fault = literalFault(guard, { host });
    if (fault !== undefined) callback(fault, null);
    else if (isIP(host) !== 0) connector(target, callback);
    else
      lookup(host, {}, (error, address) => {
        if (error) callback(error, null);
        else connector({ ...target, hostname: address as string }, callback);
      });
  };
}

function guardsOf(options: GuardedLookupOptions, owner: string): { guard: AddressGuard; lookup: GuardedLookup } {
  return { guard: createAddressGuard(options, owner, ["resolve"]), lookup: guardedLookup(options) };
}

function literalFault(guard: AddressGuard, target: ConnectionOptions): Error | undefined {
  // An agent copies `socketPath` to `path`. Without `socketPath`, `path` is the path of the request.
  if (target.socketPath !== undefined && target.socketPath !== null)
    return refuseAddress("", target.socketPath, "local_socket");
  const host = plainHost(target.host ?? target.hostname ?? "localhost");
  return isIP(host) === 0 ? undefined : refusal(guard, host, host);
}
