import { startTimer } from "@seaworthy/core";
import type { Operation, RunOptions } from "../call.ts";
import { errors, hasCode } from "../errors.ts";
import { Exit, type Leave, unwind } from "../internal/exit.ts";
import type { GuardedCall, Next } from "../internal/guarded-call.ts";
import { isCancelled } from "../internal/invoke.ts";
import { Listeners } from "../internal/listeners.ts";
import { createPipeline, exposePipeline, type Pipeline, startRun } from "../internal/pipeline.ts";
import { ask } from "../internal/report.ts";
import { rejectionEvent, transitionEvent } from "../telemetry.ts";
import type { Breaker, BreakerChange, BreakerOptions, BreakerSnapshot, BreakerState, BreakerStats } from "./breaker.ts";
import { type BreakerPlan, checkSnapshot, planBreaker } from "./options.ts";
import { type Pass, Probes } from "./probes.ts";

type Verdict = "success" | "failure" | "ignored";

/** What a call was let through with. */
interface Entry {
  readonly pass: Pass;
  /** On the monotonic clock; 0 where slowness does not matter. */
  readonly startedAt: number;
}

/**
 * Creates a breaker: closed, it counts how calls end; at or above a share of failures (or of slow calls) it opens and
 * refuses; after the open time it lets a few probes through and closes when all of them succeed.
 *
 * Only ended calls count, so calls in flight dilute nothing. What the caller cancelled counts neither way; what ran
 * out of time is a failure. A closed breaker with no call in its window owns no timer. Refusals are made without a
 * stack and carry `retryAfter` in milliseconds.
 *
 * @throws TypeError when an option is out of bounds
 * @example
 * ```ts
 * import { createBreaker } from "@seaworthy/resilience";
 * const breaker = createBreaker({ name: "payments", failureRate: 0.5, minimumCalls: 2 });
 * for (let i = 0; i < 2; i++) await breaker.run(() => Promise.reject(new Error("down"))).catch(() => {});
 * console.log(breaker.state); // open
 * breaker.close();
 * ```
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const restore = options?.restore;
  return new CountingBreaker(planBreaker(options), restore === undefined ? undefined : checkSnapshot(restore));
}

class CountingBreaker implements Breaker {
  readonly name: string;
  readonly #plan: BreakerPlan;
  readonly #pipeline: Pipeline;
  readonly #listeners: Listeners<BreakerChange>;
  #phase: "closed" | "open" | "half-open" = "closed";
  #isolations = 0;
  #retired = false;
  /** Of the closed spell; every spell has its own. */
  #pass: Pass = { probe: false, spent: false };
  #probes: Probes | undefined;
  #openUntil = 0;
  #openings = 0;
  #opened = 0;
  #rejected = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(plan: BreakerPlan, restored: BreakerSnapshot | undefined) {
    this.name = plan.name;
    this.#plan = plan;
    this.#listeners = new Listeners(`the breaker ${plan.name}`);
    const layer = (next: Next): Next => this.#guard(next);
    this.#pipeline = createPipeline(plan.name, plan.clock, [layer]);
    exposePipeline(this, this.#pipeline);
    if (restored !== undefined) this.#restore(restored);
  }

  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T> {
    return startRun(this.#pipeline, operation, options);
  }

  #guard(next: Next): Next {
    const { isFailedResult, slow, clock } = this.#plan;
    const leave: Leave<Entry> = {
      returned: (call, value, entry) => {
        const failed = isFailedResult !== undefined && ask(isFailedResult, "isFailedResult", false, value);
        return this.#count(entry, failed ? "failure" : "success", call);
      },
      threw: (call, error, entry) => this.#count(entry, this.#judge(error, call), call),
    };
    return (call, exit) => {
      if (call.aborted) return unwind(Promise.reject(call.reason), exit);
      const pass = this.#admit();
      if (pass === undefined) return unwind(Promise.reject(this.#refusal(call)), exit);
      const entry: Entry = { pass, startedAt: slow === undefined ? 0 : clock.monotonic() };
      return next(call, new Exit(leave, call, entry, exit));
    };
  }

  #admit(): Pass | undefined {
    if (this.#isolations > 0) return undefined;
    if (this.#phase === "closed") return this.#pass;
    this.#catchUp();
    return this.#probes?.admit(this.#probeLimit());
  }

  /** The timer may be late, or its clock moved by hand: neither a call nor whoever looks must notice. */
  #catchUp(): void {
    if (this.#phase === "open" && this.#plan.clock.monotonic() >= this.#openUntil) this.#probe();
  }

  #probeLimit(): number {
    return this.#plan.probeTimeout ?? this.#plan.openFor(Math.max(1, this.#openings));
  }

  #refusal(call: GuardedCall): Error {
    this.#rejected += 1;
    const isolated = this.#isolations > 0;
    if (rejectionEvent.active)
      rejectionEvent.emit({ policy: call.name, reason: isolated ? "isolated" : "circuit_open" }, undefined, {
        breaker: this.name,
      });
    if (isolated) return errors.RESILIENCE_ISOLATED({ breaker: this.name });
    const left = (this.#probes?.freeAt ?? this.#openUntil) - this.#plan.clock.monotonic();
    return errors.RESILIENCE_CIRCUIT_OPEN({ breaker: this.name }, { retryAfter: Math.max(0, Math.ceil(left)) });
  }

  #judge(error: unknown, call: GuardedCall): Verdict {
    // A call that never left a queue says nothing of the upstream, nor does one that the caller took back.
    if (call.queued || isCancelled(call, error) || hasCode(error, "RESILIENCE_BULKHEAD_FULL")) return "ignored";
    const { isFailure } = this.#plan;
    // A predicate that throws leaves the question open; the call did fail.
    return isFailure === undefined || ask(isFailure, "isFailure", true, error) ? "failure" : "ignored";
  }

  #count({ pass, startedAt }: Entry, verdict: Verdict, call: GuardedCall): undefined {
    if (pass.spent) return;
    if (pass.probe) {
      if (verdict === "ignored") this.#probes?.release(pass);
      else this.#probes?.settle(pass, verdict === "success", this.#isSlow(startedAt, call));
      return;
    }
    if (verdict === "ignored") return;
    const { failures, slow } = this.#plan;
    const failing = verdict === "success" ? failures.succeeded() : failures.failed();
    const slowed = slow !== undefined && (this.#isSlow(startedAt, call) ? slow.failed() : slow.succeeded());
    if (failing || slowed) this.#open();
  }

  #isSlow(startedAt: number, call: GuardedCall): boolean {
    const { slow, slowAfter, clock } = this.#plan;
    return slow !== undefined && clock.monotonic() - startedAt - call.waited >= slowAfter;
  }

  #open(): void {
    this.#openings += 1;
    this.#opened += 1;
    this.#hold(this.#plan.openFor(this.#openings));
    this.#enter("open");
  }

  #hold(duration: number): void {
    const { clock } = this.#plan;
    this.#endSpell();
    this.#openUntil = clock.monotonic() + duration;
    this.#cancelTimer = startTimer(clock, duration, () => this.#probe());
  }

  #probe(): void {
    this.#endSpell();
    this.#startProbes();
    this.#enter("half-open");
  }

  #startProbes(): void {
    const { clock, probes, slowRate } = this.#plan;
    const decide = (healthy: boolean): void => (healthy ? this.#recover() : this.#open());
    this.#probes = new Probes({ clock, probes, slowRate, decide });
  }

  #recover(): void {
    this.#endSpell();
    this.#openings = 0;
    this.#enter("closed");
  }

  /** Nothing of the old spell counts any more: neither its passes nor its window, probes or timers. */
  #endSpell(): void {
    this.#pass.spent = true;
    this.#pass = { probe: false, spent: false };
    this.#probes?.end();
    this.#probes = undefined;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#plan.failures.clear();
    this.#plan.slow?.clear();
  }

  #enter(phase: "closed" | "open" | "half-open"): void {
    const from = this.#shown;
    this.#phase = phase;
    this.#announce(from);
  }

  #announce(from: BreakerState): void {
    const to = this.#shown;
    if (from === to) return;
    if (transitionEvent.active) transitionEvent.emit({ breaker: this.name, from, to });
    this.#listeners.tell(Object.freeze({ name: this.name, from, to, at: this.#plan.clock.now() }));
  }

  get state(): BreakerState {
    this.#catchUp();
    return this.#shown;
  }

  get #shown(): BreakerState {
    return this.#isolations > 0 ? "isolated" : this.#phase;
  }

  isolate(): () => void {
    const from = this.#shown;
    this.#isolations += 1;
    this.#announce(from);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const before = this.#shown;
      this.#isolations -= 1;
      this.#announce(before);
    };
  }

  reset(): void {
    if (!this.#retired) this.#recover();
  }

  snapshot(): BreakerSnapshot {
    const { calls, failures, slow, openRemaining } = this.stats();
    const at = this.#plan.clock.now();
    return { name: this.name, state: this.#phase, at, openRemaining, openings: this.#openings, calls, failures, slow };
  }

  #restore(taken: BreakerSnapshot): void {
    // A wall clock that went back must not make it longer.
    const passed = Math.max(0, this.#plan.clock.now() - taken.at);
    this.#openings = taken.openings;
    const left = taken.openRemaining - passed;
    if (taken.state === "open" && left > 0) {
      this.#hold(left);
      this.#phase = "open";
    } else if (taken.state === "open" || taken.state === "half-open") {
      this.#startProbes();
      this.#phase = "half-open";
    } else if (passed < this.#plan.window) {
      this.#plan.failures.restore({ calls: taken.calls, failures: Math.min(taken.failures, taken.calls) });
      this.#plan.slow?.restore({ calls: taken.calls, failures: Math.min(taken.slow, taken.calls) });
    }
  }

  stats(): BreakerStats {
    this.#catchUp();
    const { calls, failures } = this.#plan.failures.counts();
    const slow = this.#plan.slow?.counts().failures ?? 0;
    const open = this.#phase === "open";
    return {
      state: this.#shown,
      calls,
      failures,
      slow,
      failureRate: calls === 0 ? 0 : failures / calls,
      slowRate: calls === 0 ? 0 : slow / calls,
      rejected: this.#rejected,
      opened: this.#opened,
      openRemaining: open ? Math.max(0, this.#openUntil - this.#plan.clock.monotonic()) : 0,
    };
  }

  onChange(listener: (change: BreakerChange) => void): () => void {
    return this.#listeners.add(listener);
  }

  close(): void {
    this.#retired = true;
    this.#endSpell();
    this.#phase = "closed";
    this.#pass = { probe: false, spent: true };
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
