import { toMilliseconds } from "@seaworthy/core";
import { checkOptions, flag, integer, positiveDuration, showValue, withDefault } from "@seaworthy/core/options";
import type { Check, CheckOptions, HealthStatus } from "../check.ts";
import type { CheckRunner, RunnerSettings } from "./check-runner.ts";

/** A check that was added. */
export interface Entry {
  readonly runner: CheckRunner;
  readonly critical: boolean;
  readonly groups: ReadonlySet<string>;
}

const NAME = /^[A-Za-z0-9][\w .:/@-]{0,63}$/;
const OPTIONS = ["critical", "groups", "timeout", "cacheFor", "failureThreshold", "successThreshold"];

/** The options of one check, checked and with defaults. */
export function settingsOf(
  name: string,
  check: Check,
  options: CheckOptions,
  defaultTimeout: number,
): RunnerSettings & Pick<Entry, "critical" | "groups"> {
  if (typeof name !== "string" || !NAME.test(name))
    throw new TypeError(
      `the name of a check must have 1 to 64 letters, digits, spaces and _.:/@-; got ${showValue(name)}`,
    );
  const which = `check ${JSON.stringify(name)}`;
  if (typeof check !== "function") throw new TypeError(`${which} must be a function; got ${showValue(check)}`);
  checkOptions(which, options, OPTIONS);
  const groups = groupsOf(withDefault(options.groups, ["ready"]), which);
  if (check.remote === true && groups.has("live"))
    throw new TypeError(
      `${which} depends on a remote system and cannot be in group "live": a restart of this process would not help`,
    );
  return {
    critical: flag(`${which}: critical`, withDefault(options.critical, true)),
    groups,
    timeout: options.timeout === undefined ? defaultTimeout : positiveDuration(`${which}: timeout`, options.timeout),
    cacheFor: toMilliseconds(withDefault(options.cacheFor, 0), `${which}: cacheFor`),
    failureThreshold: integer(`${which}: failureThreshold`, withDefault(options.failureThreshold, 1), 1),
    successThreshold: integer(`${which}: successThreshold`, withDefault(options.successThreshold, 1), 1),
  };
}

function groupsOf(groups: readonly string[], which: string): ReadonlySet<string> {
  if (!Array.isArray(groups) || groups.length === 0)
    throw new TypeError(`${which}: groups must be an array of at least one name; got ${showValue(groups)}`);
  for (const group of groups) {
    if (typeof group !== "string" || !NAME.test(group))
      throw new TypeError(`${which}: groups must contain short names such as "ready"; got ${showValue(group)}`);
  }
  return new Set(groups);
}

/** What the status of a check means for the whole service. */
export function impactOf({ critical }: Entry, status: HealthStatus): HealthStatus {
  return status === "unhealthy" && !critical ? "degraded" : status;
}

const RANK: Readonly<Record<HealthStatus, number>> = { healthy: 0, degraded: 1, unhealthy: 2 };

/** The worse of the two. */
export function worst(a: HealthStatus, b: HealthStatus): HealthStatus {
  return RANK[a] >= RANK[b] ? a : b;
}
