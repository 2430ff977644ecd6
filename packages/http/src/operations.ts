import type { Clock } from "@seaworthy/core";
import { boundedString, checkOptions, optionalFunction, showValue } from "@seaworthy/core/options";
import { type HealthReport, statusCode, toHealthJson } from "@seaworthy/health";
import { errors } from "./errors.ts";
import { answerOrFalse } from "./internal/answer-or-false.ts";
import type { Answer, EdgeExchange, EdgeRequest, Header } from "./messages.ts";
import type { HealthPort, LevelPort, LifecyclePort, MetricsPort } from "./ports.ts";

/** Who may read `/metrics`. */
export type MetricsAccess = "everyone" | "entitled" | ((request: EdgeRequest) => boolean | Promise<boolean>);

/** Options of the operations endpoints. */
export interface OperationsOptions {
  /**
   * Whether a caller may change the log level and sees the details of health; only `true` means yes. The principal is
   * known to it if `authenticate` returns one, except for probes, which wait 250 ms for the decision.
   *
   * @default no caller is entitled, and `POST /loglevel` does not exist
   */
  entitled?: (request: EdgeRequest) => boolean | Promise<boolean>;
  /**
   * Who may read `/metrics`: everyone who reaches it, callers that are `entitled`, or those for which a function returns
   * `true`. A guarded `/metrics` passes limits and `authenticate` first. @default "everyone"
   */
  metrics?: MetricsAccess;
  /** The logger whose level `POST /loglevel?level=debug` sets. @default that endpoint does not exist */
  logger?: LevelPort;
  /** Address that the listener of `operationsPort` binds to; `"0.0.0.0"` is every address of the machine. @default "127.0.0.1" */
  host?: string;
}

/**
 * Paths of probes, and the group of checks that each reports: `"live"`, `"ready"`, `"startup"`, a group of your own, or
 * `"all"`; and the path of `"metrics"`.
 */
export type ProbePaths = Readonly<Record<string, string>>;

/** Answers the operations endpoints. */
export interface Operations {
  /** The answer to a probe or a scrape, or `undefined` if the request is neither. */
  answer(exchange: EdgeExchange): Promise<Answer> | undefined;
  /** Whether the request is for an endpoint that is guarded; it passes limits and authentication first. */
  guards(exchange: EdgeExchange): boolean;
  /** Answers such a request. */
  answerGuarded(exchange: EdgeExchange): Promise<Answer>;
}

interface Parts {
  options: OperationsOptions | undefined;
  probes: ProbePaths | boolean;
  health: HealthPort | undefined;
  metrics: MetricsPort | undefined;
  lifecycle: LifecyclePort | undefined;
  clock: Clock;
}

const PROBES: ProbePaths = { "/livez": "live", "/readyz": "ready", "/startupz": "startup", "/healthz": "all" };
const METRICS_PATH = "/metrics";
const LEVEL_PATH = "/loglevel";
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"];
const NO_STORE: Header = ["cache-control", "no-store"];
const ALIVE: HealthReport = { status: "healthy", checks: {} };

/**
 * `GET /livez`, `/readyz`, `/startupz`, `/healthz` and `/metrics`, and `POST /loglevel` for callers that are entitled. Probes
 * are answered even if no health is given: a process that answers is alive, and ready if the lifecycle says so.
 *
 * @throws TypeError if an option is malformed
 */
