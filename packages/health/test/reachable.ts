import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * Whether something listens at the URL's host and port. With `CI=true` a missing server is an error, since there a
 * skipped suite would be a hole; elsewhere it is said in one line.
 */
export async function reachable(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return (await isOpen(Number(port), hostname)) || missing(`no server at ${hostname}:${port}`);
}

/** Whether a program is on the path. */
export function installed(program: string): boolean {
  const found = (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
  return found || missing(`no ${program} on the path`);
}

function missing(what: string): false {
  if (process.env.CI === "true") throw new Error(`${what}, which CI needs`);
  console.log(`Skipped: ${what}.`);
  return false;
}

function isOpen(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const answer = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => answer(true)).once("error", () => answer(false));
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** The program of a Redis server. */
export const REDIS_SERVER = "redis-server";

/** A Redis server of a test's own, which it may starve, stop and kill. */
export interface OwnRedis extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  signal(name: NodeJS.Signals): void;
  /** Kills it at once and waits until it is closed. */
  kill(): Promise<void>;
}

/** Starts one and waits until it listens. */
export async function startRedis(args: string[] = [], wantedPort?: number): Promise<OwnRedis> {
  const port = wantedPort ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-redis-"));
  const fixed = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const server = spawn(REDIS_SERVER, [...fixed, ...args], { stdio: "ignore" });
  const closed = once(server, "exit");
  while (!(await isOpen(port))) {
    if (server.exitCode !== null) throw new Error(`${REDIS_SERVER} ended with ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const kill = async (): Promise<void> => {
    server.kill("SIGKILL");
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    signal: (name) => void server.kill(name),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
