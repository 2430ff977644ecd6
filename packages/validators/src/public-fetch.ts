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
  /** Redirects that one call follows, 0 to 20. @default 5 */
  redirects?: number;
  /**
   * The most bytes of a response's body, counted after it is decompressed. Reading a longer body fails.
   * @default "100mb"
   */
  bytes?: ByteSize;
}

/** A `fetch` that reaches public addresses only. */
export interface PublicFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Closes the connections that are kept for the next call. Calls after it make new ones. */
  close(): void;
  [Symbol.dispose](): void;
}

const OPTIONS = ["allow", "resolve", "redirects", "bytes"];

/**
 * Returns a `fetch` that connects to public addresses only, for URLs that came from outside: webhooks, link previews,
 * imports. It takes what `fetch` takes, returns a standard `Response`, and needs no library.
 *
 * Prevents server-side request forgery (OWASP A10:2021) in one step: it resolves the host, refuses it if one of its
 * addresses is not public, and connects to the address that it has judged, so no second lookup can answer otherwise
 * (DNS rebinding). Each redirect is judged in the same way. Only `http:` and `https:` are reached, `authorization` and
 * `cookie` are not sent on to another origin, and a body that grows beyond `bytes` while it is decompressed is cut off.
 *
 * Node's built-in `fetch` cannot be guarded from outside: it takes only a dispatcher of the undici inside Node, which
 * cannot be imported. {@link guardConnector} guards the `fetch` of the package `undici`.
 *
 * @throws TypeError when an option is out of its bounds
 * @throws TypeError (from the call) as `fetch` does, with the reason as its `cause`: `VALIDATION_ADDRESS_REFUSED` when the
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
    const request = new Request(input, init); // refuses what fetch refuses
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
        if (protocol !== "http:" && protocol !== "https:") throw new TypeError(`the scheme ${protocol} is not fetched`);
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
