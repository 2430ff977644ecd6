import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** What a handler answered, or how it failed. */
export interface Invocation {
  readonly outcome: "response" | "error";
  readonly body: Record<string, unknown>;
}

/**
 * The part of a Node.js runtime that calls the handler: a loop over the Runtime API of AWS Lambda, as its documentation
 * describes it. `_HANDLER` is a file and one of its exports, such as `index.handler`.
 */
export const BOOTSTRAP = `
import { existsSync } from "node:fs";
import { Agent, request } from "node:http";
const agent = new Agent({ keepAlive: true });
const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const options = { agent, method, headers: { "content-type": "application/json" } };
    const url = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/" + path;
    const sent = request(url, options, async (answer) => {
      let text = "";
      for await (const chunk of answer.setEncoding("utf8")) text += chunk;
      resolve({ headers: answer.headers, text });
    });
    sent.on("error", reject).end(body);
  });
const [file, name] = process.env._HANDLER.split(".");
const path = [".mjs", ".js", ".cjs"].map((ending) => process.env.LAMBDA_TASK_ROOT + "/" + file + ending).find((p) => existsSync(p));
const { [name]: handler } = await import(path);
for (;;) {
  const { headers, text } = await call("GET", "invocation/next");
  const id = headers["lambda-runtime-aws-request-id"];
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const context = { awsRequestId: id, functionName: "rates", getRemainingTimeInMillis: () => deadline - Date.now() };
  try {
    await call("POST", "invocation/" + id + "/response", JSON.stringify(await handler(JSON.parse(text), context)));
  } catch (error) {
    const { name: errorType, message: errorMessage } = error;
    await call("POST", "invocation/" + id + "/error", JSON.stringify({ errorType, errorMessage }));
  }
}
`;

/** A function that converts currencies, behind most of the packages; `rates` is its handler. */
export const FUNCTION = `
import { loadConfig, port } from "@seaworthy/config";
import { edge } from "@seaworthy/http/hono";
import { createLifecycle } from "@seaworthy/lifecycle";
import { createLogger } from "@seaworthy/logger";
import { createMetrics } from "@seaworthy/metrics";
import { policy } from "@seaworthy/resilience";
import { Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { z } from "zod";
const logger = createLogger({ name: "rates" });
const metrics = createMetrics();
logger.observe();
metrics.observe();
const upstream = policy("rates", { timeout: "1s", retry: { attempts: 2 }, breaker: { failureRate: 0.5 } });
const life = createLifecycle({ drainDelay: 0, deadline: 250, flush: () => logger.flush() });
life.resource("database", { stop: () => logger.info("database closed") });
const started = (async () => {
  const config = await loadConfig(z.object({ port: port().default(5432) }), { directory: false });
  logger.info({ port: config.port }, "configured");
  await life.start();
})();
const front = edge({ shed: {}, deadline: "2s", metrics });
const app = front.install(new Hono());
app.get("/rates/:currency", async (context) => {
  const rate = await upstream.run(async () => ({ NOK: 11.5 })[context.req.param("currency")]);
  return rate === undefined ? context.notFound() : context.json({ rate });
});
const respond = handle(app);
export const rates = async (event, context) => (await started, respond(event, context));`;

/** The event of a function URL for a GET request. */
export const get = (rawPath: string): object => ({
  version: "2.0",
  rawPath,
  rawQueryString: "",
  headers: { host: "rates.example", "x-forwarded-for": "203.0.113.7" },
  requestContext: { domainName: "rates.example", http: { method: "GET", path: rawPath, sourceIp: "203.0.113.7" } },
  isBase64Encoded: false,
});

/**
 * An execution environment of AWS Lambda: the Runtime API, and the process of one function. The process is stopped
 * whenever it asks for the next event, and continues when there is one.
 */
export class LambdaEnvironment implements AsyncDisposable {
  readonly #server: Server;
  readonly #child: ChildProcess;
  readonly #exited: Promise<[number | null, NodeJS.Signals | null]>;
  #output = "";
  #next: ServerResponse | undefined;
  #asked = Promise.withResolvers<void>();
  #answered = Promise.withResolvers<Invocation>();
  #count = 0;

  private constructor(server: Server, program: readonly string[], env: NodeJS.ProcessEnv) {
    this.#server = server;
    server.on("request", (request, response) => void this.#serve(request, response));
    const [command = "", ...args] = program;
    this.#child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    this.#exited = once(this.#child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  }

  /** Starts the function, and resolves once it has asked for its first event. */
  static async start(program: readonly string[], root: string, handler: string): Promise<LambdaEnvironment> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    // A function receives its configuration, and little else of an environment.
    const env = { PATH: process.env.PATH, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`, LAMBDA_TASK_ROOT: root };
    const lambda = new LambdaEnvironment(server, program, { ...env, _HANDLER: handler, NODE_ENV: "production" });
    await lambda.#frozen();
    return lambda;
  }

  /** Everything that the function printed. */
  get output(): string {
    return this.#output;
  }

  /** Lets the process run for one event, and stops it once it asks for the next. */
  async invoke(event: unknown): Promise<Invocation> {
    this.#asked = Promise.withResolvers();
    this.#answered = Promise.withResolvers();
    this.#child.kill("SIGCONT");
    this.#next
      ?.setHeader("lambda-runtime-aws-request-id", `event-${++this.#count}`)
      .setHeader("lambda-runtime-deadline-ms", String(Date.now() + 30_000))
      .end(JSON.stringify(event));
    const invocation = await Promise.race([this.#answered.promise, this.#failed()]);
    await this.#frozen();
    return invocation;
  }

  /** Ends the environment as Lambda does: SIGTERM, and SIGKILL if the process is still there after the limit. */
  async shutdown(limit: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), limit);
    const [code, signal] = await this.#exited;
    clearTimeout(kill);
    return { code, signal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #frozen(): Promise<void> {
    await Promise.race([this.#asked.promise, this.#failed()]);
    for (let waits = 0; waits < 3; waits = this.#isWaiting() ? waits + 1 : 0) await pause(10);
    this.#child.kill("SIGSTOP");
  }

  /** Whether the main thread waits for events, as that of a function does soon after it has asked for the next event. */
  #isWaiting(): boolean {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("S");
  }

  async #failed(): Promise<never> {
    const [code, signal] = await this.#exited;
    throw new Error(`the function ended with ${signal ?? code}:\n${this.#output}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, outcome] = /\/runtime\/invocation\/(?:next|event-\d+\/(response|error))$/.exec(request.url ?? "") ?? [];
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    if (outcome === "response" || outcome === "error") {
      response.writeHead(202).end();
      return this.#answered.resolve({ outcome, body: JSON.parse(text) });
    }
    this.#next = response;
    this.#asked.resolve();
  }
}
