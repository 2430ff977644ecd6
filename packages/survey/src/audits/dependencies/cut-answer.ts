import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { isAlive } from "../../internal/alive.ts";
import { leakIn } from "../../internal/leaks.ts";
import { isGood, statusOf } from "../../internal/probe.ts";
import { NO_DEPENDENCY, NO_ROUTE } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";
import { until } from "../../internal/until.ts";
import { series } from "../../internal/upstreams.ts";

const SETTLING = 1500;

/** Breaks the connections to each dependency in the middle of answers, and changes bytes in them. */
export const cutAnswer: Audit = {
  id: "dependencies/cut-answer",
  severity: "major",
  title: "Answers of dependencies that are cut off or corrupted do not end the process",
  why: "An error event without a listener, or a parser that throws in a callback, ends the process with all its requests.",
  does: "Resets the connection in place of each answer of a dependency, then changes one byte in each piece, and sends requests.",
  passes: "Every request is answered without internals, and the process lives.",
  mend: {
    seaworthy: "@seaworthy/postgres and guardedFetch() turn broken connections into errors with codes.",
    otherwise: "Handle the error event of every client and pool, and validate what comes back.",
  },
  link: "https://nodejs.org/api/events.html#error-events",
  async run(run) {
    if (run.proxies.size === 0) return notApplicable(NO_DEPENDENCY);
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const instance = await run.target.instance();
    const { routes, ready } = instance.found;
    for (const [name, proxy] of run.proxies) {
      for (const fault of [{ kind: "cut", after: 0 }, { kind: "corrupt" }] as const) {
        await proxy.set(fault);
        // Readiness uses dependencies that the routes may not use.
        if (ready !== undefined) await until(async () => !isGood(await statusOf(instance, ready)), SETTLING, 200);
        for (const each of routes.slice(0, 4)) {
          for (const answer of await series(run, each, 2, run.options.thresholds.upstream)) {
            const { loss, body, path } = answer;
            const leak = leakIn(body);
            if (loss !== undefined || leak !== undefined) run.evidence.exchange(answer);
            if (loss !== undefined)
              return fail(`With answers of ${name} in state ${fault.kind}, ${path} got ${loss.kind}.`);
            if (leak !== undefined)
              return fail(`With answers of ${name} in state ${fault.kind}, ${path} shows ${leak}.`);
          }
        }
        await proxy.set({ kind: "none" });
        if (!(await isAlive(run)) || (await run.target.instance()) !== instance)
          return fail(`The process ended when answers of ${name} were in state ${fault.kind}.`);
      }
    }
    return pass("Every request was answered, and the process lives.");
  },
};
