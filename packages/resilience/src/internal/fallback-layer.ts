import type { Clock } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import type { Call } from "../call.ts";
import type { PolicyOptions } from "../policy.ts";
import type { Tier } from "../tier.ts";
import { ExitFrame, type ExitHandler } from "./exit-frames.ts";
import { describeLayer } from "./facts.ts";
import type { GuardedCall } from "./guarded-call.ts";
import { invokeFallback, isCancelled } from "./invoke.ts";
import type { Layer } from "./layer.ts";
import { answer, planOf, prepareTiers, type TierPlan } from "./tier-plan.ts";

type Fallback = NonNullable<PolicyOptions<unknown>["fallback"]>;
type AskFallback = (call: GuardedCall, error: unknown) => Promise<{ value: unknown; tier: string }>;

/** How long a fallback may take. */
export interface FallbackTime {
  readonly clock: Clock;
  /** Of the whole run. */
  readonly timeout: number | undefined;
  /** At least this long, when the time of the run is up. */
  readonly grace: number;
}

/** Asks the fallback when what lies beneath has failed, unless the caller has gone. */
export function fallbackLayer(name: string, fallback: unknown, time: FallbackTime): Layer {
  const { ask, tiers } = planFallback(name, fallback as Fallback, time.clock);
  const handler: ExitHandler<number> = {
    onReturn: () => undefined,
    onThrow: (call, error, startedAt) =>
      isCancelled(call, error) ? undefined : answerInstead({ ask, call, error, time, startedAt }),
  };
  const layer: Layer = (next) => (call, exit) => {
    const startedAt = time.timeout === undefined ? 0 : time.clock.monotonic();
    return next(call, new ExitFrame(handler, call, startedAt, exit));
  };
  return describeLayer(layer, () => ({ guard: "fallback", tiers, grace: time.grace }));
}

function planFallback(name: string, fallback: Fallback, clock: Clock): { ask: AskFallback; tiers: readonly string[] } {
  const planned = planOf(fallback);
  if (planned !== undefined) return { ask: askTiers(planned), tiers: planned.tiers.map((tier) => tier.name) };
  if (typeof fallback === "function") {
    const operation = fallback as (error: unknown, call: Call) => unknown;
    return { ask: (call, error) => askFunction(operation, call, error), tiers: ["fallback"] };
  }
  if (!Array.isArray(fallback))
    throw new TypeError(`fallback must be a function or an array of tiers; got ${showValue(fallback)}`);
  const tiers = prepareTiers(name, fallback as readonly Tier<unknown, unknown>[], clock);
  return { ask: askTiers({ name, tiers, accept: undefined, clock }), tiers: tiers.map((tier) => tier.name) };
}

function askTiers(plan: TierPlan): AskFallback {
  return async (call, error) => {
    try {
      return await answer(plan, error, call);
    } catch (failure) {
      // A tier may fail, that is what the next one is for; if all did, the operation's error says most.
      throw isCancelled(call, failure) ? failure : error;
    }
  };
}

async function askFunction(
  fallback: (error: unknown, call: Call) => unknown,
  call: GuardedCall,
  error: unknown,
): Promise<{ value: unknown; tier: string }> {
  const child = call.derive(false, (view) => fallback(error, view));
  try {
    return { value: await invokeFallback(child), tier: "fallback" };
  } catch (failure) {
    throw isCancelled(child, failure) ? failure : withCause(failure, error);
  } finally {
    call.drop(child);
  }
}

interface FailedRun {
  readonly ask: AskFallback;
  readonly call: GuardedCall;
  readonly error: unknown;
  readonly time: FallbackTime;
  readonly startedAt: number;
}

async function answerInstead({ ask, call, error, time, startedAt }: FailedRun): Promise<unknown> {
  const { clock, timeout, grace } = time;
  const child = call.derive(false);
  // What the operation has left of the time is the fallback's; if that is little, the fallback must be able to answer still.
  const left = Math.min(
    call.remaining(),
    timeout === undefined ? Number.POSITIVE_INFINITY : startedAt + timeout - clock.monotonic(),
  );
  child.dueAt = left === Number.POSITIVE_INFINITY ? left : clock.monotonic() + Math.max(left, grace);
  child.armed = false;
  try {
    const { value, tier } = await ask(child, error);
    const notes = call.root.note();
    notes.tier = tier;
    notes.replaced = { error };
    return value;
  } finally {
    call.drop(child);
  }
}

/** Gives a fallback's own error the operation's as its cause, if it has none. */
function withCause(failure: unknown, cause: unknown): unknown {
  if (failure === cause || typeof failure !== "object" || failure === null || "cause" in failure) return failure;
  try {
    Object.defineProperty(failure, "cause", { value: cause, writable: true, configurable: true });
  } catch {
    // A frozen error keeps what it has.
  }
  return failure;
}
