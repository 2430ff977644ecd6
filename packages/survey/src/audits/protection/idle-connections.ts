import { connect, type Socket } from "node:net";
import { type Audit, fail, notApplicable, pass } from "../../audit.ts";
import { exchange } from "../../drive/exchange.ts";
import { isGood } from "../../internal/probe.ts";
import { NO_ROUTE } from "../../internal/reasons.ts";
import { mainRoute } from "../../internal/routes.ts";

const CONNECTIONS = 1000;
const LIMIT = 2000;

/** Holds many connections open. */
export const idleConnections: Audit = {
  id: "protection/idle-connections",
  severity: "minor",
  title: "A thousand idle connections do not keep others from being served",
  why: "Clients and balancers hold connections open that do nothing.",
  does: `Opens ${CONNECTIONS} connections that send nothing, and then sends one request.`,
  passes: `The request is answered with 2xx within ${LIMIT / 1000} seconds.`,
  mend: {
    seaworthy: "Node.js does this by itself, unless maxConnections is too small.",
    otherwise: "Raise the limit of open files, and do not set maxConnections below what balancers hold.",
  },
  link: "https://nodejs.org/api/net.html#servermaxconnections",
  async run(run) {
    const route = await mainRoute(run);
    if (route === undefined) return notApplicable(NO_ROUTE);
    const { origin } = await run.target.instance();
    const sockets: Socket[] = [];
    try {
      for (let at = 0; at < CONNECTIONS; at++) sockets.push(await opened(Number(origin.port)));
      const answer = await exchange(origin, { ...route, timeout: LIMIT });
      run.evidence.exchange(answer);
      const { status, loss, duration } = answer;
      if (loss !== undefined || !isGood(status))
        return fail(`With ${CONNECTIONS} idle connections, a request got ${loss?.kind ?? status}.`);
      return pass(`With ${CONNECTIONS} idle connections, a request took ${Math.round(duration)} ms.`);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  },
};

function opened(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => resolve(socket));
    socket.once("connect", () => resolve(socket));
  });
}
