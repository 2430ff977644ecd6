import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, clockOption, positiveDuration, withDefault } from "@seaworthy/core/options";
import type { Health, HealthOptions } from "./health.ts";
import { Aggregator } from "./internal/aggregator.ts";
import { checkDetails } from "./internal/details.ts";

const BUDGET = "800ms";
const OPTIONS = ["name", "version", "timeout", "details", "clock"];

/**
 * Creates a set of health checks. It holds no resources: between two reports there is no timer, unless `poll()` was called.
 *
 * @throws TypeError if an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, statusCode } from "@seaworthy/health";
 * const health = createHealth({ name: "harbor" });
 * health.add("mail", () => ({ status: "degraded", data: { queued: 12 } }), { critical: false });
 * const report = await health.report("ready");
 * console.log(report.status, statusCode(report)); // degraded 200
 * ```
 */
export function createHealth(options: HealthOptions = {}): Health {
  checkOptions("createHealth", options, OPTIONS);
  const { name, version, details } = options;
  const clock = clockOption("clock", options.clock);
  if (name !== undefined) boundedString("name", name);
  if (version !== undefined) boundedString("version", version);
  checkDetails(details);
  return new Aggregator({
    identity: withoutUndefined({ name, version }),
    timeout: positiveDuration("timeout", withDefault(options.timeout, BUDGET)),
    details,
    clock,
  });
}
