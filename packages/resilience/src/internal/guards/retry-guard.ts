import { withoutUndefined } from "@seaworthy/core/objects";
import { describeLayer } from "../facts.ts";
import { checkObject } from "../options.ts";
import { retryFacts, retryLayer } from "../retry-layer.ts";
import { planRetry } from "../retry-plan.ts";
import type { Guard } from "./guard.ts";

/** Repeats failed calls. */
export const retryGuard: Guard = {
  option: "retry",
  check: (value) => checkObject("retry", value),
  layers({ clock, options, parts, keepAlive }) {
    const shared = withoutUndefined({ budget: parts.budget, random: options.random });
    const plan = planRetry({ ...shared, ...options.retry }, clock);
    return [describeLayer(retryLayer(plan, keepAlive), () => retryFacts(plan))];
  },
};
