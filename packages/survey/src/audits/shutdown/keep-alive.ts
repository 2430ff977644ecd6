import { Agent } from "node:http";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { endBy } from "../../internal/ending.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";

/** Ends the service while clients hold connections open. */
export const keepAlive: Audit = {
  id: "shutdown/keep-alive",
  severity: "major",
  title: "Connections that are kept alive do not hold up the end",
  why: "Balancers and HTTP clients keep connections for minutes. A server that waits for them is killed in the end.",
  does: "Opens ten connections, makes one request on each, keeps them open, and sends SIGTERM.",
  passes: "The process ends within thresholds.exit.",
  mend: {
    seaworthy: "createLifecycle() answers with connection: close while it drains, and closes idle connections.",
    otherwise: "Call server.closeIdleConnections() after server.close(), and answer with connection: close meanwhile.",
  },
  link: "https://nodejs.org/api/http.html#servercloseidleconnections",
  needsProcess: true,
  async run({ target, options, evidence }) {
    const { origin, process, found } = await target.fresh();
    const [route] = found.routes;
    if (route === undefined) return notApplicable(NO_ROUTE);
    const agents = Array.from({ length: 10 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    try {
      const answers = await Promise.all(agents.map((agent) => exchange(origin, { ...route, agent })));
      if (answers[0] !== undefined) evidence.exchange(answers[0]);
      const { how, after } = await endBy(process, "SIGTERM", options.thresholds.exit);
      if (how === undefined)
        return fail(
          `The process was still there ${options.thresholds.exit} ms after SIGTERM, with 10 idle connections.`,
        );
      return pass(`The process ended with ${how} after ${Math.round(after)} ms, with 10 idle connections.`);
    } finally {
      for (const agent of agents) agent.destroy();
    }
  },
};
