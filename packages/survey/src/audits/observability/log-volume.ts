import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { burst } from "../../drive/load.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";
import { until } from "../../internal/until.ts";

const REQUESTS = 50;
const MOST_LINES = 4;
const MOST_BYTES = 4096;

/** Counts the output per request. */
export const logVolume: Audit = {
  id: "observability/log-volume",
  severity: "minor",
  title: "A request costs a few lines of log",
  why: "Logs are paid by volume. A service that writes ten lines per request costs more in logs than in machines.",
  does: `Sends ${REQUESTS} requests to the first route and counts lines and bytes.`,
  passes: `At most ${MOST_LINES} lines and ${MOST_BYTES} bytes per request.`,
  mend: {
    seaworthy: "edge() of @seaworthy/http writes one line per request; events of packages are on the level trace.",
    otherwise: "Write one line per request, and lower the level of the others.",
  },
  link: "https://12factor.net/logs",
  needsProcess: true,
  async run(run) {
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const { origin, process } = await run.target.fresh();
    const before = process.lines.length;
    await burst(origin, REQUESTS, () => route);
    // The last lines may still be on their way.
    let count = -1;
    const hasSettled = (): boolean => {
      const last = count;
      count = process.lines.length;
      return last === count;
    };
    await until(hasSettled, 2000, 200);
    const added = process.lines.slice(before);
    const bytes = added.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0);
    const perRequest = { lines: added.length / REQUESTS, bytes: Math.round(bytes / REQUESTS) };
    const reason = `${perRequest.lines} lines and ${perRequest.bytes} bytes per request.`;
    return perRequest.lines > MOST_LINES || perRequest.bytes > MOST_BYTES ? fail(reason) : pass(reason);
  },
};
