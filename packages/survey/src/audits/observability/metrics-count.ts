import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { burst } from "../../drive/load.ts";
import { parseExposition } from "../../internal/exposition.ts";
import { NO_METRICS, NO_ROUTE } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";
import { until } from "../../internal/until.ts";

const REQUESTS = 40;

/** Counts requests with the service. */
export const metricsCount: Audit = {
  id: "observability/metrics-count",
  severity: "minor",
  title: "The metrics count requests exactly",
  why: "An error rate that is computed from wrong counts raises the wrong alerts.",
  does: `Reads the metrics, sends ${REQUESTS} requests to the first route, and reads them again.`,
  passes: `A counter, or the count of a histogram, has grown by exactly ${REQUESTS}.`,
  mend: {
    seaworthy: "metrics.observe() counts every answer of edge() of @seaworthy/http.",
    otherwise: "Count in one place that every request passes, when its answer has ended.",
  },
  link: "https://prometheus.io/docs/practices/instrumentation/",
  async run(run) {
    const { origin, found } = await run.target.instance();
    const { metrics } = found;
    if (metrics === undefined) return notApplicable(NO_METRICS);
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const read = async (): Promise<Map<string, number>> => {
      const { body } = await exchange(origin, { path: metrics });
      return new Map(parseExposition(body).samples.map(({ name, labels, value }) => [name + labels, value]));
    };
    const before = await read();
    await burst(origin, REQUESTS, () => route);
    let grown: string | undefined;
    const hasGrown = async (): Promise<boolean> => {
      const after = await read();
      grown = [...after].find(
        ([name, value]) => /_total|_count/.test(name) && value - (before.get(name) ?? 0) === REQUESTS,
      )?.[0];
      return grown !== undefined;
    };
    await until(hasGrown, 2000, 200);
    return grown === undefined
      ? fail(`No counter has grown by exactly ${REQUESTS}.`)
      : pass(`${grown} has grown by ${REQUESTS}.`);
  },
};
