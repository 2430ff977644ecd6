import { type ClientRequest, type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { type Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { pipeline, Readable } from "node:stream";
import { readMember } from "@seaworthy/core/objects";
import { plainHost } from "./address-guard.ts";
import type { Hop } from "./redirects.ts";

const MOST_ADDRESSES = 4;
// No connection was made, so no part of the request has been sent.
const NOT_CONNECTED = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL"]);
const DEFAULTS = { accept: "*/*", "accept-encoding": "gzip, deflate, br", "user-agent": "node" };

/** Sends a request to the first address that accepts a connection, and returns the head of the response. */
export async function exchange(
  hop: Hop,
  addresses: readonly string[],
  agent: HttpAgent | HttpsAgent,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const candidates = addresses.slice(0, MOST_ADDRESSES);
  for (const [i, address] of candidates.entries()) {
    try {
      return await send(hop, address, agent, signal);
    } catch (error) {
      const mayTryNext = NOT_CONNECTED.has(String(readMember(error, "code"))) && hop.stream === undefined;
      if (!mayTryNext || i === candidates.length - 1) throw error;
    }
  }
  throw new TypeError("the host has no address"); // the guarded lookup has refused this case already
}

function send(hop: Hop, address: string, agent: HttpAgent | HttpsAgent, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { url, method } = hop;
    const host = plainHost(url.hostname);
    const headers: Record<string, string> = { ...DEFAULTS, ...Object.fromEntries(hop.headers), host: url.host };
    if (hop.body !== undefined) headers["content-length"] = String(hop.body.length);
    else if (hop.stream === undefined && (method === "POST" || method === "PUT")) headers["content-length"] = "0";
    const shared = {
      host: address,
      port: url.port || undefined,
      path: url.pathname + url.search,
      method,
      headers,
      signal,
    };
    // The certificate must be valid for the name, although the connection is made to the address.
    const outgoing: ClientRequest =
      url.protocol === "https:"
        ? httpsRequest(isIP(host) === 0 ? { ...shared, agent, servername: host } : { ...shared, agent })
        : httpRequest({ ...shared, agent });
    const stop = (): void => void outgoing.destroy(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    outgoing.once("close", () => signal.removeEventListener("abort", stop));
    outgoing.once("response", resolve).once("error", reject);
    if (hop.stream === undefined) outgoing.end(hop.body);
    else pipeline(Readable.fromWeb(hop.stream), outgoing, (error) => error && outgoing.destroy(error));
  });
}
