import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { isGood, statusOf } from "../../internal/probe.ts";
import { NO_DEPENDENCY, NO_PROBES } from "../../internal/reasons.ts";
import { until } from "../../internal/until.ts";

/** Brings a dependency back after it was dead. */
export const recovers: Audit = {
  id: "health/recovers",
  severity: "major",
  title: "The service recovers without a restart when a dependency comes back",
  why: "If it does not, every short outage of a database becomes a restart of the whole fleet.",
  does: "Refuses all connections to all dependencies for three seconds, and then passes them on again.",
  passes: "Readiness and the first route answer with 2xx within thresholds.recovery, in the same process.",
  mend: {
    seaworthy: "Use pools that reconnect, such as @seaworthy/postgres, and policies whose breakers close again.",
    otherwise: "Use clients that reconnect with a delay, and do not end the process when a connection breaks.",
  },
  link: "https://learn.microsoft.com/azure/architecture/patterns/health-endpoint-monitoring",
  async run({ target, proxies, options, ask }) {
    if (proxies.size === 0) return notApplicable(NO_DEPENDENCY);
    const instance = await target.instance();
    const { ready, routes } = instance.found;
    if (ready === undefined) return notApplicable(NO_PROBES);
    for (const proxy of proxies.values()) await proxy.set({ kind: "refuse" });
    await until(async () => !isGood(await statusOf(instance, ready)), 3000, 200);
    for (const proxy of proxies.values()) await proxy.set({ kind: "none" });
    const limit = options.thresholds.recovery;
    const after = await until(async () => isGood(await statusOf(instance, ready)), limit, 100);
    if (after === undefined) return fail(`Readiness did not answer with 2xx within ${limit} ms after the outage.`);
    const [route] = routes;
    if ((await target.instance()) !== instance) return fail("The process ended during the outage.");
    if (route === undefined) return pass(`Readiness was back after ${Math.round(after)} ms.`);
    const back = await until(async () => isGood((await ask(route)).status), limit, 500);
    if (back === undefined) return fail(`${route.path} did not answer with 2xx within ${limit} ms after the outage.`);
    return pass(`Readiness was back after ${Math.round(after)} ms, and ${route.path} after it.`);
  },
};
