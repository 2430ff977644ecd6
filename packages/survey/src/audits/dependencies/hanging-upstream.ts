import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { NO_UPSTREAM } from "../../internal/reasons.ts";
import { httpProxies, routeThrough, series } from "../../internal/upstreams.ts";

const REQUESTS = 4;

/** Lets an upstream hang. */
export const hangingUpstream: Audit = {
  id: "dependencies/hanging-upstream",
  severity: "major",
  title: "An upstream that hangs does not make requests hang",
  why: "Requests that wait for ever hold memory and connections, until the service hangs too.",
  does: `Stops passing bytes on to an upstream that is reached over HTTP, and sends ${REQUESTS} requests that need it.`,
  passes: "Every request is answered within thresholds.upstream.",
  mend: {
    seaworthy: "policy() of @seaworthy/resilience has a timeout for every call.",
    otherwise: "Give every call an AbortSignal.timeout().",
  },
  link: "https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/",
  async run(run) {
    const upstreams = httpProxies(run);
    if (upstreams.length === 0) return notApplicable(NO_UPSTREAM);
    const { upstream: limit } = run.options.thresholds;
    let slowest = 0;
    let count = 0;
    for (const [name, proxy] of upstreams) {
      const route = await routeThrough(run, proxy);
      if (route === undefined) continue;
      count++;
      await proxy.set({ kind: "hang" });
      for (const answer of await series(run, route, REQUESTS, limit + 1000)) {
        run.evidence.exchange(answer);
        slowest = Math.max(slowest, answer.duration);
        if (answer.loss !== undefined || answer.duration > limit)
          return fail(
            `While ${name} hung, ${route.path} was not answered within ${limit} ms (${answer.loss?.kind ?? "late"}).`,
          );
      }
      await proxy.set({ kind: "none" });
    }
    return count === 0
      ? notApplicable("No known route calls an upstream over HTTP. Name one in the option routes.")
      : pass(`The slowest answer took ${Math.round(slowest)} ms.`);
  },
};
