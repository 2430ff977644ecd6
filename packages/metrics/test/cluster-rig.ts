// Run by the tests of totals: a primary that serves the metrics of its workers, and follows the commands on its channel.
import cluster, { type Worker } from "node:cluster";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClusterMetrics, createMetrics, shareMetrics } from "../src/index.ts";

/** What the test can ask for. */
export type Command =
  | { readonly do: "start"; readonly amount: number }
  | { readonly do: "add"; readonly worker: number; readonly amount: number }
  | { readonly do: "stop" | "continue" | "kill" | "leave"; readonly worker: number };

if (cluster.isPrimary) await runPrimary();
else runWorker();

async function runPrimary(): Promise<void> {
  cluster.setupPrimary({ execArgv: ["--conditions=@seaworthy/source"] });
  const shared = createClusterMetrics({ timeout: "300ms" });
  const server = createServer((request, response) => {
    void shared.render(request.headers.accept).then(({ body, contentType }) => {
      response.writeHead(200, { "content-type": contentType }).end(body);
      process.send?.({ scraped: request.headers["user-agent"] });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.on("message", (command: Command) => {
    void obey(command).then((worker) => process.send?.({ done: command.do, worker }));
  });
  process.on("disconnect", () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGKILL");
    process.exit();
  });
  process.send?.({ port: (server.address() as AddressInfo).port });
}

async function obey(command: Command): Promise<number | undefined> {
  if (command.do === "start") {
    const worker = cluster.fork({ AMOUNT: String(command.amount) });
    await said(worker);
    return worker.id;
  }
  const worker = cluster.workers?.[command.worker];
  if (worker === undefined) throw new Error(`there is no worker ${command.worker}`);
  if (command.do === "stop") worker.process.kill("SIGSTOP");
  if (command.do === "continue") worker.process.kill("SIGCONT");
  if (command.do === "add") {
    worker.send({ add: command.amount });
    await said(worker);
  }
  if (command.do === "leave") worker.send({ leave: true });
  if (command.do === "kill") worker.process.kill("SIGKILL");
  if (command.do === "kill" || command.do === "leave")
    await new Promise((resolve) => worker.once("disconnect", resolve));
  return undefined;
}

function said(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      if (message !== "done") return;
      worker.off("message", listener);
      resolve();
    };
    worker.on("message", listener);
  });
}

function runWorker(): void {
  const metrics = createMetrics({ runtime: false });
  const stop = shareMetrics(metrics);
  const jobs = metrics.counter({ name: "jobs_total", help: "Jobs." });
  const spent = metrics.histogram({ name: "spent_seconds", help: "Spent.", buckets: [1] });
  const load = metrics.gauge({ name: "load", help: "Load." });
  const count = (amount: number): void => {
    jobs.add(amount);
    spent.observe(0.5);
    load.set(1);
  };
  count(Number(process.env.AMOUNT));
  process.on("message", async (message: { add?: number; leave?: true }) => {
    if (message.add !== undefined) {
      count(message.add);
      process.send?.("done");
    }
    if (message.leave) {
      count(1000); // after the last request of the primary, so that only the farewell can tell it
      await stop();
      process.exit();
    }
  });
  process.send?.("done");
}
