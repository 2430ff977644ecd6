import { type Audit, fail, pass } from "../../audit.ts";
import { endBy, isClean } from "../../internal/ending.ts";
import { until } from "../../internal/until.ts";

/** Looks for processes and ports that are left after the end. */
export const leavesNothing: Audit = {
  id: "shutdown/leaves-nothing",
  severity: "major",
  title: "No process and no port is left behind",
  why: "A child process that outlives its parent holds memory, locks and ports that the next start needs.",
  does: "Ends the service by SIGTERM, and looks for members of its process group and for its port.",
  passes: "Within one second after the end nothing is left.",
  mend: {
    seaworthy: "Start child processes in a resource of createLifecycle(), and end them in its stop().",
    otherwise: "Keep the handles of child processes, and end them before the process ends.",
  },
  link: "https://nodejs.org/api/child_process.html#subprocesskillsignal",
  needsProcess: true,
  async run({ target, options }) {
    const { origin, process } = await target.fresh();
    const { how } = await endBy(process, "SIGTERM", options.thresholds.exit);
    if (how === undefined) return fail(`The process was still there ${options.thresholds.exit} ms after SIGTERM.`);
    const port = Number(origin.port);
    await until(async () => (await isClean(process, port)) === undefined, 1000);
    const left = await isClean(process, port);
    return left === undefined ? pass("Nothing is left of the process.") : fail(`After the end ${left}.`);
  },
};
