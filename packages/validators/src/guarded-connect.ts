import { isIP } from "node:net";
import { showValue } from "@seaworthy/core/options";
import { type GuardedLookup, type GuardedLookupOptions, guardedLookup, refusal, refused } from "./guarded-lookup.ts";
import { type AddressGuard, createAddressGuard, plainHost } from "./internal/address-guard.ts";

/** What an agent of `node:http` or `node:https` makes connections from. */
interface ConnectionOptions {
  host?: string | null | undefined;
  hostname?: string | null | undefined;
  path?: string | null | undefined;
  socketPath?: string | undefined;
  lookup?: unknown;
}

/** An agent of `node:http` or `node:https`, by shape. */
export interface ConnectingAgent {
  // The two agents type their parameters in ways that only this admits.
  createConnection(options: never, callback?: never): unknown;
}

/** A connector of undici, by shape: what `buildConnector({})` returns and `new Agent({ connect })` takes. */
export type Connector<O extends { hostname: string }, C> = (options: O, callback: C) => void;

type Create = (options: ConnectionOptions, callback?: (error: Error | null, socket?: unknown) => void) => unknown;

/**
 * Makes an agent of `node:http` or `node:https` refuse addresses that are not public, whether a name resolves to them or
 * they stand in the URL, on every connection it makes: redirects included. The same agent comes back.
 *
 * Prevents server-side request forgery as {@link guardedLookup} does, and by IP literals (`http://[::1]/`,
 * `http://2130706433/`) and local sockets too. A `lookup` given to the agent or the request is replaced. Set it on an
 * agent that nothing trusted shares; connections that it already holds are not looked at again.
 *
 * @throws TypeError when `agent` is no agent or an option is out of its bounds
 * @throws VALIDATION_ADDRESS_REFUSED (as the request's error) when the address is not public
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
 * A connector for undici's `Agent` that refuses addresses that are not public, whether a name resolves to them or they
 * stand in the URL, and hands the others to `connector`. It dials the address that it has judged, not the name, so no
 * second lookup can answer otherwise; TLS still checks the name.
 *
 * Prevents server-side request forgery through undici and `fetch`, redirects included: each hop connects through it.
 *
 * @throws TypeError when `connector` is no function or an option is out of its bounds
 * @throws VALIDATION_ADDRESS_REFUSED (as the request's error, or its cause) when the address is not public
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
  // An agent turns `socketPath` into `path`; the path of a request never stands there without it.
  if (target.socketPath !== undefined && target.socketPath !== null)
    return refused("", target.socketPath, "local_socket");
  const host = plainHost(target.host ?? target.hostname ?? "localhost");
  return isIP(host) === 0 ? undefined : refusal(guard, host, host);
}
