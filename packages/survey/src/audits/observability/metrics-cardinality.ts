import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { burst } from "../../drive/load.ts";
import { parseExposition } from "../../internal/exposition.ts";
import { NO_METRICS } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";

const REQUESTS = 100;
const MOST = 30;

/** Sends requests with many different ids. */
export const metricsCardinality: Audit = {
  id: "observability/metrics-cardinality",
  severity: "major",
  title: "The number of series does not grow with ids in URLs",
  why: "One series per id fills the memory of the service and of Prometheus.",
  does: `Sends ${REQUESTS} requests with different ids in their paths, queries and methods.`,
  passes: `There are at most ${MOST} more series afterwards.`,
  mend: {
    seaworthy: "@seaworthy/http labels by route, and @seaworthy/metrics bounds the number of series.",
    otherwise: "Label by the pattern of the route, never by the path.",
  },
  link: "https://prometheus.io/docs/practices/naming/#labels",
  async run(run) {
    const { origin, found } = await run.target.instance();
    const { metrics } = found;
    if (metrics === undefined) return notApplicable(NO_METRICS);
    const route = await mainRoute(run);
    const [path = "/"] = (route?.path ?? "/").split("?");
    const count = async (): Promise<number> =>
      parseExposition((await exchange(origin, { path: metrics })).body).samples.length;
    // The first answers of each kind make series that every service has.
    await burst(origin, 10, (at) => ({ path: at % 2 === 0 ? "/survey-warm-up" : path }));
    const before = await count();
    await burst(origin, REQUESTS, (at) => ({
      path: at % 2 === 0 ? `/survey-${at}-${Math.random().toString(36).slice(2)}` : `${path}?id=${at}`,
      headers: { "user-agent": `survey/${at}` },
    }));
    const after = await count();
    const reason = `There were ${before} series before and ${after} afterwards.`;
    return after - before > MOST ? fail(reason) : pass(reason);
  },
};
