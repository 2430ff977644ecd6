import { setTimeout as pause } from "node:timers/promises";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { endBy } from "../../internal/ending.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute, mainRoute } from "../../internal/routes.ts";
import { stuckRequest } from "../../internal/stuck.ts";

/** Ends the service while a request never ends. */
export const stuckRequestEnds: Audit = {
  id: "shutdown/stuck-request",
  severity: "major",
  title: "A request that never ends does not hold up the end for ever",
  why: "One client that stops sending in the middle of a body must not make every deployment end in SIGKILL.",
  does: "Sends half of a request, then SIGTERM, and never sends the rest.",
  passes: "The process ends by itself within thresholds.stuck.",
  mend: {
    seaworthy: "createLifecycle() has a limit for the drain, after which it cuts connections.",
    otherwise: "After a limit, call server.closeAllConnections().",
  },
  link: "https://nodejs.org/api/http.html#servercloseallconnections",
  needsProcess: true,
  async run(run) {
    const { target, options } = run;
    const { origin, process } = await target.fresh();
    const route = (await bodyRoute(run)) ?? (await mainRoute(run));
    if (route === undefined) return notApplicable(NO_ROUTE);
    const socket = await stuckRequest(origin, route);
    try {
      await pause(100);
      const { how, after } = await endBy(process, "SIGTERM", options.thresholds.stuck);
      if (how === undefined) return fail(`The process was still there ${options.thresholds.stuck} ms after SIGTERM.`);
      return pass(`The process ended with ${how} after ${Math.round(after)} ms.`);
    } finally {
      socket.destroy();
    }
  },
};
