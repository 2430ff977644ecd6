import { setTimeout as pause } from "node:timers/promises";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { endBy } from "../../internal/ending.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute, mainRoute } from "../../internal/routes.ts";
import { stuckRequest } from "../../internal/stuck.ts";

const LIMIT = 3000;

/** Sends a second signal while the service drains. */
export const secondSignal: Audit = {
  id: "shutdown/second-signal",
  severity: "minor",
  title: "A second signal ends the process at once",
  why: "A developer who presses Ctrl-C again does not want to wait for the drain.",
  does: "Sends half of a request, SIGINT, and half a second later SIGINT again.",
  passes: `The process has ended ${LIMIT / 1000} seconds after the second signal.`,
  mend: {
    seaworthy: "createLifecycle() ends the process at the second signal.",
    otherwise: "In the handler of the signal, end the process if the shutdown has already begun.",
  },
  link: "https://nodejs.org/api/process.html#signal-events",
  needsProcess: true,
  async run(run) {
    const { origin, process } = await run.target.fresh();
    const route = (await bodyRoute(run)) ?? (await mainRoute(run));
    if (route === undefined) return notApplicable(NO_ROUTE);
    const socket = await stuckRequest(origin, route);
    try {
      await pause(100);
      process.signal("SIGINT");
      await pause(500);
      if (process.exit !== undefined) return pass("The process had ended before the second signal.");
      const { how, after } = await endBy(process, "SIGINT", LIMIT);
      return how === undefined
        ? fail(`The process was still there ${LIMIT} ms after the second signal.`)
        : pass(`The process ended with ${how}, ${Math.round(after)} ms after the second signal.`);
    } finally {
      socket.destroy();
    }
  },
};
