import { type Audit, fail, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";

const TIMES = 20;

/** Asks liveness and readiness. */
export const answersQuickly: Audit = {
  id: "health/answers-quickly",
  severity: "critical",
  title: "Liveness and readiness answer quickly",
  why: "An orchestrator restarts what does not answer its probe in time, often after one second.",
  does: `Asks both probes ${TIMES} times each.`,
  passes: "Every answer is 2xx and comes within thresholds.probe.",
  mend: {
    seaworthy: "createHealth() of @seaworthy/health with edge({ operations }) gives /livez and /readyz.",
    otherwise: "Answer liveness without any work, and readiness from results that a timer keeps fresh.",
  },
  link: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
  async run({ target, options, evidence }) {
    const { origin, found } = await target.instance();
    const { live, ready } = found;
    if (live === undefined || ready === undefined)
      return fail("No probes were found at the usual paths. If they are elsewhere, name them in the option probes.");
    let slowest = 0;
    for (const path of new Set([live, ready])) {
      for (let turn = 0; turn < TIMES; turn++) {
        const answer = await exchange(origin, { path, timeout: options.thresholds.probe * 2 });
        if (turn === 0) evidence.exchange(answer);
        const { status = 0, duration, loss } = answer;
        if (loss !== undefined || status < 200 || status > 299 || duration > options.thresholds.probe) {
          evidence.exchange(answer);
          return fail(`${path} answered with ${loss?.kind ?? status} after ${Math.round(duration)} ms.`);
        }
        slowest = Math.max(slowest, duration);
      }
    }
    const distinct = live === ready ? " There is one endpoint for both." : "";
    return pass(`The slowest of ${TIMES} answers took ${Math.round(slowest)} ms.${distinct}`);
  },
};
