import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { burst } from "../../drive/load.ts";
import { NO_DEPENDENCY, NO_ROUTE } from "../../internal/reasons.ts";
import { until } from "../../internal/until.ts";
import { httpProxies } from "../../internal/upstreams.ts";

const REQUESTS = 200;
const MOST = 100;
const KEPT = 40;
const RELEASE = 45_000;

/** Counts connections to dependencies under a burst. */
export const connectionsBounded: Audit = {
  id: "dependencies/connections-bounded",
  severity: "major",
  title: "The number of connections to a database is bounded, and they are released",
  why: "A database has a limit of connections. A service that opens one per request locks out all others.",
  does: `Sends ${REQUESTS} requests at once to each known route, and counts connections at the proxies.`,
  passes: `At most ${MOST} connections are open at once, and at most ${KEPT} of them ${RELEASE / 1000} seconds later.`,
  mend: {
    seaworthy: "connectPostgres() has a pool of 20 and 40; policies have a bulkhead.",
    otherwise: "Use a pool, and one client for the whole process.",
  },
  link: "https://node-postgres.com/features/pooling",
  async run(run) {
    const upstreams = new Set(httpProxies(run).map(([name]) => name));
    const proxies = [...run.proxies].filter(([name]) => !upstreams.has(name));
    if (proxies.length === 0) return notApplicable(NO_DEPENDENCY);
    const { origin, found } = await run.target.instance();
    if (found.routes.length === 0) return notApplicable(NO_ROUTE);
    for (const [, proxy] of proxies) proxy.reset();
    for (const route of found.routes.slice(0, 4)) await burst(origin, REQUESTS, () => ({ ...route, timeout: 30_000 }));
    const peaks = proxies.map(([name, { traffic }]) => ({ name, peak: traffic.peak }));
    const reason = `Most connections at once: ${peaks.map(({ name, peak }) => `${name} ${peak}`).join(", ")}.`;
    if (peaks.some(({ peak }) => peak > MOST)) return fail(reason);
    const isReleased = (): boolean => proxies.every(([, proxy]) => proxy.open <= KEPT);
    if ((await until(isReleased, RELEASE, 250)) !== undefined) return pass(reason);
    return fail(`${reason} ${RELEASE / 1000} seconds after the load, more than ${KEPT} were still open.`);
  },
};
