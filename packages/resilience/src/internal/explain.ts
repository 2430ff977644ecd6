import type { PolicyExplanation } from "../explanation.ts";
import { factsOf, type GuardFacts } from "./facts.ts";
import type { Layer } from "./layer.ts";

type Facts = GuardFacts | undefined;
type Of<K extends GuardFacts["guard"]> = Extract<GuardFacts, { guard: K }>;

/** Explains layers, the outermost first. */
export function explainLayers(name: string, layers: readonly Layer[]): PolicyExplanation {
  const facts = layers.map(factsOf);
  const guards = facts.map(sentenceOf);
  const longest = longestRun(facts);
  const calls = facts.reduce((most, each) => most * callsOf(each), 1);
  const ratios = facts.flatMap((each) =>
    each !== undefined && "ratio" in each && each.ratio !== undefined ? [each.ratio] : [],
  );
  const amplification = ratios.length === 0 ? calls : Math.min(calls, 1 + Math.max(...ratios));
  const warnings = warningsOf(facts);
  return Object.freeze({
    name,
    guards,
    longest,
    calls,
    amplification,
    warnings,
    toString: () =>
      [
        `Policy ${name}, from the outside in:`,
        ...guards.map((guard, index) => `  ${index + 1}. ${guard}`),
        `A run takes at most ${show(longest)} and calls the operation at most ${calls} times.`,
        `While every call fails, the upstream gets ${round(amplification)} calls per run.`,
        ...warnings.map((warning) => `Warning: ${warning}`),
      ].join("\n"),
  });
}

function sentenceOf(facts: Facts): string {
  if (facts === undefined) return "A guard of the host.";
  switch (facts.guard) {
    case "fallback":
      return `Fallback: ${facts.tiers.join(", then ")}.`;
    case "timeout":
      return `Timeout: ${show(facts.after)} in all.`;
    case "retry": {
      const each = facts.attemptTimeout === undefined ? "" : `, each at most ${show(facts.attemptTimeout)}`;
      const budget = facts.ratio === undefined ? "without a budget" : `within a budget of ${facts.ratio} per call`;
      return `Retry: ${facts.attempts} attempts${each}, ${budget}.`;
    }
    case "hedge":
      return `Hedge: ${facts.max} more after ${typeof facts.after === "number" ? show(facts.after) : facts.after}.`;
    case "breaker":
      return `Breaker ${facts.name}: opens at ${facts.opens}${facts.openFor === undefined ? "" : `, for ${show(facts.openFor)}`}.`;
    case "bulkhead":
      return `Bulkhead: ${facts.limit}.`;
    case "other":
      return facts.sentence;
    case "propagation":
      return "Propagation: the operation's context carries the signal and the deadline.";
  }
}

/** From the inside out: each guard makes what it surrounds longer, or bounds it. */
function longestRun(facts: readonly Facts[]): number {
  let longest = Number.POSITIVE_INFINITY;
  let wait = 0;
  for (const each of facts.toReversed()) {
    if (each?.guard === "bulkhead") wait += each.wait;
    else if (each?.guard === "retry") {
      longest = each.attempts * Math.min(longest, each.attemptTimeout ?? longest + wait) + each.waits;
      wait = 0;
    } else if (each?.guard === "timeout") longest = Math.min(longest + wait, each.after);
    else if (each?.guard === "fallback") longest += each.grace;
  }
  return longest;
}

function callsOf(facts: Facts): number {
  if (facts?.guard === "retry") return facts.attempts;
  return facts?.guard === "hedge" ? 1 + facts.max : 1;
}

function find<K extends GuardFacts["guard"]>(facts: readonly Facts[], guard: K): Of<K> | undefined {
  return facts.find((each): each is Of<K> => each?.guard === guard);
}

function warningsOf(facts: readonly Facts[]): string[] {
  const timeout = find(facts, "timeout")?.after;
  const retry = find(facts, "retry");
  const breaker = find(facts, "breaker");
  const hedge = find(facts, "hedge");
  const bound = retry?.attemptTimeout ?? timeout;
  const warnings: string[] = [];
  if (bound === undefined && !facts.includes(undefined))
    warnings.push("no timeout bounds the operation; an upstream that hangs keeps its callers waiting.");
  if (breaker?.openFor !== undefined && bound !== undefined && breaker.openFor < bound)
    warnings.push(
      `openFor (${show(breaker.openFor)}) is below the timeout of a call (${show(bound)}); a probe may still run when the next could begin.`,
    );
  if (retry?.attemptTimeout !== undefined && timeout !== undefined) {
    const needed = retry.attempts * retry.attemptTimeout;
    if (needed > timeout)
      warnings.push(
        `${retry.attempts} attempts of ${show(retry.attemptTimeout)} take ${show(needed)}, and the timeout is ${show(timeout)}; the last attempts may not be made.`,
      );
  }
  if (retry !== undefined && timeout !== undefined && retry.attemptTimeout === undefined)
    warnings.push("without attemptTimeout, one attempt that hangs takes the whole timeout and is not retried.");
  if (retry !== undefined && retry.ratio === undefined && retry.attempts > 2)
    warnings.push(`without a budget, an upstream that is down gets ${retry.attempts} times the load.`);
  if (typeof hedge?.after === "number" && bound !== undefined && hedge.after >= bound)
    warnings.push(`a hedge after ${show(hedge.after)} never begins, since a call takes at most ${show(bound)}.`);
  return warnings;
}

function show(milliseconds: number): string {
  if (milliseconds === Number.POSITIVE_INFINITY) return "unlimited time";
  return milliseconds < 1000 ? `${round(milliseconds)} ms` : `${round(milliseconds / 1000)} s`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
