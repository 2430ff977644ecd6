import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";

/** How a simulated server answers: with a status, never, or after headers of its own. */
export type Mode = "healthy" | "failing" | "hanging" | "limited";

/** A call that reached a simulated server. */
export interface Call {
  at: number;
  path: string;
  aborted: boolean;
}

/** A server in this process that plays the upstream or the database of the service under test. */
export interface Backend {
  readonly url: string;
  mode: Mode;
  calls: Call[];
  close(): void;
}

/** Starts a simulated server on a free port. */
export async function startBackend(): Promise<Backend> {
  const server: Server = createServer((request, response) => answer(backend, request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const backend: Backend = { url, mode: "healthy", calls: [], close };
  return backend;
}

function answer(backend: Backend, request: IncomingMessage, response: ServerResponse): void {
  const call: Call = { at: performance.now(), path: request.url ?? "", aborted: false };
  backend.calls.push(call);
  response.on("close", () => (call.aborted = !response.writableFinished));
  if (backend.mode === "hanging") return;
  if (backend.mode === "failing") return void response.writeHead(503).end();
  const isFirst = backend.calls.length === 1;
  if (backend.mode === "limited" && isFirst) return void response.writeHead(429, { "retry-after": "1" }).end();
  if (call.path.endsWith("/XXX")) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": "application/json" }).end('{"rate":11.5}');
}

/** The service under test, as a process. */
export interface Service {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  readonly upstream: Backend;
  readonly database: Backend;
  /** Everything that it wrote to standard output and standard error. */
  output(): string;
  /** Resolves with the exit code, or with the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

const API_KEY = "k3y-9f27c1d0a4e85b";

/** What the service is started with. */
export const environmentOf = (port: number, upstream: string, database: string): Record<string, string> => ({
  PORT: String(port),
  API_KEY,
  UPSTREAM_URL: upstream,
  DATABASE_URL: database,
});

/** The key that must never be in a log. */
export const KEY = API_KEY;

/** Starts a process of one of the two services, without waiting for it. */
export function launch(file: string, environment: Record<string, string>): Pick<Service, "child" | "output" | "ended"> {
  const child = spawn(process.execPath, ["--conditions=@seaworthy/source", join(import.meta.dirname, file)], {
    env: { PATH: process.env.PATH, NODE_ENV: "production", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  return { child, output: () => output, ended };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Runs `use` with the service started and its backends healthy, and stops everything afterwards. */
export async function withService<T>(file: string, use: (service: Service) => Promise<T>): Promise<T> {
  const [upstream, database, port] = [await startBackend(), await startBackend(), await freePort()];
  const started = launch(file, environmentOf(port, upstream.url, database.url));
  const url = `http://127.0.0.1:${port}`;
  try {
    const running = await until(
      () => fetch(`${url}/ping`).then(({ ok }) => ok),
      (ok) => ok,
    );
    if (!running) throw new Error(`${file} did not start:\n${started.output()}`);
    return await use({ ...started, url, port, upstream, database });
  } finally {
    started.child.kill("SIGKILL");
    upstream.close();
    database.close();
    await started.ended;
  }
}

/** Asks until the answer is the wanted one; the last answer after 20 s. Failures count as no answer. */
export async function until<T>(ask: () => Promise<T> | T, wanted: (answer: T) => boolean): Promise<T | undefined> {
  const end = performance.now() + 20_000;
  let last: T | undefined;
  while (performance.now() < end) {
    try {
      last = await ask();
      if (wanted(last)) return last;
    } catch {
      // It does not listen yet.
    }
    await wait(20);
  }
  return last;
}

export const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The value, or `"late"` if it is not there in time. */
export const within = <T>(promise: Promise<T>, milliseconds: number): Promise<T | "late"> =>
  Promise.race([promise, wait(milliseconds).then(() => "late" as const)]);
