import { type Audit, fail, pass } from "../../audit.ts";

/** Kills the service and starts it again. */
export const afterKill: Audit = {
  id: "start/after-kill",
  severity: "major",
  title: "The service starts again after it was killed",
  why: "A lock, socket, or pid file that a killed process left behind must not keep the next one from starting.",
  does: "Ends the process by SIGKILL while it serves, and starts it again in the same folder.",
  passes: "It is ready again within thresholds.start.",
  mend: {
    seaworthy: "Hold locks that die with their process, such as those of @seaworthy/vault and @seaworthy/audit.",
    otherwise: "Check whether the process of a lock or pid file still lives before you respect it.",
  },
  link: "https://12factor.net/disposability",
  needsProcess: true,
  async run({ target, options }) {
    await target.instance();
    await target.stop();
    try {
      const { readyAfter } = await target.fresh();
      return pass(`It was ready again after ${readyAfter} ms; the limit is ${options.thresholds.start} ms.`);
    } catch (error) {
      return fail(`It did not start again: ${error instanceof Error ? error.message : String(error)}`);
    }
  },
};
