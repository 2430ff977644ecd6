import { type Audit, fail, pass } from "../../audit.ts";

/** Looks for names and versions of software. */
export const noBanner: Audit = {
  id: "errors/no-banner",
  severity: "minor",
  title: "No header names the software and its version",
  why: "Attackers scan for versions with known faults.",
  does: "Asks for a known and an unknown path.",
  passes: "There is no X-Powered-By and no Server with a version.",
  mend: {
    seaworthy: "edge() of @seaworthy/http removes them.",
    otherwise: 'Call app.disable("x-powered-by") or its counterpart.',
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html#x-powered-by",
  async run({ ask }) {
    for (const path of ["/", "/seaworthy-survey-unknown-4f1c"]) {
      const { headers } = await ask({ path });
      const powered = headers["x-powered-by"];
      if (powered !== undefined) return fail(`X-Powered-By says ${powered}.`);
      if (/\/\d/.test(headers.server ?? "")) return fail(`Server says ${headers.server}.`);
    }
    return pass("No header names the software.");
  },
};
