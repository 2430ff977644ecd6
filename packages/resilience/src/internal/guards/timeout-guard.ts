import { positiveDuration } from "@seaworthy/core/options";
import { describeLayer } from "../facts.ts";
import { timeoutFacts, timeoutLayer } from "../timeout-layer.ts";
import type { Guard } from "./guard.ts";

/** Limits the whole run. */
export const timeoutGuard: Guard = {
  option: "timeout",
  layers({ clock, options, keepAlive }) {
    const limit = positiveDuration("timeout", options.timeout);
    return [describeLayer(timeoutLayer(limit, clock, keepAlive), () => timeoutFacts(limit))];
  },
};
