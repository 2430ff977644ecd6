import { ListenerSet } from "@seaworthy/core/listeners";
import { withoutUndefined } from "@seaworthy/core/objects";
import { oneOf } from "@seaworthy/core/options";
import type {
  BreakerChange,
  BreakerMode,
  BreakerOpening,
  BreakerSnapshot,
  BreakerState,
  BreakerStats,
} from "../../breaker/breaker.ts";
import type { Operation, RunOptions } from "../../call.ts";
import { errors } from "../../errors.ts";
import { rejectionEvent, stateGauge, transitionEvent } from "../../telemetry.ts";
import { ExitFrame, type ExitHandler, unwind } from "../exit-frames.ts";
import { describeLayer } from "../facts.ts";
import type { GuardedCall } from "../guarded-call.ts";
import type { Next } from "../layer.ts";
import { createPipeline, exposePipeline, type Pipeline, startRun } from "../pipeline.ts";
import { CALLBACK_WARNING, callPredicate } from "../report.ts";
import { trackState } from "../tracked-state.ts";
import type { CallObserver, ObservableBreaker } from "./call-observer.ts";
import { Circuit, UNCOUNTED } from "./circuit.ts";
import { judgeError, shownError, type Verdict } from "./judge.ts";
import type { BreakerPlan } from "./plan.ts";
import type { Pass } from "./probes.ts";

/** What a call was let through with: its pass; where slowness matters or calls are observed, also when it began. */
type Entry = Pass | TimedEntry;
type CallEnd = ReturnType<CallObserver["begin"]>;

class TimedEntry {
  readonly pass: Pass;
  /** On the monotonic clock. */
  readonly startedAt: number;
  readonly ended: CallEnd | undefined;

  constructor(pass: Pass, startedAt: number, ended: CallEnd | undefined) {
    this.pass = pass;
    this.startedAt = startedAt;
    this.ended = ended;
  }
}

const UNOBSERVED: readonly CallObserver[] = [];
const LEVELS: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2, isolated: 2 };

/** What `createBreaker` returns. */
export class CountingBreaker implements ObservableBreaker {
  readonly #plan: BreakerPlan;
  readonly #pipeline: Pipeline;
  readonly #circuit: Circuit;
  #listeners: ListenerSet<BreakerChange> | undefined;
  #mode: BreakerMode;
  #isolations = 0;
  #rejected = 0;
  #wouldReject = 0;
  #untrack: (() => void) | undefined;
  #observers: readonly CallObserver[] = UNOBSERVED;

  constructor(plan: BreakerPlan, restored: BreakerSnapshot | undefined) {
    this.#plan = plan;
    this.#mode = plan.numbers.mode;
    this.#circuit = new Circuit(plan, (enter) => this.#announce(enter));
    const layer = describeLayer(
      (next) => this.#guard(next),
      () => ({ guard: "breaker", name: plan.numbers.name, opens: plan.rule, openFor: plan.firstOpenTime }),
    );
    this.#pipeline = createPipeline(plan.numbers.name, plan.numbers.clock, [layer]);
    exposePipeline(this, this.#pipeline);
    if (restored !== undefined) this.#circuit.restore(restored);
    this.#untrack = trackState<CountingBreaker>(this, { breaker: this.name }, TRACKED);
  }

  get name(): string {
    return this.#plan.numbers.name;
  }

  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T> {
    return startRun(this.#pipeline, operation, options);
  }

  #guard(next: Next): Next {
    const { isFailedResult, slowAfter, clock } = this.#plan.numbers;
    const timed = slowAfter !== Number.POSITIVE_INFINITY;
    const handler: ExitHandler<Entry> = {
      onReturn: (call, value, entry) => {
        const failed =
          isFailedResult !== undefined && callPredicate(isFailedResult, "isFailedResult", false, value, call.attempt);
        return this.#count(entry, failed ? "failure" : "success", call, value);
      },
      onThrow: (call, error, entry) => {
        const verdict = judgeError(error, call, this.#plan.numbers.isFailure);
        const pass = entry instanceof TimedEntry ? entry.pass : entry;
        if (verdict === "failure" && !pass.spent) this.#circuit.lastError = error;
        return this.#count(entry, verdict, call, error);
      },
    };
    return (call, exit) => {
      if (call.aborted) return unwind(Promise.reject(call.reason), exit);
      const pass = this.#admit();
      if (pass === undefined) return unwind(Promise.reject(this.#refusal(call)), exit);
      const ended = this.#observers.length === 0 ? undefined : this.#observed();
      const entry = timed || ended !== undefined ? new TimedEntry(pass, clock.monotonic(), ended) : pass;
      return next(call, new ExitFrame(handler, call, entry, exit));
    };
  }

  #admit(): Pass | undefined {
    if (this.#mode === "disabled") return UNCOUNTED;
    const pass = this.#isolations === 0 ? this.#circuit.admit() : undefined;
    if (pass !== undefined) return pass;
    if (this.#mode === "enforcing") return undefined;
    this.#wouldReject += 1;
    return UNCOUNTED;
  }

  #refusal(call: GuardedCall): Error {
    const error = this.#refusalError(call);
    for (const observer of this.#observers) observer.refused(error);
    return error;
  }

  #refusalError(call: GuardedCall): Error {
    this.#rejected += 1;
    const isolated = this.#isolations > 0;
    if (rejectionEvent.active)
      rejectionEvent.emit({ policy: call.name, reason: isolated ? "isolated" : "circuit_open" }, undefined, {
        breaker: this.name,
      });
    if (isolated) return errors.RESILIENCE_ISOLATED({ breaker: this.name });
    const retryAfter = this.#circuit.refusedFor;
    const { reason, calls, failures, failureRate, slowRate, lastError } = this.#circuit.opening ?? {};
    return errors.RESILIENCE_CIRCUIT_OPEN(
      { breaker: this.name, reason, calls, failures, failureRate, slowRate },
      lastError === undefined ? { retryAfter } : { retryAfter, cause: lastError },
    );
  }

  /** Tells the observers of a call that begins, and returns what tells them of its end. */
  #observed(): CallEnd {
    const ends = this.#observers.map((observer) => observer.begin());
    return (...end) => {
      for (const ended of ends) ended(...end);
    };
  }

  observeCalls(observer: CallObserver): () => void {
    this.#observers = [...this.#observers, observer];
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
    };
  }

  #count(entry: Entry, verdict: Verdict, call: GuardedCall, outcome: unknown): undefined {
    if (!(entry instanceof TimedEntry)) {
      this.#circuit.count(entry, verdict, false);
      return;
    }
    const { slowAfter, clock } = this.#plan.numbers;
    const latency = clock.monotonic() - entry.startedAt - call.waited;
    this.#circuit.count(entry.pass, verdict, latency >= slowAfter);
    entry.ended?.(verdict, outcome, latency);
  }

  /** Makes a change, and reports it if the state that is shown is another one. */
  #announce(change: () => void): void {
    const from = this.#shown;
    change();
    const to = this.#shown;
    if (from === to) return;
    const opening = to === "open" ? this.#circuit.opening : undefined;
    if (transitionEvent.active) transitionEvent.emit({ breaker: this.name, from, to }, undefined, detailsOf(opening));
    const at = this.#plan.numbers.clock.now();
    const why = opening === undefined ? undefined : { opening };
    this.#listeners?.notify(Object.freeze({ name: this.name, from, to, at, ...why }));
  }

