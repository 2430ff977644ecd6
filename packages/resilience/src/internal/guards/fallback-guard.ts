import { positiveDuration } from "@seaworthy/core/options";
import { fallbackLayer } from "../fallback-layer.ts";
import type { Guard } from "./guard.ts";

const LONGEST_GRACE = 1000;

/** Answers if everything else failed. */
export const fallbackGuard: Guard = {
  option: "fallback",
  others: ["fallbackTimeout"],
  layers({ name, clock, options }) {
    const { fallback, timeout: limit, fallbackTimeout } = options;
    const timeout = limit === undefined ? undefined : positiveDuration("timeout", limit);
    const grace =
      fallbackTimeout === undefined
        ? Math.min(LONGEST_GRACE, timeout ?? LONGEST_GRACE)
        : positiveDuration("fallbackTimeout", fallbackTimeout);
    return [fallbackLayer(name, fallback, { clock, timeout, grace })];
  },
};
