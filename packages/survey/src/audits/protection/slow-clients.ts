import { type Audit, fail, pass } from "../../audit.ts";
import { rawExchange } from "../../drive/raw.ts";
import { bodyRoute } from "../../internal/routes.ts";

/** Sends headers and a body one byte per second. */
export const slowClients: Audit = {
  id: "protection/slow-clients",
  severity: "major",
  title: "Connections that send too slowly are closed",
  why: "A few thousand connections that send one byte per second keep a server from serving anybody else (Slowloris).",
  does: "Opens one connection that sends its headers one byte per second, and one that sends its body so.",
  passes: "Both are closed or answered within thresholds.slowClient.",
  mend: {
    seaworthy: "Set headersTimeout and requestTimeout of the server. edge.guard(server) answers such clients with 408.",
    otherwise: "Set server.headersTimeout, server.requestTimeout and server.connectionsCheckingInterval.",
  },
  link: "https://nodejs.org/api/http.html#serverheaderstimeout",
  async run(run) {
    const { target, options, evidence } = run;
    const { origin } = await target.instance();
    const route = await bodyRoute(run);
    const wait = options.thresholds.slowClient;
    const path = route?.path ?? "/";
    const [headers, body] = await Promise.all([
      rawExchange(origin, `GET / HTTP/1.1\r\nHost: ${origin.host}\r\nX-Slow: `, { wait, drip: "a" }),
      rawExchange(
        origin,
        `POST ${path} HTTP/1.1\r\nHost: ${origin.host}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"a":"`,
        { wait, drip: "a" },
      ),
    ]);
    const seconds = ({ duration }: { duration: number }): number => Math.round(duration / 1000);
    evidence.note(`The headers' connection was open for ${seconds(headers)} s, the body's for ${seconds(body)} s.`);
    const isServed = ({ isClosed, text }: { isClosed: boolean; text: string }): boolean =>
      isClosed || text.includes("HTTP/1.1 4");
    if (!isServed(headers)) return fail(`Slow headers kept a connection open for ${seconds(headers)} s.`);
    if (!isServed(body)) return fail(`A slow body kept a connection open for ${seconds(body)} s.`);
    return pass(`Slow headers were cut off after ${seconds(headers)} s, a slow body after ${seconds(body)} s.`);
  },
};
