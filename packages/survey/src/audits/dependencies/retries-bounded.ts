import { setTimeout as pause } from "node:timers/promises";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { burst } from "../../drive/load.ts";
import { NO_UPSTREAM } from "../../internal/reasons.ts";
import { httpProxies, routeThrough } from "../../internal/upstreams.ts";

const REQUESTS = 60;
const MOST = 1.5;
/** A breaker that has opened lets single calls through meanwhile. */
const PAUSE = 300;

/** Cuts every answer of an upstream off, and counts the calls. */
export const retriesBounded: Audit = {
  id: "dependencies/retries-bounded",
  severity: "major",
  title: "A failing upstream does not get many times its usual calls",
  why: "Three retries at each of three levels make 64 calls of one. An upstream that struggles is ended by them.",
  does: `Resets every answer of an upstream after some bytes, and sends ${REQUESTS} requests, ten at once.`,
  passes: `The upstream gets at most ${MOST} calls per request.`,
  mend: {
    seaworthy: "policy() of @seaworthy/resilience has a retry budget of 20 % and a breaker.",
    otherwise: "Retry at one level only, with a budget, and stop calling with a circuit breaker.",
  },
  link: "https://sre.google/sre-book/addressing-cascading-failures/",
  async run(run) {
    const upstreams = httpProxies(run);
    if (upstreams.length === 0) return notApplicable(NO_UPSTREAM);
    const { origin } = await run.target.instance();
    let worst = 0;
    let count = 0;
    for (const [name, proxy] of upstreams) {
      const route = await routeThrough(run, proxy);
      if (route === undefined) continue;
      count++;
      await proxy.set({ kind: "cut", after: 20 });
      proxy.reset();
      for (let turn = 0; turn < REQUESTS; turn += 10) {
        await burst(origin, 10, () => ({ ...route, timeout: 30_000 }));
        await pause(PAUSE);
      }
      const calls = proxy.traffic.requests.length;
      await proxy.set({ kind: "none" });
      run.evidence.note(`${name}: ${calls} calls for ${REQUESTS} requests.`);
      worst = Math.max(worst, calls / REQUESTS);
    }
    if (count === 0) return notApplicable("No known route calls an upstream over HTTP. Name one in the option routes.");
    const reason = `${worst.toFixed(2)} calls per request; the limit is ${MOST}.`;
    return worst > MOST ? fail(reason) : pass(reason);
  },
};
