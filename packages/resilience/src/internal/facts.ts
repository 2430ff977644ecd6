import type { Layer } from "./layer.ts";

/** What `explain` knows of one guard. Times are in milliseconds. */
export type GuardFacts =
  | { readonly guard: "fallback"; readonly tiers: readonly string[]; readonly grace: number }
  | { readonly guard: "timeout"; readonly after: number }
  | {
      readonly guard: "retry";
      readonly attempts: number;
      readonly attemptTimeout: number | undefined;
      /** The longest waits, all together. */
      readonly waits: number;
      /** Repeated calls per first call that the budget allows; `undefined` without a budget of ours. */
      readonly ratio: number | undefined;
    }
  | {
      readonly guard: "hedge";
      readonly max: number;
      readonly after: string | number;
      readonly ratio: number | undefined;
    }
  | { readonly guard: "breaker"; readonly name: string; readonly openFor: number | undefined; readonly opens: string }
  | { readonly guard: "bulkhead"; readonly limit: string; readonly wait: number }
  | { readonly guard: "propagation" }
  /** A guard that neither repeats calls nor bounds their time. */
  | { readonly guard: "other"; readonly sentence: string };

type Described = Layer & { facts?: () => GuardFacts };

/** Notes what a layer does. It is asked for rarely, and most layers are never asked. */
export function describeLayer(layer: Layer, facts: () => GuardFacts): Layer {
  const described: Described = layer;
  described.facts = facts;
  return described;
}

/** What was noted of a layer; `undefined` for one that a host wrote. */
export function factsOf(layer: Layer): GuardFacts | undefined {
  const described: Described = layer;
  return described.facts?.();
}