export function createOperations({ options = {}, probes, health, metrics, lifecycle, clock }: Parts): Operations {
  checkOptions("operations", options, ["entitled", "metrics", "logger", "host"]);
  const { entitled, logger, host, metrics: access = "everyone" } = options;
  optionalFunction("operations.entitled", entitled);
  if (access !== "everyone" && access !== "entitled" && typeof access !== "function")
    throw new TypeError(`operations.metrics must be "everyone", "entitled" or a function; got ${showValue(access)}`);
  if (access === "entitled" && entitled === undefined)
    throw new TypeError('operations.metrics is "entitled", but there is no operations.entitled');
  if (logger !== undefined && typeof logger?.level !== "string")
    throw new TypeError(`operations.logger must have a level; got ${showValue(logger)}`);
  if (host !== undefined) boundedString("operations.host", host);
  const paths = checkProbes(probes, metrics !== undefined);
  const started = startupLatch(lifecycle);
  const isScrape = ({ method, path }: EdgeExchange): boolean =>
    paths.get(path) === "metrics" && (method === "GET" || method === "HEAD");
  const isLevel = ({ method, path }: EdgeExchange): boolean =>
    path === LEVEL_PATH && method === "POST" && logger !== undefined && entitled !== undefined;
  return {
    answer(exchange) {
      const group = paths.get(exchange.path);
      if (group === undefined || (exchange.method !== "GET" && exchange.method !== "HEAD")) return undefined;
      if (group === "metrics" && access !== "everyone") return undefined;
      exchange.route = exchange.path;
      if (group === "metrics") return scrape(exchange, metrics as MetricsPort);
      const running = group === "ready" ? lifecycle?.ready() !== false : group !== "startup" || started();
      // Probes are what restarts a service: they do not hang on a store of permissions that does.
      const shows = (): Promise<boolean> => answerOrFalse(allowed(entitled, exchange), clock);
      return probe(exchange, health, group, { shows, state: running ? undefined : (lifecycle?.state ?? "not ready") });
    },
    guards: (exchange) => (access !== "everyone" && isScrape(exchange)) || isLevel(exchange),
    async answerGuarded(exchange) {
      exchange.route = exchange.path;
      const judge = isLevel(exchange) || access === "entitled" ? entitled : access;
      if (!(await allowed(judge as OperationsOptions["entitled"], exchange)))
        return exchange.problem(
          exchange.principal === undefined ? errors.HTTP_UNAUTHENTICATED() : errors.HTTP_FORBIDDEN(),
        );
      if (!isLevel(exchange)) return scrape(exchange, metrics as MetricsPort);
      const level = new URLSearchParams(exchange.query).get("level") ?? "";
      if (!LEVELS.includes(level)) return exchange.problem(errors.HTTP_MALFORMED_REQUEST());
      (logger as LevelPort).level = level;
      return json(200, { level });
    },
  };
}

function checkProbes(probes: ProbePaths | boolean, hasMetrics: boolean): ReadonlyMap<string, string> {
  if (typeof probes !== "boolean" && (typeof probes !== "object" || probes === null || Array.isArray(probes)))
    throw new TypeError(`probes must be a boolean or groups by path; got ${showValue(probes)}`);
  const own = typeof probes === "object" ? probes : probes ? PROBES : {};
  for (const [path, group] of Object.entries(own))
    if (!/^\/\S+$/.test(path) || typeof group !== "string" || group === "")
      throw new TypeError(`probes: ${showValue(path)} must be a path with a group of checks; got ${showValue(group)}`);
  const paths = new Map(Object.entries(own));
  if (![...paths.values()].includes("metrics")) paths.set(METRICS_PATH, "metrics");
  if (!hasMetrics) for (const [path, group] of paths) if (group === "metrics") paths.delete(path);
  return paths;
}

/** A service that has been ready once has started, also while it drains. */
function startupLatch(lifecycle: LifecyclePort | undefined): () => boolean {
  let started = lifecycle === undefined;
  return () => {
    started ||= lifecycle?.ready() === true || lifecycle?.state === "draining" || lifecycle?.state === "stopping";
    return started;
  };
}

interface Probing {
  shows: () => Promise<boolean>;
  /** Of the lifecycle, if it is why the service takes no work. */
  state: string | undefined;
}

async function probe(
  exchange: EdgeExchange,
  health: HealthPort | undefined,
  group: string,
  { shows, state }: Probing,
): Promise<Answer> {
  // With a request, health shows what its own `details` allows; without one, all of it.
  const asked = health !== undefined && (await shows()) ? {} : { request: exchange };
  const found = (await health?.report(group === "all" ? undefined : group, asked)) ?? ALIVE;
  // A service that is starting or draining takes no new work, whatever its checks say.
  const report: HealthReport = state === undefined ? found : { ...found, status: "unhealthy", state };
  if (exchange.header("accept")?.includes("application/health+json") !== true) return json(statusCode(report), report);
  return json(statusCode(report), toHealthJson(report), "application/health+json");
}

async function scrape(exchange: EdgeExchange, metrics: MetricsPort): Promise<Answer> {
  const { body, contentType } = await metrics.render(exchange.header("accept"));
  return { status: 200, headers: [["content-type", contentType], NO_STORE], body };
}

/** If the judgement fails, the caller is not entitled: a probe must not fail because of it. */
async function allowed(entitled: OperationsOptions["entitled"], exchange: EdgeExchange): Promise<boolean> {
  try {
    return (await entitled?.(exchange)) === true;
  } catch {
    return false;
  }
}

const json = (status: number, body: unknown, type = "application/json"): Answer => ({
  status,
  headers: [["content-type", type], NO_STORE],
  body: JSON.stringify(body),
});
