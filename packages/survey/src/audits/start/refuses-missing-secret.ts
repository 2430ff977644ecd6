import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { refusesToStart } from "../../internal/refusal.ts";
import type { AuditRun } from "../../run.ts";

/** A secret that no service should accept. */
const WEAK = "changeme";

/** Starts the service without each secret, and with a weak one. */
export const refusesMissingSecret: Audit = {
  id: "start/refuses-missing-secret",
  severity: "critical",
  title: "Without a secret, or with a weak one, the service does not start and names the variable",
  why: "A service that starts with an empty or a default secret serves forged tokens and readable data, without any sign of it.",
  does: `Starts the service once without each variable of the option secrets, and once with the value "${WEAK}".`,
  passes: "The process ends with an exit code other than 0, and its output names the variable.",
  mend: {
    seaworthy: "Declare the variable as secretText({ minBytes: 32 }) for loadConfig() of @seaworthy/config.",
    otherwise: "Check all variables before anything listens, and refuse short and well-known values.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
  needsProcess: true,
  async run(run) {
    const { secrets } = run.options;
    if (secrets.length === 0) return notApplicable("No secret variable is known. Name them in the option secrets.");
    const complaints: string[] = [];
    for (const name of secrets.slice(0, 5)) {
      const missing = await refusal(run, name, undefined);
      if (missing !== undefined) complaints.push(`without ${name} ${missing}`);
      const weak = await refusal(run, name, WEAK);
      if (weak !== undefined) complaints.push(`with a weak ${name} ${weak}`);
    }
    if (complaints.length > 0) return fail(`The service ${complaints.join("; ")}.`);
    return pass(`The service refused to start without ${secrets.join(", ")}, and with a weak value.`);
  },
};

async function refusal({ target, options, evidence }: AuditRun, name: string, value: string | undefined) {
  const change = value === undefined ? { without: [name] } : { env: { [name]: value } };
  const { process, port } = await target.start(change);
  await refusesToStart(process, port, options.thresholds.start);
  const output = process.lines.map(({ text }) => text);
  evidence.log(output.slice(0, 15));
  const { exit } = process;
  await target.stop();
  if (exit === undefined) return "did not refuse to start";
  if (exit.code === 0) return "ended with exit code 0";
  return output.some((line) => line.includes(name)) ? undefined : "did not name the variable";
}
