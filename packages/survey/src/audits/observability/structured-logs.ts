import { type Audit, fail, pass } from "../../audit.ts";
import { recordOf } from "../../internal/log-lines.ts";
import { mainRoute } from "../../internal/routes.ts";
import { until } from "../../internal/until.ts";

/** Reads every line of the output from the start to the end. */
export const structuredLogs: Audit = {
  id: "observability/structured-logs",
  severity: "critical",
  title: "Every line of output is JSON with a time, a level, and a message",
  why: "One line that does not parse is one event that no search and no alert finds.",
  does: "Starts the service, makes a good request, one to an unknown path and one with malformed headers, and stops it.",
  passes: "Every line that is not empty parses as an object that has a time, a level, and a message.",
  mend: {
    seaworthy: "createLogger() of @seaworthy/logger writes such lines, also for uncaught errors and console.log.",
    otherwise: "Use a structured logger, and send console.log, warnings and uncaught errors through it.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html",
  needsProcess: true,
  async run(run) {
    const { process } = await run.target.fresh();
    const route = await mainRoute(run);
    if (route !== undefined) await run.ask(route);
    await run.ask({ path: "/seaworthy-survey-unknown-4f1c", headers: { authorization: "Bearer malformed" } });
    process.signal("SIGTERM");
    await until(() => process.exit !== undefined, run.options.thresholds.exit);
    const lines = process.lines.filter(({ text }) => text.trim() !== "");
    if (lines.length === 0) return fail("The service wrote nothing at all.");
    const bad = lines.filter((line) => {
      const record = recordOf(line);
      return record === undefined || !record.time || !record.level || !record.message;
    });
    run.evidence.log(bad.map(({ text }) => text));
    return bad.length > 0
      ? fail(`${bad.length} of ${lines.length} lines are not.`)
      : pass(`All ${lines.length} lines are.`);
  },
};
