import { checkOptions, integer } from "@seaworthy/core/options";
import { readWhole } from "../internal/coerce.ts";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/** A host and a port, as `net.connect` takes them. */
export interface Endpoint {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Options of {@link endpoint}. */
export interface EndpointOptions {
  /** The port of text that has none. @default none, then text must have one */
  defaultPort?: number;
}

/**
 * A network endpoint: `"host:port"`, with an IPv6 address in brackets, or an object with both.
 *
 * @throws TypeError if an option is unknown or not a port
 * @example
 * ```ts
 * import { endpoint } from "@seaworthy/config";
 * console.log(endpoint().parse("[::1]:6379")); // { host: '::1', port: 6379 }
 * ```
 */
export function endpoint(options: EndpointOptions = {}): FieldSchema<Endpoint, string | Endpoint> {
  checkOptions("endpoint", options, ["defaultPort"]);
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
  return { host: bracketed ?? name, ...(digits === undefined ? undefined : { port: readWhole(digits) }) };
}

function members(value: unknown): { host?: unknown; port?: unknown } {
  return typeof value === "object" && value !== null ? value : {};
}

/** A host name, an IPv4 address, or an IPv6 address without brackets and zone. */
export function isHost(host: unknown): host is string {
  if (typeof host !== "string" || host === "" || host.length > 253) return false;
  if (host.includes(":")) return isIPv6(host);
  if (/^[A-Za-z0-9_.-]+$/.test(host)) return true;
  // International names: what the URL standard makes a name of, without any sign that means something in a URL.
  return /^[^\s\p{Cc}!-,/:-@[-`{-~]+$/u.test(host) && URL.canParse(`http://${host}/`);
}

// The URL standard's own check, since loading node:net for it would cost start-up time.
function isIPv6(host: string): boolean {
  return /^[0-9a-f:.]+$/i.test(host) && URL.canParse(`http://[${host}]/`);
}

function toText(value: unknown): string | undefined {
  const { host, port } = members(value);
  if (typeof host !== "string") return undefined;
  return host.includes(":") ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
}
