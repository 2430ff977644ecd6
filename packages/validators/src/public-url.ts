import { isIP } from "node:net";
import { integer, showValue } from "@seaworthy/core/options";
import { type AddressGuard, type AddressOptions, createAddressGuard, plainHost } from "./internal/address-guard.ts";
import { stringArray } from "./internal/options.ts";
import { type Refused, refuse } from "./internal/refusal.ts";
import { LONGEST_URL, parseWebUrl, tooLongUrl } from "./internal/web-url.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link publicUrl}. */
export interface PublicUrlOptions extends AddressOptions {
  /** Accepted schemes, without a colon: `"https"`, `"http"`. @default both */
  protocols?: readonly string[];
  /** Accepted ports. The default port of a scheme is always accepted. @default any */
  ports?: readonly number[];
}

// Those that go beyond AddressOptions.
const OPTIONS = ["protocols", "ports"];
const PROTOCOLS = ["https", "http"];
// Names inside this machine or this network (RFC 6761, 6762, 7686, 8375, 9476, ICANN's .internal, Kubernetes' .svc).
const LOCAL_NAME =
  /(?:^|\.)(?:localhost|local|internal|localdomain|home\.arpa|lan|intranet|corp|home|onion|i2p|alt|invalid|test|svc|arpa)$/;
const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const HOST_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})+$`);

/**
 * A schema for a URL on the public internet of at most 2048 characters. The output is the canonical form of the WHATWG
 * URL parser.
 *
 * Prevents the first half of server-side request forgery: addresses that are not public, in any spelling (`127.1`,
 * `0x7f000001`, `[::ffff:10.0.0.1]`), names that exist only inside a network (`localhost`, `db`, `x.internal`), user
 * names and passwords (`https://bank.example@evil.example/`), other schemes (`file:`, `gopher:`), and white space or
 * backslashes, which parsers read differently. A public name can still resolve to a private address, so connect through
 * {@link publicFetch}, {@link guardAgent} or {@link guardConnector}. Codes: `too_big`, `invalid_url`, `scheme`,
 * `credentials`, `port`, `address`, `local_name`.
 *
 * @throws TypeError if an option is out of its bounds
 * @example
 * ```ts
 * import { publicUrl } from "@seaworthy/validators";
 * console.log(publicUrl().parse("HTTPS://Example.com:443/hook")); // https://example.com/hook
 * console.log(publicUrl().safeParse("http://0x7f.1/admin").success); // false
 * ```
 */
export function publicUrl(options: PublicUrlOptions = {}): Schema<string> {
  const guard = createAddressGuard(options, "publicUrl", OPTIONS);
  const { protocols: schemes = PROTOCOLS } = options;
  const protocols = stringArray("protocols", schemes);
  for (const protocol of protocols) {
    if (!PROTOCOLS.includes(protocol))
      throw new TypeError(`protocols must be an array of "https" and "http"; got ${showValue(protocol)}`);
  }
  if (options.ports !== undefined && !Array.isArray(options.ports))
    throw new TypeError(`ports must be an array of ports; got ${showValue(options.ports)}`);
  const ports = options.ports?.map((port) => String(integer("ports", port, 1, 65_535)));
  return textSchema((value) => {
    const url = parseWebUrl(value);
    if (!(url instanceof URL)) return url;
    if (!protocols.includes(url.protocol.slice(0, -1)))
      return refuse("scheme", `must begin with ${protocols.map((name) => `${name}://`).join(" or ")}`);
    if (ports !== undefined && url.port !== "" && !ports.includes(url.port))
      return refuse("port", `must have one of the ports ${ports.join(", ")}`);
    if (url.port === "0") return refuse("port", "must not have the port 0");
    // Percent-encoding and Punycode make a URL longer.
    return hostFault(url.hostname, guard) ?? (url.href.length > LONGEST_URL ? tooLongUrl() : url.href);
  });
}

function hostFault(hostname: string, guard: AddressGuard): Refused | undefined {
  const host = plainHost(hostname);
  if (guard.allowsHost(host)) return undefined;
  if (isIP(host) !== 0)
    return guard.refusedRange(host) === undefined ? undefined : refuse("address", "must have a public address");
  if (!host.includes(".") || host.includes("..") || host.endsWith(".") || LOCAL_NAME.test(host))
    return refuse("local_name", "must have a public host name");
  // The URL parser accepts more than name servers do (RFC 1123; an underscore is common in practice).
  return HOST_NAME.test(host)
    ? undefined
    : refuse("invalid_url", "must have a host name of letters, digits and hyphens");
}
