import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { timeline } from "../../internal/ending.ts";
import { isGood } from "../../internal/probe.ts";
import { NO_PROBES } from "../../internal/reasons.ts";
import { until } from "../../internal/until.ts";

/** Watches readiness and the port after SIGTERM. */
export const readinessFirst: Audit = {
  id: "shutdown/readiness-first",
  severity: "major",
  title: "Readiness fails before the port closes",
  why: "It is how a balancer learns that it has to send requests elsewhere. A closed port is an error for somebody.",
  does: "Sends SIGTERM and asks readiness on new connections until the process has ended.",
  passes: "Readiness answers with an error at least once, before connections are refused.",
  mend: {
    seaworthy: "createLifecycle() fails readiness first.",
    otherwise: "On SIGTERM, let the readiness probe answer with 503 before you close the server.",
  },
  link: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow",
  needsProcess: true,
  async run({ target, options, evidence }) {
    const { origin, process, found } = await target.fresh();
    const { ready } = found;
    if (ready === undefined) return notApplicable(NO_PROBES);
    const { mark, points } = timeline();
    process.signal("SIGTERM");
    mark("SIGTERM");
    let failed: number | undefined;
    await until(
      async () => {
        const { status, loss } = await exchange(origin, { path: ready, timeout: 1000 });
        if (loss === undefined && !isGood(status)) failed ??= status;
        if (failed !== undefined) mark(`readiness answered with ${failed}`);
        if (loss !== undefined) mark(`readiness: ${loss.kind}`);
        return failed !== undefined || loss !== undefined || process.exit !== undefined;
      },
      options.thresholds.exit,
      10,
    );
    evidence.timeline(points);
    await target.stop();
    return failed === undefined
      ? fail("Readiness never answered with an error before connections were refused.")
      : pass(`Readiness answered with ${failed} while connections were still accepted.`);
  },
};
