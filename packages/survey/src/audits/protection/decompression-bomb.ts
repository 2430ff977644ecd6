import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { isAlive } from "../../internal/alive.ts";
import { NO_BODY_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute } from "../../internal/routes.ts";
import type { RouteAsk } from "../../options.ts";

const SIZE = 64 * 1024 * 1024;

/** Sends a small body that unpacks to a large one. */
export const decompressionBomb: Audit = {
  id: "protection/decompression-bomb",
  severity: "major",
  title: "A small body that unpacks to 64 MiB is refused",
  why: "The limit of a body has to hold for what is unpacked, or 64 KiB of traffic cost a thousand times the memory.",
  does: "Sends 64 MiB of JSON compressed by gzip, which is about 64 KiB.",
  passes: "The answer is a 4xx, or the connection is closed, and the service goes on answering.",
  mend: {
    seaworthy: "Routes of @seaworthy/http refuse compressed bodies with 415.",
    otherwise: "Use a body parser that counts the bytes behind the decompression.",
  },
  link: "https://cwe.mitre.org/data/definitions/409.html",
  async run(run) {
    const route = await bodyRoute(run);
    if (route === undefined) return notApplicable(NO_BODY_ROUTE);
    const { origin } = await run.target.instance();
    const status = await sendGzip(origin, route, gzipSync(`{"text":"${"x".repeat(SIZE)}"}`));
    run.evidence.note(`The answer was ${status ?? "the end of the connection"}.`);
    if (!(await isAlive(run))) return fail("The service no longer answers.");
    if (status === undefined || (status >= 400 && status < 500)) return pass("It was refused.");
    return fail(`The answer was ${status}.`);
  },
};

function sendGzip(origin: URL, { method, path, headers }: RouteAsk, body: Buffer): Promise<number | undefined> {
  return new Promise((resolve) => {
    const all = {
      ...headers,
      "content-type": "application/json",
      "content-encoding": "gzip",
      "content-length": body.length,
    };
    const outgoing = request({ host: "127.0.0.1", port: origin.port, method, path, headers: all, timeout: 20_000 });
    outgoing.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.on("timeout", () => outgoing.destroy());
    outgoing.on("error", () => resolve(undefined));
    outgoing.end(body);
  });
}
