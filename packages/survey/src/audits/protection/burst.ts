import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { burst } from "../../drive/load.ts";
import { isGood } from "../../internal/probe.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { loginAsk, mainRoute } from "../../internal/routes.ts";

const REQUESTS = 300;
const OTHER = "127.0.0.2";

/** Sends many requests from one address. */
export const burstLimit: Audit = {
  id: "protection/burst",
  severity: "major",
  title: "A burst from one client meets 429 with Retry-After, and others are not hurt",
  why: "Without a limit, one client in a loop takes the whole service.",
  does: `Sends ${REQUESTS} requests at once from one address to the login if there is one, else to the first route, and then one from another address.`,
  passes: "Some answers are 429 with a valid Retry-After, and the other address is not limited.",
  mend: {
    seaworthy: "Give edge({ limits }) a limiter of @seaworthy/ratelimit.",
    otherwise: "Use express-rate-limit, @fastify/rate-limit or rate-limiter-flexible, keyed by address.",
  },
  link: "https://www.rfc-editor.org/rfc/rfc6585#section-4",
  async run(run) {
    const { target, options, evidence } = run;
    const { origin } = await target.instance();
    const route = options.login === undefined ? await mainRoute(run) : loginAsk(options.login, "wrong-password-1");
    if (route === undefined) return notApplicable(NO_ROUTE);
    const answers = await burst(origin, REQUESTS, () => ({ ...route, timeout: 20_000 }));
    const limited = answers.filter(({ status }) => status === 429);
    const [first] = limited;
    if (first === undefined) {
      if (answers[0] !== undefined) evidence.exchange(answers[0]);
      return fail(`None of ${REQUESTS} requests to ${route.path} was answered with 429.`);
    }
    evidence.exchange(first);
    const after = first.headers["retry-after"];
    if (after === undefined || !/^\d+$|^[A-Z][a-z]{2}, /.test(after))
      return fail(`429 came without a valid Retry-After: ${after}.`);
    const other = await run.target
      .instance()
      .then((instance) => exchange(instance.origin, { ...route, localAddress: OTHER }));
    evidence.exchange(other);
    const isHurt = other.loss !== undefined || other.status === 429 || (other.status ?? 500) >= 500;
    if (isHurt && other.loss?.kind !== "reset")
      return fail(`A request from another address got ${other.loss?.kind ?? other.status}.`);
    const good = answers.filter(({ status }) => isGood(status)).length;
    return pass(`${limited.length} of ${REQUESTS} requests were answered with 429, ${good} with 2xx.`);
  },
};
