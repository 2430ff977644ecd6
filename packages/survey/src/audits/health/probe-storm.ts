import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { burst } from "../../drive/load.ts";
import { NO_DEPENDENCY, NO_PROBES } from "../../internal/reasons.ts";

const PROBES = 50;
const MOST = 15;

/** Asks readiness many times at once. */
export const probeStorm: Audit = {
  id: "health/probe-storm",
  severity: "minor",
  title: "Many probes at once cost a dependency only a few checks",
  why: "Every balancer, orchestrator and monitor asks on its own. Together they must not load the database.",
  does: `Asks readiness ${PROBES} times at once, and counts what reaches each dependency.`,
  passes: `At most ${MOST} pieces of data are sent to each dependency.`,
  mend: {
    seaworthy: "createHealth() lets concurrent callers share one check and keeps its result for a short time.",
    otherwise: "Keep the result of a check for a second, and let concurrent probes wait for the same check.",
  },
  link: "https://aws.amazon.com/builders-library/implementing-health-checks/",
  async run({ target, proxies }) {
    if (proxies.size === 0) return notApplicable(NO_DEPENDENCY);
    const { origin, found } = await target.instance();
    const { ready } = found;
    if (ready === undefined) return notApplicable(NO_PROBES);
    for (const proxy of proxies.values()) proxy.reset();
    await burst(origin, PROBES, () => ({ path: ready }));
    const counts = [...proxies].map(([name, { traffic }]) => ({ name, count: traffic.commands.length }));
    const text = counts.map(({ name, count }) => `${name}: ${count}`).join(", ");
    const reason = `${PROBES} probes at once sent so many pieces of data to the dependencies: ${text}.`;
    return counts.some(({ count }) => count > MOST) ? fail(reason) : pass(reason);
  },
};
