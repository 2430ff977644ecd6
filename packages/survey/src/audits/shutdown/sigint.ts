import { type Audit, fail, pass } from "../../audit.ts";
import { endBy } from "../../internal/ending.ts";

/** Ends an idle service by SIGINT. */
export const sigint: Audit = {
  id: "shutdown/sigint",
  severity: "minor",
  title: "SIGINT ends the service in order",
  why: "SIGINT is what Ctrl-C sends. A developer who has to press it three times loses data in the end.",
  does: "Starts the service, sends SIGINT, and waits.",
  passes: "The process ends within thresholds.exit with exit code 0 or 130, or by the signal after it handled it.",
  mend: {
    seaworthy: "createLifecycle() handles SIGINT like SIGTERM.",
    otherwise: "Handle SIGINT like SIGTERM.",
  },
  link: "https://nodejs.org/api/process.html#signal-events",
  needsProcess: true,
  async run({ target, options }) {
    const { process } = await target.fresh();
    const { how, code, after } = await endBy(process, "SIGINT", options.thresholds.exit);
    if (how === undefined) return fail(`The process was still there ${options.thresholds.exit} ms after SIGINT.`);
    const reason = `The process ended with ${how} after ${Math.round(after)} ms.`;
    return code === 0 || code === 130 ? pass(reason) : fail(reason);
  },
};
