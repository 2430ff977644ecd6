import { randomBytes } from "node:crypto";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { NO_PROCESS, NO_ROUTE } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";
import { until } from "../../internal/until.ts";

/** Sends a trace context. */
export const traceparent: Audit = {
  id: "observability/traceparent",
  severity: "minor",
  title: "The trace id of a request is in a log line",
  why: "It connects the lines of this service with the traces of all the others.",
  does: "Sends a traceparent header with a random trace id to the first route.",
  passes: "A line of the output contains the trace id.",
  mend: {
    seaworthy: "edge() of @seaworthy/http reads traceparent, and the logger adds the ids to all lines.",
    otherwise: "Use OpenTelemetry's instrumentation of your logger, or read the header yourself.",
  },
  link: "https://www.w3.org/TR/trace-context/#traceparent-header",
  async run(run) {
    if (run.options.attach !== undefined) return notApplicable(NO_PROCESS);
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const id = randomBytes(16).toString("hex");
    const header = `00-${id}-${randomBytes(8).toString("hex")}-01`;
    await run.ask({ ...route, headers: { ...route.headers, traceparent: header } });
    const isLogged = (): boolean => run.target.allLines.some(({ text }) => text.includes(id));
    await until(isLogged, 2000);
    return isLogged() ? pass("A line has the trace id.") : fail("No line of the output has the trace id.");
  },
};
