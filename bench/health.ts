import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createTerminus } from "@godaddy/terminus";
import { createHealth, type Health, statusCode } from "@seaworthy/health";
import { compare, median, print } from "./harness.ts";

const CHECKS = 50;
const instant = async (): Promise<void> => undefined;

function healthOf(check: () => Promise<void>, cacheFor = 0): Health {
  const health = createHealth();
  for (let i = 0; i < CHECKS; i++) health.add(`check ${i}`, check, { cacheFor });
  return health;
}

// The baseline: a first version by hand, without timeouts, statuses or latencies. The first failure hides the others.
const floor = (): Promise<unknown> => Promise.all(Array.from({ length: CHECKS }, instant));

// A second version by hand: each check races against its own timer.
async function raced(check: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("late")), 800).unref();
  });
  await Promise.race([check(), late]).finally(() => clearTimeout(timer));
}
const racedFloor = (): Promise<unknown> => Promise.allSettled(Array.from({ length: CHECKS }, () => raced(instant)));

/** A request through terminus' own handler, without a socket. terminus runs what it is given: its users write the floor. */
function throughTerminus(): () => Promise<unknown> {
  const server = createServer();
  server.on("request", () => undefined);
  createTerminus(server, { healthChecks: { "/readyz": floor }, signals: [] });
  const handle = server.listeners("request")[0] as (
    request: IncomingMessage,
    response: ServerResponse,
  ) => Promise<void>;
  return () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const response = { statusCode: 0, setHeader: noop, writeHead: noop, end: resolve } as unknown as ServerResponse;
    void handle({ url: "/readyz" } as IncomingMessage, response);
    return promise;
  };
}
const noop = (): void => undefined;

const health = healthOf(instant);
const cached = healthOf(instant, 60_000);
const answered = async (report: Health): Promise<string> => {
  const result = await report.report("ready");
  return `${statusCode(result)} ${JSON.stringify(result)}`;
};
await compare(
  `A report of ${CHECKS} instant checks`,
  {
    "Promise.all (floor)": floor,
    "terminus over Promise.all": throughTerminus(),
    "each raced against a timer": racedFloor,
    "health.report()": () => health.report("ready"),
    "health.report(), as JSON": () => answered(health),
    "health.report(), cached": () => cached.report("ready"),
  },
  { asynchronous: true, baseline: "each raced against a timer" },
);

const slow = healthOf(() => new Promise((resolve) => setTimeout(resolve, 40)));
const took: number[] = [];
for (let round = 0; round < 25; round++) {
  const start = performance.now();
  await slow.report("ready");
  took.push(performance.now() - start);
}
print(
  `A report of ${CHECKS} checks that take 40 ms each, on real timers`,
  { median: median(took), slowest: Math.max(...took) },
  "median",
  "ms",
);

const hung = healthOf(instant);
hung.add("hung", () => new Promise(noop));
const first = performance.now();
await hung.report("ready");
const second = performance.now();
await hung.report("ready");
print(
  "A report with one check that never answers",
  { "first probe": second - first, "second probe": performance.now() - second },
  "first probe",
  "ms",
);
process.exit(0); // terminus keeps its signal handlers
