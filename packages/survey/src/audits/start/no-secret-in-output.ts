import { type Audit, fail, notApplicable, pass } from "../../audit.ts";

/** Reads everything that the service wrote when it was started. */
export const noSecretInOutput: Audit = {
  id: "start/no-secret-in-output",
  severity: "critical",
  title: "No value of a secret appears in the output",
  why: "Logs are read by many people and kept for years. A secret in them is public inside the company.",
  does: "Starts the service, also with each secret missing and weak, and looks for the values of all secrets in its output.",
  passes: "No line contains a value of the options secrets or canaries.",
  mend: {
    seaworthy: "Hold secrets as secret() values. The logger of @seaworthy/logger removes them from all lines.",
    otherwise: "Do not print the configuration, and do not put values into error messages.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude",
  needsProcess: true,
  async run({ target, secrets, evidence }) {
    const values = secrets.filter((value) => value.length >= 6);
    if (values.length === 0)
      return notApplicable("No value of a secret is known. Give them in env and name them in secrets.");
    await target.fresh();
    const found = target.allLines.filter(({ text }) => values.some((value) => text.includes(value)));
    evidence.log(found.map(({ text }) => text));
    if (found.length > 0) return fail(`${found.length} lines contain the value of a secret.`);
    return pass(`None of ${target.allLines.length} lines contains one of ${values.length} values.`);
  },
};
