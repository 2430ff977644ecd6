import { type AuditSink, type Clock, toMilliseconds } from "@seaworthy/core";
import { checkOptions, showValue } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import type { Answer, Header } from "../messages.ts";
import type { OperatorPaths } from "../operations.ts";
import type { LoggerPort, OperatorLevel } from "../ports.ts";
import { audited } from "./authorization.ts";
import { eventStream } from "./event-stream.ts";
import type { EdgeExchange } from "./exchange-parts.ts";
import { Inspection } from "./inspection.ts";
import { isAllowed, type Judge, refusalOf } from "./operator-access.ts";
import { json } from "./probes.ts";
import { TemporaryLevel } from "./temporary-level.ts";

/** An endpoint for operators, behind limits and authentication. */
interface Endpoint {
  readonly action: string;
  answer(exchange: EdgeExchange): Answer;
}

/** What the endpoints need. */
export interface OperatorParts {
  readonly authorize: Judge;
  readonly logger: LoggerPort | undefined;
  readonly hasProfiling: boolean;
  readonly paths: OperatorPaths;
  readonly audit: AuditSink | undefined;
  readonly clock: Clock;
}

const PATHS: Required<OperatorPaths> = {
  logLevel: "/loglevel",
  logs: "/debug/logs",
  cpuProfile: "/debug/cpu-profile",
  heapSnapshot: "/debug/heap-snapshot",
};
const LEVELS: readonly OperatorLevel[] = ["trace", "debug", "info", "warn", "error", "fatal"];
const LONGEST_LEVEL = 86_400_000;
const LONGEST_PROFILE = 60_000;
const UNSTORED: Header = ["cache-control", "no-store, no-transform"];

/** The endpoints that exist, by method and path. */
export class OperatorEndpoints {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #parts: OperatorParts;

  /** @throws TypeError if a path is malformed */
  constructor(parts: OperatorParts) {
    checkOptions("operations.paths", parts.paths, Object.keys(PATHS));
    this.#parts = parts;
    const { logger, hasProfiling, clock } = parts;
    if (logger !== undefined) this.#addLevel(logger);
    if (typeof logger?.tail === "function") this.#addLogs(logger);
    if (hasProfiling) this.#addInspection(new Inspection(clock));
  }

  has({ method, path }: EdgeExchange): boolean {
    return this.#endpoints.has(`${method} ${path}`);
  }

  /** Answers a request for an endpoint that exists, and records it in the audit trail. */
  async answer(exchange: EdgeExchange): Promise<Answer> {
    const { action, answer } = this.#endpoints.get(`${exchange.method} ${exchange.path}`) as Endpoint;
    const { authorize, audit } = this.#parts;
    const allowed = await isAllowed(authorize, exchange);
    const data = { action, method: exchange.method, path: exchange.path, query: exchange.query };
    const entry = { type: "http.operations", outcome: allowed ? "success" : "denied", data } as const;
    if (!allowed) {
      audited(audit, exchange, entry);
      return exchange.problem(refusalOf(exchange));
    }
    const given = answer(exchange);
    audited(audit, exchange, { ...entry, outcome: given.status < 400 ? "success" : "failure" });
    return given;
  }

  #add(method: string, name: keyof OperatorPaths, answer: Endpoint["answer"]): void {
    const path: unknown = this.#parts.paths[name] ?? PATHS[name];
    if (typeof path !== "string" || !/^\/[^\s?#]+$/.test(path))
      throw new TypeError(`operations.paths.${name} must be a path; got ${showValue(path)}`);
    const key = `${method} ${path}`;
    if (this.#endpoints.has(key)) throw new TypeError(`operations.paths: two endpoints have the path ${path}`);
    this.#endpoints.set(key, { action: `${method} ${name}`, answer });
  }

  #addLevel(logger: LoggerPort): void {
    const level = new TemporaryLevel(logger, this.#parts.clock);
    this.#add("GET", "logLevel", () => json(200, level.state));
    this.#add("POST", "logLevel", (exchange) => {
      const query = new URLSearchParams(exchange.query);
      const wanted = levelOf(query.get("level"));
      const time = timeOf(query.get("for") ?? "15m", LONGEST_LEVEL);
      if (wanted === undefined || time === undefined) return exchange.problem(errors.HTTP_MALFORMED_REQUEST());
      return json(200, level.set(wanted, time));
    });
  }

  #addLogs(logger: LoggerPort): void {
    this.#add("GET", "logs", (exchange) => {
      const given = new URLSearchParams(exchange.query).get("level");
      const level = levelOf(given);
      if (given !== null && level === undefined) return exchange.problem(errors.HTTP_MALFORMED_REQUEST());
      const lines = logger.tail?.(level === undefined ? {} : { level });
      if (lines === undefined) return exchange.problem(errors.HTTP_NOT_FOUND());
      // nginx buffers streams unless this header forbids it.
      const headers: Header[] = [["content-type", "text/event-stream"], UNSTORED, ["x-accel-buffering", "no"]];
      return { status: 200, headers, body: "", stream: eventStream(lines, this.#parts.clock) };
    });
  }

  #addInspection(inspection: Inspection): void {
    const busy = (exchange: EdgeExchange): Answer => exchange.problem(errors.HTTP_INSPECTION_RUNNING());
    this.#add("POST", "cpuProfile", (exchange) => {
      const time = timeOf(new URLSearchParams(exchange.query).get("for") ?? "10s", LONGEST_PROFILE);
      if (time === undefined) return exchange.problem(errors.HTTP_MALFORMED_REQUEST());
      return inspection.isRunning ? busy(exchange) : download("cpuprofile", inspection.cpuProfile(time));
    });
    this.#add("POST", "heapSnapshot", (exchange) =>
      inspection.isRunning ? busy(exchange) : download("heapsnapshot", inspection.heapSnapshot()),
    );
  }
}

const download = (kind: string, stream: ReadableStream<Uint8Array>): Answer => ({
  status: 200,
  headers: [
    ["content-type", "application/json"],
    ["content-disposition", `attachment; filename="${process.pid}.${kind}"`],
    UNSTORED,
  ],
  body: "",
  stream,
});

const levelOf = (text: string | null): OperatorLevel | undefined => LEVELS.find((level) => level === text);

/** Milliseconds, more than 0 and at most `most`; `undefined` for any other text. */
function timeOf(text: string, most: number): number | undefined {
  try {
    const time = toMilliseconds(text);
    return time > 0 && time <= most ? time : undefined;
  } catch {
    return undefined;
  }
}
