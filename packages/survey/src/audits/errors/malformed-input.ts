import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { leakIn } from "../../internal/leaks.ts";
import { NO_BODY_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute } from "../../internal/routes.ts";

/** Sends input that cannot be read. */
export const malformedInput: Audit = {
  id: "errors/malformed-input",
  severity: "critical",
  title: "Malformed input is answered with a 4xx that shows no internals",
  why: "A 5xx blames the service for a fault of the client, wakes somebody up, and often shows a stack trace.",
  does: "Sends truncated JSON, an empty body, an array, and members of the wrong types to a route that takes a body.",
  passes: "Every answer is a 4xx, all in one content type, without a stack trace or a path.",
  mend: {
    seaworthy: "Routes of @seaworthy/http validate with a schema and answer with a problem document.",
    otherwise: "Validate bodies with a schema, and answer with 400 or 422 in one format.",
  },
  link: "https://www.rfc-editor.org/rfc/rfc9457",
  async run(run) {
    const route = await bodyRoute(run);
    if (route === undefined) return notApplicable(NO_BODY_ROUTE);
    const bodies = {
      "truncated JSON": '{"a":',
      "an empty body": "",
      "an array": "[]",
      "wrong types": '{"text":{"a":[1]}}',
    };
    const types = new Set<string>();
    for (const [name, body] of Object.entries(bodies)) {
      const headers = { ...route.headers, "content-type": "application/json" };
      const answer = await run.ask({ ...route, body, headers });
      const { status = 0, loss } = answer;
      if (loss !== undefined || status < 400 || status > 499)
        return fail(`For ${name}, the answer was ${loss?.kind ?? status}.`);
      const leak = leakIn(answer.body);
      if (leak !== undefined) return fail(`For ${name}, the answer contains ${leak}.`);
      types.add((answer.headers["content-type"] ?? "none").split(";")[0] ?? "");
    }
    if (types.size > 1) return fail(`The answers have different formats: ${[...types].join(", ")}.`);
    return pass(`All were answered with a 4xx as ${[...types].join("")}.`);
  },
};
