import { startTimer } from "@seaworthy/core";
import { errors } from "../errors.ts";
import { hedgeEvent } from "../telemetry.ts";
import type { GuardedCall } from "./guarded-call.ts";
import type { HedgePlan } from "./hedge-plan.ts";
import type { Next } from "./layer.ts";
import { isRefusal } from "./refusal.ts";

interface Runner {
  readonly call: GuardedCall;
  readonly startedAt: number;
  readonly first: boolean;
}

/** What a race is about, and where it says how it ended. */
export interface HedgedRun {
  readonly plan: HedgePlan;
  readonly call: GuardedCall;
  readonly next: Next;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One hedged run: a call, and others beside it while none has answered. */
export class HedgeRace {
  readonly #plan: HedgePlan;
  readonly #call: GuardedCall;
  readonly #next: Next;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #delay: number | undefined;
  readonly #running = new Set<Runner>();
  #launched = 0;
  /** The first failure of a call that was made: a hedge that a guard refused says less. */
  #failure: { readonly error: unknown } | undefined;
  #cancelTimer: (() => void) | undefined;
  #over = false;

  constructor({ plan, call, next, resolve, reject }: HedgedRun) {
    this.#plan = plan;
    this.#call = call;
    this.#next = next;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#delay = plan.delay();
  }

  /** Calls once more, and sets the timer for the next. */
  launch(): void {
    const runner = {
      call: this.#call.derive(true),
      startedAt: this.#call.clock.monotonic(),
      first: this.#launched === 0,
    };
    runner.call.hedge = this.#launched;
    this.#launched += 1;
    this.#running.add(runner);
    this.#next(runner.call, undefined).then(
      (value) => this.#won(runner, value),
      (error) => this.#failed(runner, error),
    );
    if (this.#delay !== undefined && this.#launched <= this.#plan.max) {
      this.#cancelTimer?.();
      this.#cancelTimer = startTimer(this.#call.clock, this.#delay, () => this.#beside(), { keepAlive: true });
    }
  }

  #beside(): boolean {
    this.#cancelTimer = undefined;
    const granted = this.#plan.budget === undefined || this.#plan.budget.tryTake();
    this.#report(granted ? "launched" : "refused");
    if (granted) this.launch();
    else this.#call.root.note().refused += 1;
    return granted;
  }

  #won(winner: Runner, value: unknown): void {
    if (this.#over) return;
    this.#end();
    const now = this.#call.clock.monotonic();
    for (const runner of this.#running) {
      // A loser would have taken at least this long; leaving it out would make the quantile sink with every hedge.
      if (runner === winner || runner.first) this.#plan.latencies.record(now - runner.startedAt);
      if (runner !== winner) runner.call.abort(errors.RESILIENCE_HEDGE_LOST({ policy: this.#call.name }));
      this.#call.drop(runner.call);
    }
    if (!winner.first) this.#report("won");
    this.#resolve(value);
  }

  #failed(runner: Runner, error: unknown): void {
    if (this.#over) return;
    this.#running.delete(runner);
    this.#call.drop(runner.call);
    if (this.#failure === undefined || isRefusal(this.#failure.error)) this.#failure = { error };
    if (this.#plan.onFailure && !this.#call.aborted && this.#launched <= this.#plan.max && this.#beside()) return;
    if (this.#running.size > 0) return;
    this.#end();
    this.#reject(this.#failure.error);
  }

  #end(): void {
    this.#over = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #report(outcome: "launched" | "refused" | "won"): void {
    if (hedgeEvent.active) hedgeEvent.emit({ policy: this.#call.name, outcome });
  }
}
