import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type ByteSize, toBytes } from "@seaworthy/core";
import { checkOptions, integer } from "@seaworthy/core/options";
import type { GuardedLookupOptions } from "./guarded-lookup.ts";
import { guardedAddresses } from "./internal/guarded-addresses.ts";
import { exchange } from "./internal/http-exchange.ts";
import { bodyOf, follow, type Hop } from "./internal/redirects.ts";
import { responseOf } from "./internal/web-response.ts";

/** Options of {@link publicFetch}. */
export interface PublicFetchOptions extends GuardedLookupOptions {
  /** The most redirects that one call follows, 0 to 20. @default 5 */
  redirects?: number;
  /**
   * The most bytes of a response body, counted after decompression. Reading a longer body fails.
   * @default "100mb"
   */
  bytes?: ByteSize;
}

/** A `fetch` that reaches public addresses only. */
export interface PublicFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Closes the idle connections that are kept for the next call. Later calls open new connections. */
  close(): void;
  [Symbol.dispose](): void;
}

const OPTIONS = ["allow", "resolve", "redirects", "bytes"];

/**
 * Returns a `fetch` that connects to public addresses only, for URLs that came from outside: webhooks, link previews,
 * imports. It takes the arguments of `fetch`, returns a standard `Response`, and needs no other library.
 *
 * Prevents server-side request forgery (OWASP A10:2021) in one step: it resolves the host, refuses it if one of its
 * addresses is not public, and connects to the address that it has checked, so that a second lookup cannot give another
 * answer (DNS rebinding). Each redirect is checked in the same way. Only `http:` and `https:` are supported,
 * `authorization` and `cookie` are not sent to another origin, and a body that grows beyond `bytes` is cut off.
 *
 * Node's built-in `fetch` cannot be guarded from outside: it accepts only a dispatcher of the undici inside Node, which
 * cannot be imported. {@link guardConnector} guards the `fetch` of the package `undici`.
 *
 * @throws TypeError if an option is out of its bounds
 * @throws TypeError (from the call) as `fetch` does, with the reason as its `cause`: `VALIDATION_ADDRESS_REFUSED` if the
 * address is not public
 * @example
 * ```ts
 * import { publicFetch } from "@seaworthy/validators";
 * using fetchPublic = publicFetch({ bytes: "1mb" });
 * await fetchPublic("http://169.254.169.254/latest/meta-data/").catch((error) => console.log(error.cause.code)); // VALIDATION_ADDRESS_REFUSED
 * ```
 */
export function publicFetch(options: PublicFetchOptions = {}): PublicFetch {
  checkOptions("publicFetch", options, OPTIONS);
  const { redirects = 5, bytes = "100mb", ...guard } = options;
  const mostHops = integer("redirects", redirects, 0, 20);
  const mostBytes = integer("bytes", toBytes(bytes, "bytes"), 1);
  const addressesOf = guardedAddresses(guard);
  const agents = { "http:": new HttpAgent({ keepAlive: true }), "https:": new HttpsAgent({ keepAlive: true }) };

  const fetchPublic = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init); // throws in the same cases as fetch
    try {
      let hop: Hop = {
        url: new URL(request.url),
        method: request.method,
        headers: new Headers(request.headers),
        ...(await bodyOf(request, init)),
      };
      for (let hops = 0; ; hops++) {
        request.signal.throwIfAborted();
        const { protocol } = hop.url;
        if (protocol !== "http:" && protocol !== "https:")
          throw new TypeError(`the scheme ${protocol} is not supported`);
        const addresses = await addressesOf(hop.url.hostname);
        const answer = await exchange(hop, addresses, agents[protocol], request.signal);
        const next = follow(request.redirect, hop, answer);
        if (next === undefined)
          return responseOf(answer, hop, { redirected: hops > 0, mostBytes, signal: request.signal });
        answer.destroy();
        if (hops === mostHops) throw new TypeError(`there were more than ${mostHops} redirects`);
        hop = next;
      }
    } catch (cause) {
      request.signal.throwIfAborted();
      throw new TypeError("fetch failed", { cause });
    }
  };
  const close = (): void => {
    for (const agent of Object.values(agents)) agent.destroy();
  };
  return Object.assign(fetchPublic, { close, [Symbol.dispose]: close });
}
