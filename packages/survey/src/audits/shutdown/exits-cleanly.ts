import { type Audit, fail, pass } from "../../audit.ts";
import { endBy } from "../../internal/ending.ts";

/** Ends an idle service by SIGTERM. */
export const exitsCleanly: Audit = {
  id: "shutdown/exits-cleanly",
  severity: "critical",
  title: "SIGTERM ends the service in time with exit code 0",
  why: "An orchestrator sends SIGTERM and, after its grace period, SIGKILL, which ends everything in the middle.",
  does: "Starts the service, sends SIGTERM while it has nothing to do, and waits.",
  passes: "The process ends with exit code 0 within thresholds.exit.",
  mend: {
    seaworthy: "createLifecycle() of @seaworthy/lifecycle ends the process in order.",
    otherwise: "Handle SIGTERM: close the server, then the connections to dependencies, and let the process end.",
  },
  link: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
  needsProcess: true,
  async run({ target, options, evidence }) {
    const { process } = await target.fresh();
    const before = process.lines.length;
    const { how, code, after } = await endBy(process, "SIGTERM", options.thresholds.exit);
    evidence.log(process.lines.slice(before).map(({ text }) => text));
    if (how === undefined) return fail(`The process was still there ${options.thresholds.exit} ms after SIGTERM.`);
    const reason = `The process ended with ${how} after ${Math.round(after)} ms.`;
    return code === 0 ? pass(reason) : fail(reason);
  },
};
