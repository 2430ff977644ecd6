import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Secret } from "@seaworthy/core";

/** A running simulated upstream. */
export interface UpstreamProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the simulated upstream in a separate process and waits until it listens. */
export async function startUpstream(apiKey: Secret, port: number, failureRate: number): Promise<UpstreamProcess> {
  const child = fork(join(import.meta.dirname, "server.ts"), {
    env: {
      PATH: process.env.PATH,
      UPSTREAM_API_KEY: apiKey.reveal(),
      UPSTREAM_PORT: String(port),
      UPSTREAM_FAILURE_RATE: String(failureRate),
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`the simulated upstream ended with ${code} before it listened`);
  });
  const [listening] = (await Promise.race([once(child, "message"), failed])) as [{ port: number }];
  failed.catch(() => undefined); // a later exit fails the calls to the upstream instead
  return { url: `http://127.0.0.1:${listening.port}`, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
