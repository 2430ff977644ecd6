import { setTimeout as pause } from "node:timers/promises";
import { fail, notApplicable, pass, type Verdict } from "../audit.ts";
import { exchange } from "../drive/exchange.ts";
import { type LoadResult, lostOf, startLoad } from "../drive/load.ts";
import type { AuditRun } from "../run.ts";
import { timeline } from "./ending.ts";
import { isGood } from "./probe.ts";
import { NO_ROUTE } from "./reasons.ts";
import { within } from "./until.ts";

const RATE = 200;
const WARM_UP = 1000;

/** Ends the service under load, behind a balancer that looks at readiness every `interval` milliseconds. */
export async function rollingStop(run: AuditRun, interval: number): Promise<Verdict> {
  const { target, options, evidence } = run;
  const { origin, process, found } = await target.fresh();
  const [route] = found.routes;
  if (route === undefined) return notApplicable(NO_ROUTE);
  // Without readiness, a balancer looks at a page.
  const ready = found.ready ?? route.path;
  const { mark, points } = timeline();
  let admits = true;
  let isWatching = true;
  const watching = (async () => {
    while (isWatching && admits) {
      const { status, loss } = await exchange(origin, { path: ready, timeout: 1000 });
      if (loss !== undefined || !isGood(status)) {
        admits = false;
        mark(`the balancer saw readiness ${loss?.kind ?? status} and sends no more requests`);
      }
      await pause(interval);
    }
  })();
  const load = startLoad(origin, { rate: RATE, ask: () => ({ ...route, timeout: 20_000 }), admits: () => admits });
  await pause(WARM_UP);
  mark("SIGTERM");
  process.signal("SIGTERM");
  const exit = await within(options.thresholds.exit + interval, process.ended);
  mark(
    exit === undefined ? "the process is still there" : `the process ended with ${exit.signal ?? `code ${exit.code}`}`,
  );
  await pause(exit === undefined ? 0 : 100);
  isWatching = false;
  const result = await load.stop();
  mark("the load ended");
  await target.stop();
  await watching;
  evidence.timeline(points);
  evidence.series({ label: "latency", unit: "ms", points: thinned(result.latencies) });
  for (const failure of result.failures.slice(0, 5)) evidence.exchange(failure);
  return verdictOf(result, admits);
}

function verdictOf(result: LoadResult, admits: boolean): Verdict {
  const { sent, serverErrors } = result;
  const lost = lostOf(result);
  const kinds = Object.entries(result.lost)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
  if (serverErrors > 0) kinds.push(`${serverErrors} with a status of 500 or more`);
  const suffix = admits ? " The balancer never saw readiness fail." : "";
  if (lost + serverErrors === 0) return pass(`All ${sent} requests were answered.${suffix}`);
  return fail(`${lost + serverErrors} of ${sent} requests were lost (${kinds.join(", ")}).${suffix}`);
}

/** At most 200 points, the highest of each stretch. */
export function thinned(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const size = Math.ceil(points.length / 200);
  const kept: (readonly [number, number])[] = [];
  for (let at = 0; at < points.length; at += size) {
    const highest = points.slice(at, at + size).reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push([Math.round(highest[0]), Math.round(highest[1] * 10) / 10]);
  }
  return kept;
}
