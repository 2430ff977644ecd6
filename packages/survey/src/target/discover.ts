import { type Exchange, exchange } from "../drive/exchange.ts";
import type { ProbePaths, RouteAsk } from "../options.ts";

/** What the survey found at the usual places, and what the options name. */
export interface Discovery {
  readonly live: string | undefined;
  readonly ready: string | undefined;
  readonly health: string | undefined;
  readonly metrics: string | undefined;
  /** Where a document of OpenAPI is. */
  readonly openapi: string | undefined;
  /** Routes that answer with 2xx; the first one is put under load. */
  readonly routes: readonly RouteAsk[];
}

type Place = "live" | "ready" | "health" | "metrics" | "openapi";

/** Names that services in the wild use. */
const USUAL: Readonly<Record<Place, readonly string[]>> = {
  live: ["/livez", "/live", "/health/live", "/healthz/live", "/api/health/live", "/liveness", "/-/healthy"],
  ready: ["/readyz", "/ready", "/health/ready", "/healthz/ready", "/api/health/ready", "/readiness", "/-/ready"],
  health: ["/healthz", "/health", "/api/health", "/status", "/_health", "/ping", "/actuator/health"],
  metrics: ["/metrics", "/prometheus", "/actuator/prometheus", "/-/metrics"],
  openapi: [
    ...["/openapi.json", "/swagger.json", "/api-docs", "/v3/api-docs", "/docs/json", "/documentation/json"],
    ...["/api/openapi.json", "/api-json"],
  ],
};
const UNKNOWN = "/seaworthy-survey-unknown-4f1c";
const PLACES = ["live", "ready", "health", "metrics", "openapi"] as const;

/** Looks for what an operator needs. An answer that unknown paths get too is not a probe. */
export async function discover(origin: URL, given: ProbePaths, routes: readonly RouteAsk[]): Promise<Discovery> {
  const stranger = await exchange(origin, { path: UNKNOWN });
  const found: Partial<Record<Place, string>> = {};
  for (const place of PLACES) {
    const named = place === "openapi" ? undefined : given[place];
    const path =
      named ?? (await firstOf(origin, USUAL[place], (answer) => isOwn(answer, stranger) && fits(place, answer)));
    if (path !== undefined) found[place] = path;
  }
  const { live, ready, health, metrics, openapi } = found;
  return {
    ...{ live: live ?? health, ready: ready ?? health, health, metrics, openapi },
    routes: routes.length > 0 ? routes : await guessedRoutes(origin, [health, live, ready]),
  };
}

async function firstOf(
  origin: URL,
  paths: readonly string[],
  fit: (answer: Exchange) => boolean,
): Promise<string | undefined> {
  for (const path of paths) if (fit(await exchange(origin, { path }))) return path;
  return undefined;
}

/** Readiness may be 503 at first. */
function isOwn({ status, body, loss }: Exchange, stranger: Exchange): boolean {
  if (loss !== undefined || status === undefined || (status !== 503 && (status < 200 || status > 299))) return false;
  return status !== stranger.status || body !== stranger.body;
}

function fits(place: Place, { body, headers }: Exchange): boolean {
  if (place === "metrics") return /^# (?:HELP|TYPE) /m.test(body);
  if (place === "openapi") return /"(?:openapi|swagger)"\s*:/.test(body);
  // A page for people at "/status" is not a probe.
  return !/text\/html/.test(headers["content-type"] ?? "");
}

async function guessedRoutes(origin: URL, probes: readonly (string | undefined)[]): Promise<readonly RouteAsk[]> {
  for (const path of ["/", ...probes]) {
    if (path === undefined) continue;
    const { status = 0, loss } = await exchange(origin, { path });
    if (loss === undefined && status >= 200 && status < 300) return [{ method: "GET", path }];
  }
  return [];
}
