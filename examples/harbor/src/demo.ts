// Shows what the service does while its upstream works, fails, hangs and recovers. Starts the service, sends it tasks, and
// prints one line per second. `node demo.ts 4` makes each phase 4 seconds long.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PHASES = ["healthy", "failing", "hanging", "healthy"] as const;
const REQUESTS_PER_SECOND = 10;
const seconds = Number(process.argv[2] ?? 7);
if (!Number.isInteger(seconds) || seconds < 1 || seconds > 60) {
  console.error(`The length of a phase must be from 1 to 60 seconds; got ${process.argv[2]}`);
  process.exit(2);
}

interface Second {
  durations: number[];
  answers: Map<string, number>;
}

const data = mkdtempSync(join(tmpdir(), "harbor-demo-"));
const second: Second = { durations: [], answers: new Map() };
const total = { requests: 0, answered: 0, calls: 0 };
let submitted = 0;
let breaker = "closed";
let url = "";
let upstreamUrl = "";

const service = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, "main.ts")], {
  env: {
    ...process.env,
    NODE_ENV: "test",
    LOG__LEVEL: "info",
    DATA__DIRECTORY: data,
    UPSTREAM__OPEN_FOR: "2s",
    UPSTREAM__TIMEOUT: "500ms",
  },
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = once(service, "exit");
process.once("SIGINT", () => service.kill());
try {
  await listening(service);
  console.log(`${"upstream".padEnd(10)}answered  by model  by rule  slowest  upstream calls  breaker    health`);
  for (const [index, mode] of PHASES.entries()) {
    await fetch(`${upstreamUrl}/mode/${mode}`, { method: "POST" });
    for (let i = 0; i < seconds; i++) await watchOneSecond(index > 0 && i === 0 ? `→ ${mode}` : mode);
  }
  console.log(
    `\n${total.answered} of ${total.requests} requests were answered; the upstream was called ${total.calls} times.`,
  );
} finally {
  service.kill();
  await ended;
  rmSync(data, { recursive: true, force: true });
}
if (total.answered < total.requests) process.exitCode = 1;

/** Reads the log of the service: the addresses on which it listens, and the state of its breaker. */
async function listening({ stdout }: ChildProcess): Promise<void> {
  const lines = createInterface({ input: stdout as NodeJS.ReadableStream });
  lines.on("line", (line) => {
    url ||= /harbor listens on (\S+)/.exec(line)?.[1] ?? "";
    upstreamUrl ||= /flaky upstream listens on (\S+)/.exec(line)?.[1] ?? "";
    if (!line.startsWith("{")) return;
    const { event, to } = JSON.parse(line) as { event?: string; to?: string };
    if (event === "resilience.transition") breaker = to ?? breaker;
  });
  while (upstreamUrl === "") {
    if (service.exitCode !== null) throw new Error(`the service ended with exit code ${service.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function watchOneSecond(mode: string): Promise<void> {
  second.durations = [];
  second.answers = new Map();
  const requests: Promise<void>[] = [];
  for (let i = 0; i < REQUESTS_PER_SECOND; i++) {
    requests.push(submit());
    await new Promise((resolve) => setTimeout(resolve, 1000 / REQUESTS_PER_SECOND));
  }
  await Promise.all(requests);
  const { status } = (await (await fetch(`${url}/healthz`)).json()) as { status: string };
  const model = second.answers.get("model") ?? 0;
  const rule = second.answers.get("rule") ?? 0;
  total.requests += REQUESTS_PER_SECOND;
  total.answered += model + rule;
  const callsBefore = total.calls;
  total.calls = await upstreamCalls();
  const cells = [
    mode.padEnd(10),
    `${model + rule} of ${REQUESTS_PER_SECOND}`.padEnd(10),
    String(model).padEnd(10),
    String(rule).padEnd(9),
    `${Math.round(Math.max(0, ...second.durations))} ms`.padEnd(9),
    String(total.calls - callsBefore).padEnd(16),
    breaker.padEnd(11),
    status,
  ];
  console.log(cells.join(""));
}

/** How often the service has called its upstream, from its metrics. */
async function upstreamCalls(): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = metrics.matchAll(/^resilience_attempt_duration_seconds_count\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function submit(): Promise<void> {
  const start = performance.now();
  const headers = { "content-type": "application/json" };
  const text = `A leak in hold ${++submitted}`; // an answer to a text that was sent before would come from the cache
  const response = await fetch(`${url}/tasks`, { method: "POST", headers, body: JSON.stringify({ text }) });
  const { answeredBy = "nothing" } = (await response.json()) as { answeredBy?: string };
  second.durations.push(performance.now() - start);
  second.answers.set(answeredBy, (second.answers.get(answeredBy) ?? 0) + 1);
}
