import { unwind } from "./exit-frames.ts";
import { describeLayer } from "./facts.ts";
import type { HedgePlan } from "./hedge-plan.ts";
import { HedgeRace } from "./hedge-race.ts";
import type { Layer } from "./layer.ts";

/** Hedges what lies beneath. */
export function hedgeLayer(plan: HedgePlan): Layer {
  const layer: Layer = (next) => (call, exit) => {
    if (plan.deposits) plan.budget?.deposit();
    if (!call.root.idempotent) return next(call, exit);
    const race = new Promise((resolve, reject) => new HedgeRace({ plan, call, next, resolve, reject }).launch());
    return unwind(race, exit);
  };
  return describeLayer(layer, () => ({ guard: "hedge", max: plan.max, after: plan.after, ratio: plan.budget?.ratio }));
}
