import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { startLoad } from "../../drive/load.ts";
import { isGood } from "../../internal/probe.ts";
import { NO_UPSTREAM } from "../../internal/reasons.ts";
import { until, within } from "../../internal/until.ts";
import { httpProxies, routeThrough } from "../../internal/upstreams.ts";

const RATE = 30;
const OUTAGE = 3000;
const MOST = 3;

/** Brings an upstream back under load. */
export const recoveringUpstream: Audit = {
  id: "dependencies/recovering-upstream",
  severity: "minor",
  title: "An upstream that comes back is not overrun, and is used again",
  why: "Retries and waiting requests that all arrive at once end it a second time.",
  does: `Refuses connections to an upstream for ${OUTAGE / 1000} seconds while ${RATE} requests per second arrive, and counts the calls of the first second afterwards.`,
  passes: `They are at most ${MOST} times the rate of requests, and the route answers with 2xx again within thresholds.recovery.`,
  mend: {
    seaworthy: "The breaker of policy() lets single calls through first, and its retries have jitter.",
    otherwise: "Use a circuit breaker that opens half, and backoff with jitter.",
  },
  link: "https://sre.google/sre-book/addressing-cascading-failures/",
  async run(run) {
    const [first] = httpProxies(run);
    if (first === undefined) return notApplicable(NO_UPSTREAM);
    const [name, proxy] = first;
    const { origin } = await run.target.instance();
    const route = await routeThrough(run, proxy);
    if (route === undefined)
      return notApplicable("No known route calls an upstream over HTTP. Name one in the option routes.");
    const load = startLoad(origin, { rate: RATE, ask: () => ({ ...route, timeout: 20_000 }) });
    await proxy.set({ kind: "refuse" });
    await within(OUTAGE, new Promise<void>(() => undefined));
    await proxy.set({ kind: "none" });
    proxy.reset();
    await within(1000, new Promise<void>(() => undefined));
    const calls = proxy.traffic.requests.length;
    const back = await until(
      async () => {
        const before = proxy.traffic.requests.length;
        const { status } = await exchange(origin, { ...route, timeout: 5000 });
        return isGood(status) && proxy.traffic.requests.length > before;
      },
      run.options.thresholds.recovery,
      250,
    );
    await load.stop();
    run.evidence.note(`${name} got ${calls} calls in the first second.`);
    if (back === undefined)
      return fail(`${route.path} did not use ${name} again within ${run.options.thresholds.recovery} ms.`);
    if (calls > RATE * MOST)
      return fail(`${name} got ${calls} calls in the first second, at ${RATE} requests per second.`);
    return pass(`${name} got ${calls} calls in the first second and was used again.`);
  },
};
