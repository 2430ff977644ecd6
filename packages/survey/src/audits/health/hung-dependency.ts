import { setTimeout as pause } from "node:timers/promises";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { isGood } from "../../internal/probe.ts";
import { NO_DEPENDENCY, NO_PROBES } from "../../internal/reasons.ts";

const LIMIT = 5000;
const WATCHED = 4000;
const INTERVAL = 200;

/** Lets each dependency hang. */
export const hungDependency: Audit = {
  id: "health/hung-dependency",
  severity: "major",
  title: "A dependency that hangs does not make the probes hang",
  why: "A probe that waits for a frozen database times out, and the orchestrator restarts a process that is not to blame.",
  does: "Stops passing bytes on to one dependency after the other, and asks both probes.",
  passes: `Both probes answer within ${LIMIT / 1000} seconds, and liveness answers with 2xx.`,
  mend: {
    seaworthy: "Each check of createHealth() has a timeout.",
    otherwise: "Give every check in the readiness probe a timeout of its own.",
  },
  link: "https://aws.amazon.com/builders-library/implementing-health-checks/",
  async run({ target, proxies, evidence }) {
    if (proxies.size === 0) return notApplicable(NO_DEPENDENCY);
    const { origin, found } = await target.instance();
    const { live, ready } = found;
    if (live === undefined || ready === undefined) return notApplicable(NO_PROBES);
    let slowest = 0;
    for (const [name, proxy] of proxies) {
      await proxy.set({ kind: "hang" });
      const begun = performance.now();
      // Results of checks may be kept for a while.
      while (performance.now() - begun < WATCHED) {
        for (const answer of await Promise.all(
          [live, ready].map((path) => exchange(origin, { path, timeout: LIMIT })),
        )) {
          slowest = Math.max(slowest, answer.duration);
          if (answer.loss === undefined && (answer.path !== live || isGood(answer.status))) continue;
          evidence.exchange(answer);
          const what =
            answer.loss === undefined ? `answered with ${answer.status}` : `did not answer within ${LIMIT} ms`;
          return fail(`${answer.path} ${what} while ${name} hung.`);
        }
        await pause(INTERVAL);
      }
      await proxy.set({ kind: "none" });
    }
    return pass(`The slowest answer took ${Math.round(slowest)} ms.`);
  },
};
