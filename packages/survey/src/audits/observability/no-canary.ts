import { randomBytes } from "node:crypto";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { bodyRoute, mainRoute } from "../../internal/routes.ts";
import { until } from "../../internal/until.ts";

/** Sends secrets in all the places where clients send them. */
export const noCanary: Audit = {
  id: "observability/no-canary",
  severity: "critical",
  title: "No password, token, or cookie of a request is in the logs",
  why: "Logs are read by more people than databases, and are kept for longer.",
  does: "Sends random values as a password in a body, as a bearer token, basic credentials, cookie, API key, and in the query.",
  passes: "None of the values is in any line of the output.",
  mend: {
    seaworthy: "@seaworthy/logger redacts such names and values in all lines.",
    otherwise: "Configure the redaction of your logger, and do not log headers, bodies, or whole URLs.",
  },
  link: "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude",
  needsProcess: true,
  async run(run) {
    const route = (await bodyRoute(run)) ?? (await mainRoute(run));
    if (route === undefined) return notApplicable(NO_ROUTE);
    const { origin } = await run.target.instance();
    const canary = (): string => `canary${randomBytes(9).toString("hex")}`;
    const canaries = {
      password: canary(),
      "bearer token": canary(),
      cookie: canary(),
      "API key": canary(),
      "token in the query": canary(),
    };
    const basic = Buffer.from(`user:${canaries.password}`).toString("base64");
    const cookie = `session=${canaries.cookie}`;
    const base = {
      ...route,
      path: `${route.path}${route.path.includes("?") ? "&" : "?"}token=${canaries["token in the query"]}`,
    };
    const body = { email: "a@example.com", username: "a", password: canaries.password, text: "x" };
    const attempts = [
      { authorization: `Bearer ${canaries["bearer token"]}`, cookie, "x-api-key": canaries["API key"] },
      { authorization: `Basic ${basic}` },
    ];
    const paths = [base, { ...base, path: `/unknown?token=${canaries["token in the query"]}` }];
    const login = run.options.login === undefined ? [] : [{ method: "POST", path: run.options.login.path }];
    const before = run.target.allLines.length;
    for (const ask of [...paths, ...login])
      for (const headers of attempts)
        await exchange(origin, ask.method === "GET" ? { ...ask, headers } : { ...ask, headers, body });
    await until(() => run.target.allLines.length > before, 1000);
    await until(() => false, 300);
    const values = { ...canaries, "basic credentials": basic };
    const found = Object.entries(values).filter(([, value]) =>
      run.target.allLines.some(({ text }) => text.includes(value)),
    );
    run.evidence.note(
      `${run.target.allLines.length - before} lines were written for ${attempts.length * (paths.length + login.length)} requests.`,
    );
    if (found.length > 0) return fail(`The logs contain: ${found.map(([name]) => name).join(", ")}.`);
    return pass("None of the values is in the logs.");
  },
};
