import { randomBytes } from "node:crypto";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { NO_PROCESS, NO_ROUTE } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";
import { until } from "../../internal/until.ts";

/** Sends a request id. */
export const requestId: Audit = {
  id: "observability/request-id",
  severity: "major",
  title: "A request id comes back and is in a log line",
  why: "It is how a complaint of a user is found in the logs of several services.",
  does: "Sends X-Request-Id with a random value to the first route.",
  passes: "An answer header has the value or a new id, and that id is in a line of the output.",
  mend: {
    seaworthy: "edge() of @seaworthy/http takes or makes the id, and the logger adds it to all lines of the request.",
    otherwise: "Use an AsyncLocalStorage for the id, and add it to each line and answer.",
  },
  link: "https://www.w3.org/TR/trace-context/",
  async run(run) {
    if (run.options.attach !== undefined) return notApplicable(NO_PROCESS);
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const sent = `survey-${randomBytes(6).toString("hex")}`;
    const { headers } = await run.ask({ ...route, headers: { ...route.headers, "x-request-id": sent } });
    const id = ["x-request-id", "request-id", "x-correlation-id"]
      .map((name) => headers[name])
      .find((value) => value !== undefined);
    if (id === undefined) return fail("No answer header has a request id.");
    const isLogged = (): boolean => run.target.allLines.some(({ text }) => text.includes(id));
    await until(isLogged, 2000);
    return isLogged()
      ? pass(`The id ${id === sent ? "came back" : "was made"} and is in a line.`)
      : fail("No line of the output has the id.");
  },
};
