import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";

const STRANGERS = ["https://stranger.example", "null"];

/** Asks as a page of a stranger. */
export const cors: Audit = {
  id: "errors/cors",
  severity: "major",
  title: "Pages of strangers cannot read answers with credentials",
  why: "A service that repeats any Origin and allows credentials gives its users' data to every page that they visit.",
  does: `Sends the Origin of a stranger and the Origin "null", as a request and as a preflight.`,
  passes: "Neither origin is repeated in Access-Control-Allow-Origin, and * does not come with credentials.",
  mend: {
    seaworthy: "edge({ cors }) allows only the origins that you list.",
    otherwise: "List the allowed origins. Never repeat the Origin header without comparing it.",
  },
  link: "https://fetch.spec.whatwg.org/#http-cors-protocol",
  async run(run) {
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    for (const origin of STRANGERS) {
      const preflight = { origin, "access-control-request-method": "POST" };
      const answers = [
        await run.ask({ ...route, headers: { ...route.headers, origin } }),
        await run.ask({ method: "OPTIONS", path: route.path, headers: preflight }),
      ];
      for (const { headers, method } of answers) {
        const allowed = headers["access-control-allow-origin"];
        const credentials = headers["access-control-allow-credentials"] === "true";
        if (allowed === origin) return fail(`${method} allows the origin ${origin}.`);
        if (allowed === "*" && credentials) return fail(`${method} allows every origin with credentials.`);
      }
    }
    return pass("Strangers are not allowed.");
  },
};
