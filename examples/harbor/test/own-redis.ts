import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./harbor.ts";
import { answers } from "./reachable.ts";

/** A Redis server of a test's own, which may be killed. */
export interface OwnRedis {
  readonly url: string;
  kill(): Promise<void>;
  /** Starts it anew and empty, at the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const canStartRedis: boolean = spawnSync("redis-server", ["--version"]).status === 0;
if (!canStartRedis && process.env.CI === "true") throw new Error("redis-server is not installed, which CI needs");
if (!canStartRedis) console.log("Skipped: redis-server is not installed.");

/** Starts an empty server at a free port. */
export async function startRedis(): Promise<OwnRedis> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const directory = mkdtempSync(join(tmpdir(), "harbor-redis-"));
  const url = `redis://127.0.0.1:${port}`;
  const launch = async (): Promise<ChildProcess> => {
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory];
    const server = spawn("redis-server", options, { stdio: "ignore" });
    await eventually(
      () => answers(url),
      (isThere) => isThere,
    );
    return server;
  };
  let server = await launch();
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
  };
  return {
    url,
    kill,
    async restart() {
      await kill();
      server = await launch();
    },
    async close() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
