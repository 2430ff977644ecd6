import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";

/** Reads the security headers of an answer. */
export const securityHeaders: Audit = {
  id: "errors/security-headers",
  severity: "minor",
  title: "Answers have the security headers that browsers respect",
  why: "An answer that a browser renders in the wrong way becomes an attack on the user who is logged in.",
  does: "Asks the first route.",
  passes: "X-Content-Type-Options is nosniff, and framing is forbidden by Content-Security-Policy or X-Frame-Options.",
  mend: {
    seaworthy: "edge() of @seaworthy/http sends them.",
    otherwise: "Use helmet or its counterpart of your framework.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html",
  async run(run) {
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const { headers } = await run.ask(route);
    const missing: string[] = [];
    if (headers["x-content-type-options"]?.toLowerCase() !== "nosniff") missing.push("X-Content-Type-Options: nosniff");
    const framing =
      /frame-ancestors/.test(headers["content-security-policy"] ?? "") || headers["x-frame-options"] !== undefined;
    if (!framing) missing.push("frame-ancestors or X-Frame-Options");
    return missing.length > 0 ? fail(`${missing.join(" and ")} are missing.`) : pass("The headers are there.");
  },
};
