import { Agent, get } from "node:http";
import { performance } from "node:perf_hooks";
import type { Service } from "./harness.ts";

/** The load on a service while it stops. */
export interface Load {
  /** Keep-alive clients on requests that take `slowTime`. */
  slow: number;
  slowTime: number;
  /** Keep-alive clients on requests that are answered at once, with a short pause between two. */
  fast: number;
  /** Milliseconds that the one long request takes, which is sent just before the signal. */
  long: number;
  /** Milliseconds of traffic before the signal, and for how long clients keep sending after it. */
  before: number;
  after: number;
}

/** What came of it. Times are milliseconds after the signal. */
export interface Outcome {
  answered: number;
  /** Requests not answered with 200 and a whole body, by what the client saw. */
  lost: Readonly<Record<string, number>>;
  lostCount: number;
  longAnswered: boolean;
  /** Responses that do not say `Connection: close`, to requests sent after the service said that it is draining. */
  keptAlive: number;
  lastResponse: number;
  exit: number;
  code: number | null;
  signal: string | null;
}

interface Tally {
  answered: number;
  lost: Record<string, number>;
  keptAlive: number;
  lastResponse: number;
  signalledAt: number;
  drainingAt: number;
}

const PAUSE = 5;
const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

/** Sends traffic to a service, SIGTERM in the middle of it, and counts. */
export async function run(service: Service, load: Load): Promise<Outcome> {
  const tally: Tally = {
    answered: 0,
    lost: {},
    keptAlive: 0,
    lastResponse: Number.NEGATIVE_INFINITY,
    signalledAt: Number.POSITIVE_INFINITY,
    drainingAt: Number.POSITIVE_INFINITY,
  };
  const client = async (path: string, rest: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (performance.now() < tally.signalledAt + load.after) {
      await request(service.port, path, agent, tally);
      if (rest > 0) await pause(rest);
    }
    agent.destroy();
  };
  const clients = [
    ...Array.from({ length: load.slow }, () => client(`/?wait=${load.slowTime}`, PAUSE)),
    ...Array.from({ length: load.fast }, () => client("/?wait=0", PAUSE)),
  ];
  await pause(load.before);
  const long = request(service.port, `/?wait=${load.long}`, new Agent({ keepAlive: true }), tally);
  await pause(100);
  tally.signalledAt = performance.now();
  const isDraining = (): void => {
    tally.drainingAt = performance.now();
  };
  // Only our services say so; of the others this count stays 0.
  service.says("state draining").then(isDraining, () => undefined);
  service.kill("SIGTERM");
  await Promise.all(clients);
  const longAnswered = await long;
  const { code, signal, at } = await service.exited;
  return {
    answered: tally.answered,
    lost: tally.lost,
    lostCount: Object.values(tally.lost).reduce((sum, count) => sum + count, 0),
    longAnswered,
    keptAlive: tally.keptAlive,
    lastResponse: tally.lastResponse - tally.signalledAt,
    exit: at - tally.signalledAt,
    code,
    signal,
  };
}

function request(port: number, path: string, agent: Agent, tally: Tally): Promise<boolean> {
  const sentAt = performance.now();
  return new Promise((resolve) => {
    const lose = (why: string): void => {
      tally.lost[why] = (tally.lost[why] ?? 0) + 1;
      resolve(false);
    };
    const asked = get({ host: "127.0.0.1", port, path, agent, timeout: 15_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("error", (error: NodeJS.ErrnoException) => lose(error.code ?? error.message));
      response.on("end", () => {
        if (response.statusCode !== 200 || body !== "done") return lose(`status ${response.statusCode}`);
        tally.answered += 1;
        tally.lastResponse = performance.now();
        if (sentAt > tally.drainingAt && response.headers.connection !== "close") tally.keptAlive += 1;
        resolve(true);
      });
    });
    asked.on("timeout", () => asked.destroy(Object.assign(new Error("no answer"), { code: "TIMEOUT" })));
    asked.on("error", (error: NodeJS.ErrnoException) => lose(error.code ?? error.message));
  });
}
