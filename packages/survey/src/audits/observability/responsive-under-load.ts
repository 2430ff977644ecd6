import { setTimeout as pause } from "node:timers/promises";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { percentile, startLoad } from "../../drive/load.ts";
import { NO_PROBES, NO_ROUTE } from "../../internal/reasons.ts";
import { thinned } from "../../internal/rolling.ts";
import { mainRoute } from "../../internal/routes.ts";

const RATE = 200;
const DURATION = 4000;

/** Asks liveness while requests arrive. */
export const responsiveUnderLoad: Audit = {
  id: "observability/responsive-under-load",
  severity: "major",
  title: "Liveness answers quickly under load",
  why: "A blocked event loop makes every request wait, and in the end the orchestrator restarts the process.",
  does: `Sends ${RATE} requests per second for ${DURATION / 1000} seconds and asks liveness meanwhile.`,
  passes: "The 99th percentile of liveness is at most thresholds.lag.",
  mend: {
    seaworthy: "edge({ shed }) of @seaworthy/http refuses what is too much; metrics show the delay of the event loop.",
    otherwise: "Find what blocks the event loop with --cpu-prof, and move it into a worker.",
  },
  link: "https://nodejs.org/en/learn/asynchronous-work/dont-block-the-event-loop",
  times: 2,
  async run(run) {
    const { origin, found } = await run.target.instance();
    const { live } = found;
    if (live === undefined) return notApplicable(NO_PROBES);
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const load = startLoad(origin, { rate: RATE, ask: () => route });
    const probes: [number, number][] = [];
    const begun = performance.now();
    while (performance.now() - begun < DURATION) {
      const { duration, loss } = await exchange(origin, { path: live });
      probes.push([performance.now() - begun, loss === undefined ? duration : 10_000]);
      await pause(25);
    }
    const { latencies } = await load.stop();
    run.evidence.series({ label: "liveness", unit: "ms", points: thinned(probes) });
    run.evidence.series({ label: "latency", unit: "ms", points: thinned(latencies) });
    const p99 = Math.round(
      percentile(
        probes.map(([, duration]) => duration),
        0.99,
      ),
    );
    const reason = `The 99th percentile of ${probes.length} probes was ${p99} ms.`;
    return p99 > run.options.thresholds.lag ? fail(reason) : pass(reason);
  },
};
