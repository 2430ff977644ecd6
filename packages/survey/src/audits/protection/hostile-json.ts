import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { isAlive } from "../../internal/alive.ts";
import { NO_BODY_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute } from "../../internal/routes.ts";

const DEPTH = 100_000;

/** Sends JSON that breaks naive code. */
export const hostileJson: Audit = {
  id: "protection/hostile-json",
  severity: "major",
  title: "Deep and polluted JSON is refused",
  why: "Deep nesting overflows the stack of recursive code, and __proto__ members can change every object of the process.",
  does: `Sends JSON that is nested ${DEPTH} deep, members named __proto__ and constructor, huge numbers, and invalid UTF-8.`,
  passes: "No answer is a 5xx, and the service goes on answering.",
  mend: {
    seaworthy: "Routes of @seaworthy/http parse bodies with a limit of depth and refuse such members.",
    otherwise: "Use a parser that refuses them, such as secure-json-parse, and validate with a schema.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Prototype_Pollution_Prevention_Cheat_Sheet.html",
  async run(run) {
    const route = await bodyRoute(run);
    if (route === undefined) return notApplicable(NO_BODY_ROUTE);
    const bodies = {
      "deep arrays": "[".repeat(DEPTH) + "]".repeat(DEPTH),
      "deep objects": `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`,
      pollution: '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}',
      "a huge number": `{"n":1e999,"m":${"9".repeat(10_000)}}`,
      "a lone surrogate": '{"text":"\\ud800"}',
    };
    for (const [name, body] of Object.entries(bodies)) {
      const headers = { ...route.headers, "content-type": "application/json" };
      const { status = 0, loss } = await run.ask({ ...route, body, headers });
      if (loss?.kind === "timeout" || status >= 500)
        return fail(`With ${name}, the answer was ${loss?.kind ?? status}.`);
      if (!(await isAlive(run))) return fail(`After ${name}, the service no longer answers.`);
    }
    return pass(`${Object.keys(bodies).length} hostile documents were answered with a status below 500.`);
  },
};
