import { type Audit, fail, pass } from "../../audit.ts";

/** Starts the service and waits for its first answer. */
export const readyInTime: Audit = {
  id: "start/ready-in-time",
  severity: "major",
  title: "The service is ready soon after its start",
  why: "A service that starts slowly delays every deployment, and it cannot be scaled out when the load rises.",
  does: "Starts the service and asks it until it answers. If a readiness probe is known, the probe has to answer with 2xx.",
  passes: "The first good answer comes within thresholds.start.",
  mend: {
    seaworthy: "Resources of createLifecycle() that do not depend on each other open at the same time.",
    otherwise: "Measure the start with --cpu-prof. Open connections in parallel and load optional parts later.",
  },
  link: "https://12factor.net/disposability",
  needsProcess: true,
  async run({ target, options, evidence }) {
    const { readyAfter, process } = await target.fresh();
    evidence.log(process.lines.slice(0, 10).map(({ text }) => text));
    const limit = options.thresholds.start;
    const reason = `It was ready after ${readyAfter} ms; the limit is ${limit} ms.`;
    return readyAfter <= limit ? pass(reason) : fail(reason);
  },
};
