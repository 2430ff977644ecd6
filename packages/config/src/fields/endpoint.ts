import { checkOptions, integer } from "@seaworthy/core/options";
import { readInteger } from "../internal/coerce.ts";
import { isHost, isIPv6 } from "../internal/host.ts";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/** A host and a port, as `net.connect` takes them. */
export interface Endpoint {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Options of {@link endpoint}. */
export interface EndpointOptions {
  /** The port of a string without a port. @default none, and the string must have a port */
  defaultPort?: number;
}

const OPTIONS = ["defaultPort"];

/**
 * A network endpoint: `"host:port"`, with an IPv6 address in brackets, or an object with both. The output is the object.
 *
 * @throws TypeError if an option is unknown or not a port
 * @example
 * ```ts
 * import { endpoint } from "@seaworthy/config";
 * console.log(endpoint().parse("[::1]:6379")); // { host: '::1', port: 6379 }
 * ```
 */
export function endpoint(options: EndpointOptions = {}): FieldSchema<Endpoint, string | Endpoint> {
  checkOptions("endpoint", options, OPTIONS);
  if (options.defaultPort !== undefined) integer("endpoint: defaultPort", options.defaultPort, 1, 65_535);
  const expected = 'an endpoint such as "host:5432" or "[::1]:5432"';
  const json = { anyOf: [{ type: "string" }, { type: "object", required: ["host", "port"] }] };
  return createField({ kind: "endpoint", expected, json, toText }, (value) => {
    const { host, port = options.defaultPort } = typeof value === "string" ? split(value) : members(value);
    const valid = typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535;
    return valid && isHost(host) ? { host, port } : refuse({ expected });
  });
}

function split(text: string): { host?: unknown; port?: unknown } {
  const [, bracketed, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text) ?? [];
  if (bracketed !== undefined && !isIPv6(bracketed)) return {};
  const host = bracketed ?? name;
  return digits === undefined ? { host } : { host, port: readInteger(digits) };
}

function members(value: unknown): { host?: unknown; port?: unknown } {
  return typeof value === "object" && value !== null ? value : {};
}

function toText(value: unknown): string | undefined {
  const { host, port } = members(value);
  if (typeof host !== "string") return undefined;
  return host.includes(":") ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
}
