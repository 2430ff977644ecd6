import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { parseExposition } from "../../internal/exposition.ts";

/** Reads the metrics. */
export const metricsParse: Audit = {
  id: "observability/metrics-parse",
  severity: "major",
  title: "There are metrics, and they parse",
  why: "A scrape with one malformed line is thrown away whole.",
  does: "Reads the metrics strictly, as Prometheus does.",
  passes: "Every line is valid, no series occurs twice, and there is at least one sample.",
  mend: {
    seaworthy: "createMetrics() of @seaworthy/metrics with edge({ operations }) gives /metrics.",
    otherwise: "Use prom-client, and serve its register at /metrics.",
  },
  link: "https://prometheus.io/docs/instrumenting/exposition_formats/",
  async run({ target, ask }) {
    const { metrics } = (await target.instance()).found;
    if (metrics === undefined)
      return fail("No metrics were found at the usual paths. If they are elsewhere, name them in probes.metrics.");
    const { body, status, loss } = await ask({ path: metrics });
    if (status === 401 || status === 403) return notApplicable(`The metrics need a credential (${status}).`);
    if (loss !== undefined || status !== 200) return fail(`The metrics answered with ${loss?.kind ?? status}.`);
    const { samples, faults } = parseExposition(body);
    if (faults.length > 0) return fail(faults.join(" "));
    return samples.length === 0 ? fail("There is no sample.") : pass(`${samples.length} samples parse.`);
  },
};
