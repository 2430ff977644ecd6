import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { leakIn } from "../../internal/leaks.ts";

/** Provokes an error inside the service. */
export const forcedError: Audit = {
  id: "errors/forced-error",
  severity: "major",
  title: "An internal error hides its cause and has an id",
  why: "The client cannot use the cause, an attacker can. With an id, support finds the log line.",
  does: "Asks the option errorRoute.",
  passes: "The answer is a 5xx without a stack trace or path, and has an id in a header or in its body.",
  mend: {
    seaworthy: "edge() of @seaworthy/http answers with a problem document that has the request id.",
    otherwise: "Give every request an id, log it with the error, and put it into the answer.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",
  async run({ options, ask }) {
    const { errorRoute } = options;
    if (errorRoute === undefined) return notApplicable("No failing route is known. Name one in the option errorRoute.");
    const { status = 0, body, headers, loss } = await ask(errorRoute);
    if (loss !== undefined) return fail(`There was no answer: ${loss.kind}.`);
    if (status < 500) return notApplicable(`The route answered with ${status} instead of a 5xx.`);
    const leak = leakIn(body);
    if (leak !== undefined) return fail(`The answer contains ${leak}.`);
    const id =
      headers["x-request-id"] ??
      headers["request-id"] ??
      body.match(/"(?:requestId|request_id|instance|id|traceId)":"([^"]+)"/)?.[1];
    return id === undefined
      ? fail("Neither a header nor the body has an id.")
      : pass(`The answer was ${status} with an id.`);
  },
};
