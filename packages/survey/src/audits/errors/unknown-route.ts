import { type Audit, fail, pass } from "../../audit.ts";
import { leakIn } from "../../internal/leaks.ts";
import { bodyRoute } from "../../internal/routes.ts";

/** Asks for a path that does not exist. */
export const unknownRoute: Audit = {
  id: "errors/unknown-route",
  severity: "minor",
  title: "An unknown path is answered with 404 in the format of the other errors",
  why: "Clients parse errors in one way. A page of HTML among JSON is one more case for each of them.",
  does: "Asks for a path that does not exist.",
  passes: "The answer is 404, shows no internals, and has the content type of the answer to malformed JSON.",
  mend: {
    seaworthy: "edge() of @seaworthy/http answers unknown paths with a problem document.",
    otherwise: "Register a last handler that answers with 404 in your error format.",
  },
  link: "https://www.rfc-editor.org/rfc/rfc9457",
  async run(run) {
    const answer = await run.ask({ path: "/seaworthy-survey-unknown-4f1c/deep?x=1" });
    const { status, headers, body, loss } = answer;
    if (loss !== undefined || status !== 404) return fail(`The answer was ${loss?.kind ?? status}.`);
    const leak = leakIn(body);
    if (leak !== undefined) return fail(`The answer contains ${leak}.`);
    const route = await bodyRoute(run);
    if (route === undefined) return pass("The answer was 404.");
    const other = await run.ask({
      ...route,
      body: '{"a":',
      headers: { ...route.headers, "content-type": "application/json" },
    });
    const [own, theirs] = [headers, other.headers].map((all) => (all["content-type"] ?? "none").split(";")[0]);
    return own === theirs ? pass(`Both are ${own}.`) : fail(`404 is ${own}, and malformed JSON gets ${theirs}.`);
  },
};
