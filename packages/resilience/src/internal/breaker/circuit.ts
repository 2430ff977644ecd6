import { startTimer } from "@seaworthy/core";
import type { BreakerOpening, BreakerSnapshot } from "../../breaker/breaker.ts";
import { createRestorableStatistics, createStatistics } from "./create-statistics.ts";
import { openingOf, type Verdict } from "./judge.ts";
import type { BreakerPlan } from "./plan.ts";
import { type Pass, Probes } from "./probes.ts";
import type { RollingStatistics } from "./rolling-statistics.ts";

/** The states that a circuit goes through by itself. */
export type Phase = "closed" | "open" | "half-open";

const RAMP_START = 0.1;
/** Permission for a call that does not count. */
export const UNCOUNTED: Pass = Object.freeze({ probe: false, spent: true });

/** The rules of a breaker: what it counts, when it opens, how it probes and closes. */
export class Circuit {
  readonly #plan: BreakerPlan;
  #window: RollingStatistics;
  /** Called before and after each change of the phase. */
  readonly #change: (enter: () => void) => void;
  phase: Phase = "closed";
  opening: BreakerOpening | undefined;
  opened = 0;
  lastError: unknown;
  retired = false;
  /** Of the closed state or the ramp; each time it begins anew. */
  #pass: Pass = { probe: false, spent: false };
  #probes: Probes | undefined;
  /** The open time that holds, in milliseconds, and its end on the monotonic clock. */
  #openTime = 0;
  #openUntil = 0;
  /** When the ramp began; `undefined` outside of it. */
  #rampSince: number | undefined;
  #openings = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(plan: BreakerPlan, change: (enter: () => void) => void) {
    this.#plan = plan;
    this.#window = createStatistics(plan.numbers);
    this.#change = change;
  }

  /** Permission for one call, if the phase allows one. */
  admit(): Pass | undefined {
    if (this.phase !== "closed") this.catchUp();
    if (this.phase === "closed") return this.#pass;
    return this.#rampSince === undefined ? this.#admitProbe() : this.#admitOnRamp(this.#rampSince);
  }

  #admitProbe(): Pass | undefined {
    return this.#probes?.admit(this.#plan.probeTimeout(this.#openTime));
  }

  #admitOnRamp(since: number): Pass | undefined {
    const { clock, ramp, random } = this.#plan.numbers;
    const passed = (clock.monotonic() - since) / ramp;
    return random() < RAMP_START + (1 - RAMP_START) * passed ? this.#pass : undefined;
  }

  /** The timer may be late, or its clock moved by hand: neither a call nor a reader may notice. */
  catchUp(): void {
    if (this.phase === "closed") return;
    const now = this.#plan.numbers.clock.monotonic();
    if (this.phase === "open" && now >= this.#openUntil) this.#probe(0);
    else if (this.#rampSince !== undefined && now >= this.#rampSince + this.#plan.numbers.ramp) this.#recover();
  }

  /** Milliseconds until a call may be let through again. */
  get refusedFor(): number {
    const until = this.phase === "open" ? this.#openUntil : (this.#probes?.freeAt ?? 0);
    return Math.max(0, Math.ceil(until - this.#plan.numbers.clock.monotonic()));
  }

  get openRemaining(): number {
    return this.phase === "open" ? Math.max(0, this.#openUntil - this.#plan.numbers.clock.monotonic()) : 0;
  }

  /** Counts the verdict of a call. */
  count(pass: Pass, verdict: Verdict, slow: boolean): void {
    if (pass.spent) {
      if (pass.late === true && verdict === "success") this.#succeededLate(pass);
      return;
    }
    if (verdict === "ignored") {
      if (pass.probe) this.#probes?.release(pass);
      return;
    }
    if (pass.probe) {
      this.#probes?.record(pass, verdict === "success", slow);
      return;
    }
    this.#window.record(verdict === "failure", slow);
    const reason = this.#plan.trips(this.#window);
    if (reason !== undefined) this.open(reason);
  }

  /** A probe that had run out of time has succeeded after all: the upstream is back, however slow it is. */
  #succeededLate(pass: Pass): void {
    pass.late = false;
    if (this.phase !== "open" || this.retired) return;
    if (this.#plan.numbers.probes === 1) this.#healthy();
    else this.#probe(1);
  }

  open(reason: BreakerOpening["reason"]): void {
    const { clock } = this.#plan.numbers;
    const counts = reason === "probes" && this.opening !== undefined ? this.opening : this.#window.counts();
    this.opening = openingOf(reason, counts, this.lastError, clock.now());
    this.#openings += 1;
    this.opened += 1;
    this.#openTime = this.#plan.openFor(this.#openings);
    this.#hold(this.#openTime);
    this.#enter("open");
  }

  #hold(duration: number): void {
    const { clock } = this.#plan.numbers;
    this.#endPhase();
    this.#openUntil = clock.monotonic() + duration;
    this.#cancelTimer = startTimer(clock, duration, () => this.#probe(0));
  }

  #probe(succeeded: number): void {
    this.#endPhase();
    this.#startProbes(succeeded);
    this.#enter("half-open");
  }

  #startProbes(succeeded: number): void {
    const { clock, probes, probeFailures: failures, slowRate } = this.#plan.numbers;
    const decide = (healthy: boolean): void => (healthy ? this.#healthy() : this.open("probes"));
    this.#probes = new Probes({ clock, probes, failures, slowRate, decide }, succeeded);
  }

  /** The probes have succeeded. */
  #healthy(): void {
    const { ramp, clock } = this.#plan.numbers;
    if (ramp === 0) {
      this.#recover();
      return;
    }
    this.#endPhase();
    this.#rampSince = clock.monotonic();
    this.#cancelTimer = startTimer(clock, ramp, () => this.#recover());
    this.#enter("half-open");
  }

  #recover(): void {
    // What the ramp has counted is as good as what comes after it.
    this.#endPhase(this.#rampSince !== undefined);
    this.#openings = 0;
    this.opening = undefined;
    this.lastError = undefined;
    this.#enter("closed");
  }

  /** Nothing of the old state counts any more: neither its passes nor its window, probes or timers. */
  #endPhase(keepWindow = false): void {
    if (!keepWindow) {
      this.#pass.spent = true;
      this.#pass = { probe: false, spent: false };
      this.#window.clear();
    }
    this.#probes?.end();
    this.#probes = undefined;
    this.#rampSince = undefined;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #enter(phase: Phase): void {
    this.#change(() => {
      this.phase = phase;
    });
  }

  reset(): void {
    this.#endPhase();
    this.#recover();
  }

  retire(): void {
    if (this.retired) return;
    this.retired = true;
    this.#endPhase();
    this.phase = "closed";
    this.opening = undefined;
    this.#pass = UNCOUNTED;
  }

  get counts(): { calls: number; failures: number; slow: number } {
    return this.#window.counts();
  }

  snapshot(): BreakerSnapshot {
    this.catchUp();
    const { clock, name } = this.#plan.numbers;
    const { phase: state, openRemaining } = this;
    const { calls, failures, slow } = this.counts;
    const window = this.#window.snapshot();
    return { name, state, at: clock.now(), openRemaining, openings: this.#openings, calls, failures, slow, window };
  }

  restore(taken: BreakerSnapshot): void {
    const { clock } = this.#plan.numbers;
    // A wall clock that went back must not make it longer.
    const passed = Math.max(0, clock.now() - taken.at);
    this.#openings = taken.openings;
    if (taken.state === "open" || taken.state === "half-open") {
      const left = taken.openRemaining - passed;
      this.opening = openingOf("restored", taken, undefined, taken.at);
      this.#openTime = this.#plan.openFor(Math.max(1, this.#openings));
      if (taken.state === "open" && left > 0) this.#hold(left);
      else this.#startProbes(0);
      this.phase = this.#probes === undefined ? "open" : "half-open";
      return;
    }
    const { calls, failures, slow } = taken;
    const whole = { slice: 0, samples: [[calls, Math.min(failures, calls), Math.min(slow, calls)] as const] };
    const window = createRestorableStatistics(this.#plan.numbers);
    window.restore(taken.window ?? whole, passed);
    this.#window = window;
  }
}
