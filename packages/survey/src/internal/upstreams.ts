import { type Exchange, exchange } from "../drive/exchange.ts";
import type { RouteAsk } from "../options.ts";
import type { FaultProxy } from "../proxy/fault-proxy.ts";
import type { AuditRun } from "../run.ts";
import { until } from "./until.ts";

/** The proxies before dependencies that are reached over HTTP, by variable. */
export function httpProxies({ proxies, options }: AuditRun): readonly (readonly [name: string, proxy: FaultProxy])[] {
  return [...proxies].filter(([name]) => /^https?:/.test(options.dependencies[name] ?? ""));
}

const PATIENCE = 10_000;

/** The first known route that makes the service call this upstream, found by watching the proxy. A breaker may be open at first. */
export async function routeThrough(run: AuditRun, proxy: FaultProxy): Promise<RouteAsk | undefined> {
  const { origin, found } = await run.target.instance();
  let through: RouteAsk | undefined;
  const look = async (): Promise<boolean> => {
    for (const route of found.routes) {
      const before = proxy.traffic.requests.length;
      await exchange(origin, route);
      if (proxy.traffic.requests.length > before) through = route;
      if (through !== undefined) return true;
    }
    return false;
  };
  await until(look, PATIENCE, 500);
  return through;
}

/** Sends requests one after the other. */
export async function series(
  run: AuditRun,
  route: RouteAsk,
  count: number,
  timeout: number,
): Promise<readonly Exchange[]> {
  const { origin } = await run.target.instance();
  const all: Exchange[] = [];
  for (let at = 0; at < count; at++) all.push(await exchange(origin, { ...route, timeout }));
  return all;
}
