import { setTimeout as pause } from "node:timers/promises";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { burst } from "../../drive/load.ts";
import { isGood } from "../../internal/probe.ts";
import { NO_SLOW_ROUTE } from "../../internal/reasons.ts";

const REQUESTS = 20;
const HEAD_START = 400;

/** Ends the service while it works on requests. */
export const inFlight: Audit = {
  id: "shutdown/in-flight",
  severity: "critical",
  title: "Requests in flight are answered before the process ends",
  why: "Every deployment would cut the requests off that are being worked on.",
  does: `Sends ${REQUESTS} requests to the option slowRoute, SIGTERM ${HEAD_START} ms later, and reads all answers.`,
  passes: "All of them are answered completely with 2xx.",
  mend: {
    seaworthy: "createLifecycle() waits for open requests before it closes anything that they need.",
    otherwise: "Call server.close() and wait for its callback before you close databases and end the process.",
  },
  link: "https://nodejs.org/api/http.html#serverclosecallback",
  needsProcess: true,
  times: 2,
  async run({ target, options, evidence }) {
    const { slowRoute } = options;
    if (slowRoute === undefined) return notApplicable(NO_SLOW_ROUTE);
    const { origin, process } = await target.fresh();
    const answers = burst(origin, REQUESTS, () => ({ ...slowRoute, timeout: 30_000 }));
    await pause(HEAD_START);
    process.signal("SIGTERM");
    const all = await answers;
    const bad = all.filter(({ status, loss }) => loss !== undefined || !isGood(status));
    for (const answer of bad.slice(0, 5)) evidence.exchange(answer);
    const [first] = all;
    if (first !== undefined && bad.length === 0) evidence.exchange(first);
    const early = all.filter(({ duration, status }) => isGood(status) && duration < HEAD_START);
    if (early.length > 0)
      return notApplicable(`The slow route answered within ${HEAD_START} ms. It has to take 1 to 10 seconds.`);
    if (bad.length === 0) return pass(`All ${REQUESTS} requests were answered.`);
    const kinds = [...new Set(bad.map(({ status, loss }) => loss?.kind ?? `status ${status}`))].join(", ");
    return fail(`${bad.length} of ${REQUESTS} requests were lost (${kinds}).`);
  },
};
