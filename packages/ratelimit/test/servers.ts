import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** A Redis server of a test's own, which may be stopped, killed and emptied. */
export interface OwnRedis {
  readonly port: number;
  readonly process: ChildProcess;
  /** Starts it anew and empty, at the same port. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** A port that is free now. Another process may take it before it is used, so a start is tried again. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

/** Whether the program is installed; CI needs it. */
export const CAN_START_REDIS: boolean = await new Promise((resolve, reject) => {
  const program = spawn("redis-server", ["--version"], { stdio: "ignore" });
  program.once("error", () => {
    if (process.env.CI === "true") return reject(new Error("redis-server is not installed, and CI needs it"));
    console.log("Skipped: redis-server is not installed.");
    resolve(false);
  });
  program.once("exit", () => resolve(true));
});

async function launch(port: number, directory: string, args: readonly string[]): Promise<ChildProcess> {
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory, ...args];
  const server = spawn("redis-server", options, { stdio: "ignore" });
  const client = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  const failed = new Promise<never>((_, reject) => {
    server.once("exit", () => reject(new Error(`redis-server ended at port ${port}`)));
  });
  try {
    await Promise.race([client.ping(), failed]);
  } finally {
    client.disconnect();
    failed.catch(() => undefined);
  }
  return server;
}

export async function startRedis(args: readonly string[] = []): Promise<OwnRedis> {
  const directory = await mkdtemp(join(tmpdir(), "seaworthy-redis-"));
  let port = await freePort();
  let server = await launch(port, directory, args).catch(async () => {
    port = await freePort();
    return launch(port, directory, args);
  });
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await ended;
  };
  return {
    port,
    get process() {
      return server;
    },
    kill,
    async restart() {
      await kill();
      server = await launch(port, directory, args);
    },
    async close() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
