import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute, mainRoute } from "../../internal/routes.ts";

/** Asks with wrong methods and content types. */
export const methods: Audit = {
  id: "errors/methods",
  severity: "minor",
  title: "Wrong methods and content types are refused with the right status",
  why: "A 500 for a wrong method hides real errors, and a route that takes any content type can be called by a form of a stranger.",
  does: "Sends the method PURGE to the first route, and a body of XML to a route that takes JSON.",
  passes: "The method gets 400, 404, 405 or 501, and 405 has an Allow header; the body gets a 4xx.",
  mend: {
    seaworthy: "Routes of @seaworthy/http answer with 405 and 415.",
    otherwise: "Answer unknown methods with 405 and Allow, and unknown content types with 415.",
  },
  link: "https://www.rfc-editor.org/rfc/rfc9110#name-405-method-not-allowed",
  async run(run) {
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const { status = 0, headers, loss } = await run.ask({ method: "PURGE", path: route.path });
    if (loss === undefined && ![400, 404, 405, 501].includes(status)) return fail(`PURGE got ${status}.`);
    if (status === 405 && headers.allow === undefined) return fail("405 came without an Allow header.");
    const taking = await bodyRoute(run);
    if (taking === undefined) return pass(`PURGE got ${loss?.kind ?? status}.`);
    const answer = await run.ask({
      ...taking,
      body: "<a/>",
      headers: { ...taking.headers, "content-type": "application/xml" },
    });
    const isRefused = answer.status !== undefined && answer.status >= 400 && answer.status < 500;
    return isRefused
      ? pass(`PURGE got ${status}, and XML got ${answer.status}.`)
      : fail(`XML got ${answer.loss?.kind ?? answer.status}.`);
  },
};