  get state(): BreakerState {
    this.#circuit.catchUp();
    return this.#shown;
  }

  get #shown(): BreakerState {
    return this.#isolations > 0 ? "isolated" : this.#circuit.phase;
  }

  get mode(): BreakerMode {
    return this.#mode;
  }

  get opening(): BreakerOpening | undefined {
    this.#circuit.catchUp();
    return this.#circuit.opening;
  }

  isolate(): () => void {
    this.#announce(() => {
      this.#isolations += 1;
    });
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#announce(() => {
        this.#isolations -= 1;
      });
    };
  }

  trip(): void {
    if (!this.#circuit.retired) this.#circuit.open("tripped");
  }

  setMode(mode: BreakerMode): void {
    this.#mode = oneOf("mode", mode, ["enforcing", "metrics-only", "disabled"]);
  }

  reset(): void {
    if (!this.#circuit.retired) this.#circuit.reset();
  }

  snapshot(): BreakerSnapshot {
    return this.#circuit.snapshot();
  }

  stats(): BreakerStats {
    const circuit = this.#circuit;
    circuit.catchUp();
    // While it is open its window is empty: what opened it is what a reader wants to know.
    const { opening } = circuit;
    const { calls, failures, slow } = opening ?? circuit.counts;
    return {
      state: this.#shown,
      mode: this.#mode,
      calls,
      failures,
      slow,
      failureRate: calls === 0 ? 0 : failures / calls,
      slowRate: calls === 0 ? 0 : slow / calls,
      rejected: this.#rejected,
      wouldReject: this.#wouldReject,
      opened: circuit.opened,
      openRemaining: circuit.openRemaining,
      reason: opening?.reason,
      lastError: shownError(opening?.lastError),
    };
  }

  onChange(listener: (change: BreakerChange) => void): () => void {
    this.#listeners ??= new ListenerSet({ owner: `the breaker ${this.name}`, code: CALLBACK_WARNING });
    return this.#listeners.add(listener);
  }

  dispose(): void {
    this.#untrack?.();
    this.#untrack = undefined;
    this.#circuit.retire();
    this.#listeners?.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
  }
}

const TRACKED = [
  {
    gauge: stateGauge,
    // A disabled breaker lets every call through, whatever state it was in.
    read: (breaker: CountingBreaker) => (breaker.mode === "disabled" ? 0 : LEVELS[breaker.state]),
  },
];

/** Why the breaker opens, for those who observe it: the count that opened it, beside all calls. */
function detailsOf(opening: BreakerOpening | undefined): Record<string, unknown> | undefined {
  if (opening === undefined) return undefined;
  const { reason, calls, failures, slow, lastError } = opening;
  const count = reason === "slow" ? { slow } : { failed: failures };
  return withoutUndefined({ reason, ...count, calls, error: lastError });
}
