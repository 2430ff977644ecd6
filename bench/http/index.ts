// What an edge costs: the bare framework, the stack that one wires by hand, and ours with the same duties: an access log,
// a histogram, helmet's headers, CORS and a rate limit. Servers are processes of their own, run interleaved.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import autocannon from "autocannon";
import { median, shuffled } from "../harness.ts";

const FRAMEWORKS = ["node:http", "Express", "Fastify", "Hono"];
const STACKS = ["bare", "usual", "ours"];
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? "5");
const SECONDS = Number(process.env.BENCH_SECONDS ?? "2");
const CONNECTIONS = 100;

interface Contestant {
  framework: string;
  stack: string;
  child: ChildProcess;
  url: string;
  rates: number[];
  /** CPU microseconds of the server process per request. */
  costs: number[];
}

async function start(framework: string, stack: string): Promise<Contestant> {
  const child = fork(join(import.meta.dirname, "server.ts"), [framework, stack], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { framework, stack, child, url: `http://127.0.0.1:${port}/orders/1042`, rates: [], costs: [] };
}

async function cpu(child: ChildProcess): Promise<number> {
  const answer = once(child, "message") as Promise<[{ cpu: NodeJS.CpuUsage }]>;
  child.send("cpu");
  const [{ cpu }] = await answer;
  return cpu.user + cpu.system;
}

async function shoot(contestant: Contestant, seconds: number): Promise<{ rate: number; cost: number }> {
  const before = await cpu(contestant.child);
  const result = await autocannon({
    url: contestant.url,
    connections: CONNECTIONS,
    duration: seconds,
    headers: { origin: "https://app.example.com", "user-agent": "autocannon" },
  });
  const spent = (await cpu(contestant.child)) - before;
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${contestant.framework} ${contestant.stack}: ${result.non2xx} refused, ${result.errors} failed`);
  const { total } = result.requests;
  return { rate: total / result.duration, cost: spent / total };
}

function print(contestants: readonly Contestant[]): void {
  for (const framework of new Set(contestants.map((one) => one.framework))) {
    const of = (stack: string): Contestant =>
      contestants.find((one) => one.framework === framework && one.stack === stack) as Contestant;
    const bare = of("bare");
    console.log(`\n${framework}`);
    for (const stack of STACKS) {
      const { rates, costs } = of(stack);
      const kept = median(rates.map((rate, round) => rate / (bare.rates[round] as number)));
      const added = median(costs.map((cost, round) => cost - (bare.costs[round] as number)));
      const rate = `${median(rates).toFixed(0)} requests/s`.padStart(18);
      const share =
        stack === "bare" ? "" : `  keeps ${kept.toFixed(2)} of bare, adds ${added.toFixed(1)} µs of CPU a request`;
      console.log(`  ${stack.padEnd(6)}${rate}${share}`);
    }
  }
}

const contestants: Contestant[] = [];
for (const framework of process.env.BENCH_FRAMEWORK?.split(",") ?? FRAMEWORKS)
  for (const stack of STACKS) contestants.push(await start(framework, stack));
try {
  for (const contestant of contestants) await shoot(contestant, 2); // warm
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of shuffled(contestants)) {
      const { rate, cost } = await shoot(contestant, SECONDS);
      contestant.rates.push(rate);
      contestant.costs.push(cost);
    }
  }
} finally {
  for (const { child } of contestants) child.disconnect();
}
print(contestants);
