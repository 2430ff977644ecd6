import { type Clock, startTimer } from "@seaworthy/core";
import { boundedText, checkOptions, optionalFunction, showValue } from "@seaworthy/core/options";
import { type HealthReport, statusCode, toHealthJson } from "@seaworthy/health";
import { errors } from "./errors.ts";
import type { Answer, EdgeRequest, Exchange, Header } from "./exchange.ts";

/** Aggregated health, such as `createHealth()` of `@seaworthy/health` gives. */
export interface HealthPort {
  report(group?: string, options?: { request?: unknown }): Promise<HealthReport>;
}

/** Metrics as text, such as `createMetrics()` of `@seaworthy/metrics` gives. */
export interface MetricsPort {
  render(accept?: string): Promise<{ body: string; contentType: string }>;
}

/** Whether the service takes new work, such as `createLifecycle()` of `@seaworthy/lifecycle` tells. */
export interface LifecyclePort {
  ready(): boolean;
}

/** Something whose level can be set at run time, such as a logger. */
export interface LevelPort {
  level: string;
}

/** Options of the operations endpoints. */
export interface OperationsOptions {
  /**
   * Who may change the log level and sees the details of health; only `true` says so. It is asked with the principal
   * known where `authenticate` tells one, except by probes, which wait 250 ms for it. @default nobody, and
   * `POST /loglevel` does not exist
   */
  entitled?: (request: EdgeRequest) => boolean | Promise<boolean>;
  /** Whose level `POST /loglevel?level=debug` sets. @default that endpoint does not exist */
  logger?: LevelPort;
  /** Address that the listener of `operationsPort` binds to. @default every address of the machine */
  host?: string;
}

/** Answers the operations endpoints. */
export interface Operations {
  /** The answer to a probe or a scrape, or `undefined` when the request is neither. */
  answer(exchange: Exchange): Promise<Answer> | undefined;
  /** Whether the request wants to change the service; that passes limits and authentication first. */
  governs(exchange: Exchange): boolean;
  /** Changes it. */
  govern(exchange: Exchange): Promise<Answer>;
}

interface Parts {
  options: OperationsOptions | undefined;
  health: HealthPort | undefined;
  metrics: MetricsPort | undefined;
  lifecycle: LifecyclePort | undefined;
  clock: Clock;
}

const GROUPS: Readonly<Record<string, string | undefined>> = {
  "/livez": "live",
  "/readyz": "ready",
  "/healthz": undefined,
};
const LEVEL_PATH = "/loglevel";
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"];
const PATIENCE = 250;
const NO_STORE: Header = ["cache-control", "no-store"];
const ALIVE: HealthReport = { status: "healthy", checks: {} };

/**
 * `GET /livez`, `/readyz`, `/healthz` and `/metrics`, and `POST /loglevel` for those who are entitled. Probes are answered
 * even when no health is given: a process that answers is alive, and ready as the lifecycle says.
 *
 * @throws TypeError when an option is malformed
 */
export function createOperations({ options = {}, health, metrics, lifecycle, clock }: Parts): Operations {
  checkOptions("operations", options, ["entitled", "logger", "host"]);
  const { entitled, logger, host } = options;
  optionalFunction("operations.entitled", entitled);
  if (logger !== undefined && typeof logger?.level !== "string")
    throw new TypeError(`operations.logger must have a level; got ${showValue(logger)}`);
  if (host !== undefined) boundedText("operations.host", host);
  // Probes are what restarts a service: they do not hang on a store of permissions that does.
  const shows = (exchange: Exchange): Promise<boolean> => soon(allowed(entitled, exchange), clock);
  return {
    answer(exchange) {
      const { method, path } = exchange;
      if (method !== "GET" && method !== "HEAD") return undefined;
      const known = Object.hasOwn(GROUPS, path) || (path === "/metrics" && metrics !== undefined);
      if (!known) return undefined;
      exchange.route = path;
      return path === "/metrics" ? scrape(exchange, metrics as MetricsPort) : probe(exchange, health, lifecycle, shows);
    },
    governs: ({ method, path }) =>
      path === LEVEL_PATH && method === "POST" && logger !== undefined && entitled !== undefined,
    async govern(exchange) {
      exchange.route = LEVEL_PATH;
      if (!(await allowed(entitled, exchange)))
        return exchange.problem(
          exchange.principal === undefined ? errors.HTTP_UNAUTHENTICATED() : errors.HTTP_FORBIDDEN(),
        );
      const level = new URLSearchParams(exchange.query).get("level") ?? "";
      if (!LEVELS.includes(level)) return exchange.problem(errors.HTTP_MALFORMED_REQUEST());
      (logger as LevelPort).level = level;
      return json(200, { level });
    },
  };
}

async function probe(
  exchange: Exchange,
  health: HealthPort | undefined,
  lifecycle: LifecyclePort | undefined,
  shows: (exchange: Exchange) => Promise<boolean>,
): Promise<Answer> {
  const group = GROUPS[exchange.path];
  // With a request, health shows what its own `details` allows; without one, all of it.
  const asked = health !== undefined && (await shows(exchange)) ? {} : { request: exchange };
  const report = (await health?.report(group, asked)) ?? ALIVE;
  // A service that is starting or draining takes no new work, however well it feels.
  const status = group === "ready" && lifecycle?.ready() === false ? 503 : statusCode(report);
  if (exchange.header("accept")?.includes("application/health+json") !== true) return json(status, report);
  return json(status, toHealthJson(report), "application/health+json");
}

async function scrape(exchange: Exchange, metrics: MetricsPort): Promise<Answer> {
  const { body, contentType } = await metrics.render(exchange.header("accept"));
  return { status: 200, headers: [["content-type", contentType], NO_STORE], body };
}

/** Whoever cannot be judged is not entitled; a probe must not fail for it. */
async function allowed(entitled: OperationsOptions["entitled"], exchange: Exchange): Promise<boolean> {
  try {
    return (await entitled?.(exchange)) === true;
  } catch {
    return false;
  }
}

/** What was asked, or `false` where the answer takes too long. */
function soon(asked: Promise<boolean>, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = startTimer(clock, PATIENCE, () => resolve(false));
    void asked.then((said) => {
      stop();
      resolve(said);
    });
  });
}

const json = (status: number, body: unknown, type = "application/json"): Answer => ({
  status,
  headers: [["content-type", type], NO_STORE],
  body: JSON.stringify(body),
});
