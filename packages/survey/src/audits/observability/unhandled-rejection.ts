import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { recordOf } from "../../internal/log-lines.ts";
import { until } from "../../internal/until.ts";

/** Provokes a rejection without a handler. */
export const unhandledRejection: Audit = {
  id: "observability/unhandled-rejection",
  severity: "minor",
  title: "An unhandled rejection is a structured line",
  why: "It is the trace of an unexpected fault, and often the last line of a process.",
  does: "Asks the option rejectionRoute.",
  passes: "A new line of JSON with a level appears, and every new line parses.",
  mend: {
    seaworthy: "createLogger() of @seaworthy/logger writes uncaught errors as fatal lines.",
    otherwise: 'Log in process.on("unhandledRejection") and process.on("uncaughtException"), and end the process.',
  },
  link: "https://nodejs.org/api/process.html#event-unhandledrejection",
  needsProcess: true,
  async run({ target, options, ask, evidence }) {
    const { rejectionRoute } = options;
    if (rejectionRoute === undefined)
      return notApplicable("No such route is known. Name one in the option rejectionRoute.");
    const { process } = await target.fresh();
    const before = process.lines.length;
    await ask(rejectionRoute);
    await until(() => process.exit !== undefined, 1500);
    const added = process.lines.slice(before).filter(({ text }) => text.trim() !== "");
    evidence.log(added.map(({ text }) => text));
    await target.stop();
    const severe = added.filter(({ text }) =>
      /"(?:level|severity|lvl)"\s*:\s*(?:"(?:fatal|error|critical|alert)"|[56]0)/i.test(text),
    );
    if (severe.length === 0) return fail("No line with the level error or fatal was written.");
    const bad = added.filter((line) => recordOf(line) === undefined);
    return bad.length > 0 ? fail(`${bad.length} lines do not parse.`) : pass("The rejection is a structured line.");
  },
};
