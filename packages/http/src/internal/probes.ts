import type { Clock } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import { waitAtMost } from "@seaworthy/core/waiting";
import { type HealthReport, statusCode, toHealthJson } from "@seaworthy/health";
import type { Answer, Header } from "../messages.ts";
import type { ProbePaths } from "../operations.ts";
import type { HealthPort, LifecyclePort, MetricsPort } from "../ports.ts";
import { quietRoutes } from "../telemetry.ts";
import type { EdgeExchange } from "./exchange-parts.ts";
import { isAllowed, type Judge } from "./operator-access.ts";

/** What probes report. */
export interface ProbeParts {
  readonly health: HealthPort | undefined;
  readonly lifecycle: LifecyclePort | undefined;
  /** Who sees the details of health. */
  readonly authorize: Judge | undefined;
  readonly clock: Clock;
}

const PROBES: ProbePaths = { "/livez": "live", "/readyz": "ready", "/startupz": "startup", "/healthz": "all" };
const METRICS_PATH = "/metrics";
const NO_STORE: Header = ["cache-control", "no-store"];
const ALIVE: HealthReport = { status: "healthy", checks: {} };
/** Milliseconds that a probe waits for the decision about details. */
const PATIENCE = 250;

/** @throws TypeError if the paths are malformed */
export function checkProbes(probes: ProbePaths | boolean, hasMetrics: boolean): ReadonlyMap<string, string> {
  if (typeof probes !== "boolean" && (typeof probes !== "object" || probes === null || Array.isArray(probes)))
    throw new TypeError(`probes must be a boolean or groups by path; got ${showValue(probes)}`);
  const own = typeof probes === "object" ? probes : probes ? PROBES : {};
  for (const [path, group] of Object.entries(own))
    if (!/^\/[^\s?#]+$/.test(path) || typeof group !== "string" || group === "")
      throw new TypeError(`probes: ${showValue(path)} must be a path with a group of checks; got ${showValue(group)}`);
  const paths = new Map(Object.entries(own));
  if (![...paths.values()].includes("metrics")) paths.set(METRICS_PATH, "metrics");
  if (!hasMetrics) for (const [path, group] of paths) if (group === "metrics") paths.delete(path);
  for (const path of paths.keys()) quietRoutes.add(path);
  return paths;
}

/** Answers probes, whatever their path. */
export function createProbes(parts: ProbeParts): (exchange: EdgeExchange, group: string) => Promise<Answer> {
  const { health, lifecycle, authorize, clock } = parts;
  const hasStarted = startupLatch(lifecycle);
  // Probes are what restarts a service: they do not hang because the store of permissions does.
  const showsDetails = (exchange: EdgeExchange): Promise<boolean> =>
    waitAtMost(isAllowed(authorize, exchange), { limit: PATIENCE, onLimit: () => false, clock });
  return async (exchange, group) => {
    const isRunning = group === "ready" ? lifecycle?.ready() !== false : group !== "startup" || hasStarted();
    const state = isRunning ? undefined : (lifecycle?.state ?? "not ready");
    // With a request, health shows what its own `details` allows; without one, all of it.
    const asked = health !== undefined && (await showsDetails(exchange)) ? {} : { request: exchange };
    const found = (await health?.report(group === "all" ? undefined : group, asked)) ?? ALIVE;
    // A service that is starting or draining takes no new work, whatever its checks say.
    const report: HealthReport = state === undefined ? found : { ...found, status: "unhealthy", state };
    if (exchange.header("accept")?.includes("application/health+json") !== true)
      return json(statusCode(report), report);
    return json(statusCode(report), toHealthJson(report), "application/health+json");
  };
}

/** A service that has been ready once has started, also while it drains. */
function startupLatch(lifecycle: LifecyclePort | undefined): () => boolean {
  let started = lifecycle === undefined;
  return () => {
    started ||= lifecycle?.ready() === true || lifecycle?.state === "draining" || lifecycle?.state === "stopping";
    return started;
  };
}

/** Answers a scrape of metrics. */
export async function scrape(exchange: EdgeExchange, metrics: MetricsPort): Promise<Answer> {
  const { body, contentType } = await metrics.render(exchange.header("accept"));
  return { status: 200, headers: [["content-type", contentType], NO_STORE], body };
}

/** An answer in JSON that is not kept by caches. */
export const json = (status: number, body: unknown, type = "application/json"): Answer => ({
  status,
  headers: [["content-type", type], NO_STORE],
  body: JSON.stringify(body),
});
