import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { RedisClient } from "@seaworthy/core";
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";
import { expect, vi } from "vitest";

const REDIS_SERVER = "redis-server";

/** Whether the tests can start servers of their own; CI must be able to. */
export const HAS_REDIS: boolean = (process.env.PATH ?? "")
  .split(delimiter)
  .some((folder) => existsSync(join(folder, REDIS_SERVER)));
if (!HAS_REDIS) {
  if (process.env.CI === "true") throw new Error(`no ${REDIS_SERVER} on the path, which CI needs`);
  console.log(`Skipped: no ${REDIS_SERVER} on the path.`);
}

/** Waits until a condition holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 30_000, interval: 5 });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** A Redis server of a test's own. */
export interface OwnRedis {
  readonly port: number;
  signal(name: NodeJS.Signals): void;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again, empty. */
  restart(): Promise<void>;
  /** Sends one command on a connection of its own. */
  command(...words: (string | number)[]): Promise<unknown>;
}

export async function startRedis(...args: string[]): Promise<OwnRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-cache-"));
  const fixed = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  let server: ChildProcess;
  const start = async (): Promise<void> => {
    server = spawn(REDIS_SERVER, [...fixed, ...args], { stdio: "ignore" });
    const probe = new Redis(port, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    probe.on("error", () => undefined);
    await probe.ping();
    probe.disconnect();
  };
  await start();
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  };
  return {
    port,
    signal: (name) => void server.kill(name),
    kill: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
    restart: async () => {
      await kill();
      await start();
    },
    async command(name, ...words) {
      const client = new Redis(port);
      try {
        return await client.call(`${name}`, ...words.map(String));
      } finally {
        client.disconnect();
      }
    },
  };
}

/** Three masters that share all slots. */
export async function startCluster(): Promise<{ ports: number[]; kill(): Promise<void> }> {
  const args = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port"];
  const servers = await Promise.all([1, 2, 3].map(async () => startRedis(...args, `${await freePort()}`)));
  const slots = [
    [0, 5460],
    [5461, 10922],
    [10923, 16383],
  ];
  for (const [index, server] of servers.entries()) {
    const [from = 0, to = 0] = slots[index] ?? [];
    await server.command("CLUSTER", "ADDSLOTSRANGE", from, to);
    const bus =
      String(await server.command("CONFIG", "GET", "cluster-port"))
        .split(",")
        .at(-1) ?? "";
    if (index > 0) await servers[0]?.command("CLUSTER", "MEET", "127.0.0.1", server.port, bus);
  }
  for (const server of servers)
    await until(async () => {
      const info = String(await server.command("CLUSTER", "INFO"));
      return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
    });
  return {
    ports: servers.map(({ port }) => port),
    kill: async () => void (await Promise.all(servers.map((server) => server.kill()))),
  };
}

/** A connected client, and how it is closed. */
export interface OwnClient {
  readonly client: RedisClient;
  close(): void;
}

export async function ioredisClient(port: number): Promise<OwnClient> {
  const client = new Redis(port, { retryStrategy: () => 50 });
  client.on("error", () => undefined);
  await client.ping();
  return { client, close: () => client.disconnect() };
}

export async function nodeRedisClient(port: number): Promise<OwnClient> {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: 50 } });
  client.on("error", () => undefined);
  await client.connect();
  return { client: client as unknown as RedisClient, close: () => client.destroy() };
}

export async function ioredisCluster(ports: readonly number[]): Promise<OwnClient> {
  const client = new Cluster(ports.map((port) => ({ host: "127.0.0.1", port })));
  client.on("error", () => undefined);
  await until(() => client.status === "ready");
  return { client, close: () => client.disconnect() };
}

export async function nodeRedisCluster(ports: readonly number[]): Promise<OwnClient> {
  const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
  client.on("error", () => undefined);
  await client.connect();
  return { client: client as unknown as RedisClient, close: () => client.destroy() };
}
