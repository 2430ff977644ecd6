import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { isAlive } from "../../internal/alive.ts";
import { NO_BODY_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute } from "../../internal/routes.ts";

const SIZE = 20 * 1024 * 1024;

/** Sends a body that is too large. */
export const bodyLimit: Audit = {
  id: "protection/body-limit",
  severity: "major",
  title: "A body of 20 MiB is refused",
  why: "A service that reads bodies of any size into memory can be ended by one request.",
  does: "Sends a JSON document of 20 MiB.",
  passes: "The answer is a 4xx, or the connection is closed, and the service goes on answering.",
  mend: {
    seaworthy: "Routes of @seaworthy/http refuse bodies of more than 100 kB, unless bodyLimit says otherwise.",
    otherwise: "Set the limit of your body parser.",
  },
  link: "https://www.rfc-editor.org/rfc/rfc9110#name-413-content-too-large",
  async run(run) {
    const route = await bodyRoute(run);
    if (route === undefined) return notApplicable(NO_BODY_ROUTE);
    const body = `{"text":"${"x".repeat(SIZE)}"}`;
    const { status, loss } = await run.ask({
      ...route,
      body,
      headers: { ...route.headers, "content-type": "application/json" },
    });
    if (!(await isAlive(run))) return fail("The service no longer answers.");
    if (loss?.kind === "timeout") return fail("There was no answer within 10 seconds.");
    if (loss !== undefined) return pass("The connection was closed.");
    return status !== undefined && status >= 400 && status < 500
      ? pass(`The answer was ${status}.`)
      : fail(`The answer was ${status}.`);
  },
};
