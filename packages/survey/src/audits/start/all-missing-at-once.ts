import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { refusesToStart } from "../../internal/refusal.ts";

/** Starts the service without any of its required variables. */
export const allMissingAtOnce: Audit = {
  id: "start/all-missing-at-once",
  severity: "minor",
  title: "All missing variables are named at once",
  why: "If only the first one is named, a new environment takes one deployment per variable.",
  does: "Starts the service without all variables of the option required.",
  passes: "The process ends, and its output names each of them.",
  mend: {
    seaworthy: "loadConfig of @seaworthy/config reports all problems in one message.",
    otherwise: "Collect the problems of all variables before you throw.",
  },
  link: "https://12factor.net/config",
  needsProcess: true,
  async run({ target, options, evidence }) {
    const { required } = options;
    if (required.length < 2)
      return notApplicable("Fewer than two required variables are known. Name them in the option required.");
    const { process, port } = await target.start({ without: required });
    await refusesToStart(process, port, options.thresholds.start);
    const output = process.lines.map(({ text }) => text).join("\n");
    const { exit } = process;
    evidence.log(output.split("\n").slice(0, 20));
    await target.stop();
    if (exit === undefined) return fail("The service started without any of its required variables.");
    const unnamed = required.filter((name) => !output.includes(name));
    if (unnamed.length > 0) return fail(`The output does not name ${unnamed.join(", ")}.`);
    return pass(`The output names all ${required.length} variables.`);
  },
};
