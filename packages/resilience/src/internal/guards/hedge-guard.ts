import { withoutUndefined } from "@seaworthy/core/objects";
import type { HedgeOptions } from "../../hedge-options.ts";
import { hedgeLayer } from "../hedge-layer.ts";
import { planHedge } from "../hedge-plan.ts";
import { LatencyWindow } from "../latency-window.ts";
import { checkObject } from "../options.ts";
import type { Guard } from "./guard.ts";

/** Sends a second call beside a slow one. */
export const hedgeGuard: Guard = {
  option: "hedge",
  check: (value) => checkObject("hedge", value),
  layers({ options: { hedge, retry }, parts }) {
    const options = { ...withoutUndefined({ budget: parts.budget }), ...(hedge as HedgeOptions) };
    // A retry around it earns the budget for first calls.
    return [hedgeLayer(planHedge(options, new LatencyWindow(), retry === undefined))];
  },
};
