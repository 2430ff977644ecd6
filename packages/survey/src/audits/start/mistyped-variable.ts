import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { until } from "../../internal/until.ts";

/** Starts the service with one variable whose name has two letters in the wrong order. */
export const mistypedVariable: Audit = {
  id: "start/mistyped-variable",
  severity: "minor",
  title: "A variable with a mistyped name is named",
  why: "An operator who reads only that DATABASE_URL is missing searches for a long time if DATABSAE_URL is set.",
  does: "Renames one required variable by exchanging two letters of its name, and starts the service.",
  passes: "The output contains the mistyped name.",
  mend: {
    seaworthy: "loadConfig of @seaworthy/config names variables that are close to a missing one.",
    otherwise: "Compare the names in the environment with the missing ones, and report those at a small distance.",
  },
  link: "https://12factor.net/config",
  needsProcess: true,
  async run({ target, options, evidence }) {
    const name = options.required.find((one) => one.length > 5 && options.env[one] !== undefined);
    if (name === undefined)
      return notApplicable("No required variable is known. Name them in required and give them in env.");
    const mistyped = exchanged(name);
    const { process } = await target.start({ without: [name], env: { [mistyped]: options.env[name] ?? "" } });
    const isNamed = (): boolean => process.lines.some(({ text }) => text.includes(mistyped));
    await until(() => process.exit !== undefined || isNamed(), options.thresholds.start);
    await until(isNamed, 200);
    evidence.log(process.lines.slice(0, 15).map(({ text }) => text));
    const named = isNamed();
    await target.stop();
    return named ? pass(`The output names ${mistyped}.`) : fail(`The output does not name ${mistyped}.`);
  },
};

/** The name with the two letters in its middle exchanged that differ. */
function exchanged(name: string): string {
  for (let at = name.length >> 1; at > 0; at--) {
    const [a = "", b = ""] = [name[at - 1], name[at]];
    if (a !== b && a !== "_" && b !== "_") return name.slice(0, at - 1) + b + a + name.slice(at + 1);
  }
  return `${name}X`;
}
