import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { leakIn } from "../../internal/leaks.ts";
import { bodyRoute } from "../../internal/routes.ts";

/** Starts the service with NODE_ENV=production and provokes errors. */
export const productionHidesStacks: Audit = {
  id: "start/production-hides-stacks",
  severity: "major",
  title: "In production, no answer contains a stack trace",
  why: "A stack trace tells an attacker which libraries in which versions run where.",
  does: "Starts the service with NODE_ENV=production, and sends malformed JSON, an unknown path, and the option errorRoute.",
  passes: "No answer contains a stack trace or a path of the file system.",
  mend: {
    seaworthy: "edge() of @seaworthy/http answers errors as problem documents without internals.",
    otherwise: "Write an error handler that logs the error and answers with a message of its own.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",
  needsProcess: true,
  async run(run) {
    await run.target.fresh({ env: { NODE_ENV: "production" } });
    const taking = await bodyRoute(run);
    const { errorRoute } = run.options;
    const asks = [
      { path: "/seaworthy-survey-unknown-4f1c" },
      ...(taking === undefined ? [] : [{ ...taking, body: '{"a":', headers: { "content-type": "application/json" } }]),
      ...(errorRoute === undefined ? [] : [errorRoute]),
    ];
    if (asks.length === 1)
      return notApplicable("Only an unknown path could be asked. Name errorRoute, or a route with a body.");
    for (const ask of asks) {
      const { body, path } = await run.ask(ask);
      const leak = leakIn(body);
      if (leak !== undefined) return fail(`The answer to ${path} contains ${leak}.`);
    }
    return pass(`None of ${asks.length} errors shows internals.`);
  },
};
