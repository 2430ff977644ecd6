import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { isGood, statusOf } from "../../internal/probe.ts";
import { NO_DEPENDENCY, NO_PROBES } from "../../internal/reasons.ts";
import { until } from "../../internal/until.ts";
import type { AuditRun } from "../../run.ts";

/** Makes each dependency unreachable, then reachable again. */
export const deadDependency: Audit = {
  id: "health/dead-dependency",
  severity: "critical",
  title: "A dead dependency turns readiness to 503, and liveness stays 200",
  why: "Readiness takes an instance out of the balancer that cannot work. A restart does not mend a database.",
  does: "Resets all connections to one critical dependency after the other and refuses new ones.",
  passes: "For each dependency, readiness fails within thresholds.recovery, while liveness keeps answering with 2xx.",
  mend: {
    seaworthy: "Give createHealth() a critical check of the dependency. Only readiness looks at checks.",
    otherwise: "Check the dependency in the readiness probe, and nothing but the process in the liveness probe.",
  },
  link: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes",
  async run(run) {
    const { critical } = run.options;
    if (critical.size === 0) return notApplicable(NO_DEPENDENCY);
    const { found } = await run.target.instance();
    const { live, ready } = found;
    if (live === undefined || ready === undefined) return notApplicable(NO_PROBES);
    const complaints: string[] = [];
    for (const name of critical) {
      const complaint = await complaintOf(run, name, { live, ready });
      if (complaint !== undefined) complaints.push(`${name}: ${complaint}`);
    }
    if (complaints.length > 0) return fail(complaints.join(" "));
    return pass(`Readiness followed the loss of ${[...critical].join(", ")}, and liveness stayed.`);
  },
};

async function complaintOf(run: AuditRun, name: string, { live, ready }: { live: string; ready: string }) {
  const instance = await run.target.instance();
  const proxy = run.proxies.get(name);
  await proxy?.set({ kind: "refuse" });
  const after = await until(async () => !isGood(await statusOf(instance, ready)), run.options.thresholds.recovery, 200);
  await run.ask({ path: ready });
  const { status } = await run.ask({ path: live });
  await proxy?.set({ kind: "none" });
  await until(async () => isGood(await statusOf(instance, ready)), run.options.thresholds.recovery, 200);
  if (after === undefined) return `readiness still answered with 2xx after ${run.options.thresholds.recovery} ms.`;
  if (isGood(status)) return undefined;
  return live === ready ? "liveness failed too, because it is the same endpoint." : `liveness answered with ${status}.`;
}
