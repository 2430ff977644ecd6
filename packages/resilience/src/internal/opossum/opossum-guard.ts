import { systemClock } from "@seaworthy/core";
import { ListenerSet } from "@seaworthy/core/listeners";
import { oneOf } from "@seaworthy/core/options";
import type {
  Breaker,
  BreakerChange,
  BreakerMode,
  BreakerOpening,
  BreakerSnapshot,
  BreakerState,
  BreakerStats,
} from "../../breaker/breaker.ts";
import type { Operation, RunOptions } from "../../call.ts";
import { errors } from "../../errors.ts";
import { transitionEvent } from "../../telemetry.ts";
import { openingOf, shownError } from "../breaker/judge.ts";
import type { WindowCounts } from "../breaker/rolling-statistics.ts";
import { describeLayer } from "../facts.ts";
import type { GuardedCall } from "../guarded-call.ts";
import { timeoutError } from "../invoke.ts";
import { detached, type Next } from "../layer.ts";
import { createPipeline, exposePipeline, type Pipeline, startRun } from "../pipeline.ts";
import { CALLBACK_WARNING } from "../report.ts";
import { FiredOperation, shareAction } from "./fired-operation.ts";
import type { OpossumInternals } from "./opossum-internals.ts";

const RESET_TIMEOUT = 30_000;

/** An opossum breaker as a guard of this package. It decides nothing: opossum does. */
export class OpossumGuard implements Breaker {
  readonly name: string;
  readonly #breaker: OpossumInternals;
  readonly #pipeline: Pipeline;
  readonly #listeners: ListenerSet<BreakerChange>;
  readonly #release: (() => void)[];
  #disposed = false;
  #shown: BreakerState;
  #isolations = 0;
  #rejected = 0;
  #opened = 0;
  #openedAt = 0;
  #opening: BreakerOpening | undefined;
  #lastError: unknown;

  constructor(breaker: OpossumInternals) {
    this.#breaker = breaker;
    this.name = breaker.name;
    this.#listeners = new ListenerSet({ owner: `the breaker ${this.name}`, code: CALLBACK_WARNING });
    const openFor = breaker.options.resetTimeout ?? RESET_TIMEOUT;
    const layer = describeLayer(
      (next) => detached((call) => this.#fire(call, next)),
      () => ({ guard: "breaker", name: this.name, opens: "the rule of opossum", openFor }),
    );
    this.#pipeline = createPipeline(this.name, systemClock, [layer]);
    exposePipeline(this, this.#pipeline);
    this.#shown = this.state;
    this.#release = [shareAction(breaker), ...this.#listen()];
  }

  #listen(): (() => void)[] {
    const on = (event: string, listener: (error: unknown) => void): (() => void) => {
      this.#breaker.on(event, listener);
      return () => this.#breaker.removeListener(event, listener);
    };
    const changed = (): void => this.#announce();
    return [
      on("failure", (error: unknown) => {
        this.#lastError = error;
      }),
      on("reject", () => {
        this.#rejected += 1;
      }),
      on("open", () => this.#noteOpening()),
      ...["open", "halfOpen", "close"].map((event) => on(event, changed)),
    ];
  }

  run<T>(operation: Operation<T>, options?: RunOptions): Promise<T> {
    return startRun(this.#pipeline, operation, options);
  }

  async #fire(call: GuardedCall, next: Next): Promise<unknown> {
    if (this.#disposed) return next(call, undefined);
    if (this.#isolations > 0) throw errors.RESILIENCE_ISOLATED({ breaker: this.name });
    const child = call.derive(true);
    const fired = new FiredOperation(() => next(child, undefined));
    try {
      return await this.#breaker.fire(fired as never);
    } catch (error) {
      const failure = fired.failure?.error === error ? error : this.#translated(error);
      if (fired.running) child.abort(failure);
      throw failure;
    } finally {
      call.drop(child);
    }
  }

  /** opossum's own errors as those of this package; an error of its fallback stays as it is. */
  #translated(error: unknown): unknown {
    const { code }: { code?: unknown } = error ?? {};
    const context = { breaker: this.name };
    if (code === "ESEMLOCKED")
      return errors.RESILIENCE_BULKHEAD_FULL({ ...context, reason: "bulkhead_full" }, { cause: error });
    if (code === "ESHUTDOWN") return errors.RESILIENCE_ISOLATED(context, { cause: error });
    if (code === "ETIMEDOUT") return timeoutError(this.name, this.#breaker.options.timeout ?? 0);
    if (code !== "EOPENBREAKER") return error;
    const { reason, calls, failures, failureRate } = this.#opening ?? {};
    const cause = this.#opening?.lastError ?? error;
    return errors.RESILIENCE_CIRCUIT_OPEN(
      { ...context, reason, calls, failures, failureRate },
      { retryAfter: Math.ceil(this.#openRemaining), cause },
    );
  }

  #noteOpening(): void {
    this.#opened += 1;
    this.#openedAt = systemClock.monotonic();
    this.#opening = openingOf("failures", this.#counts, this.#lastError, systemClock.now());
  }

  #announce(): void {
    const from = this.#shown;
    const to = this.state;
    if (from === to) return;
    this.#shown = to;
    if (to === "closed") {
      this.#opening = undefined;
      this.#lastError = undefined;
    }
    if (transitionEvent.active) transitionEvent.emit({ breaker: this.name, from, to });
    const why = to === "open" && this.#opening !== undefined ? { opening: this.#opening } : undefined;
    this.#listeners.notify(Object.freeze({ name: this.name, from, to, at: systemClock.now(), ...why }));
  }

  get #counts(): WindowCounts {
    const { successes, failures } = this.#breaker.stats;
    return { calls: successes + failures, failures, slow: 0 };
  }

  get #openRemaining(): number {
    if (!this.#breaker.opened || this.#opening === undefined) return 0;
    const openFor = this.#breaker.options.resetTimeout ?? RESET_TIMEOUT;
    return Math.max(0, this.#openedAt + openFor - systemClock.monotonic());
  }

  get state(): BreakerState {
    if (this.#isolations > 0 || this.#breaker.isShutdown) return "isolated";
    if (this.#breaker.opened) return "open";
    return this.#breaker.halfOpen ? "half-open" : "closed";
  }

  get mode(): BreakerMode {
    return this.#breaker.enabled ? "enforcing" : "disabled";
  }

  get opening(): BreakerOpening | undefined {
    return this.#opening;
  }

  isolate(): () => void {
    this.#isolations += 1;
    this.#announce();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#isolations -= 1;
      this.#announce();
    };
  }

  trip(): void {
    this.#breaker.open();
  }

  /** @throws TypeError for `"metrics-only"`, which opossum does not have */
  setMode(mode: BreakerMode): void {
    if (oneOf("mode", mode, ["enforcing", "disabled"]) === "disabled") this.#breaker.disable();
    else this.#breaker.enable();
  }

  reset(): void {
    this.#breaker.close();
  }

  snapshot(): BreakerSnapshot {
    const openings = this.#breaker.opened ? 1 : 0;
    const { name, state } = this;
    return { name, state, at: systemClock.now(), openRemaining: this.#openRemaining, openings, ...this.#counts };
  }

  stats(): BreakerStats {
    const { calls, failures, slow } = this.#counts;
    return {
      state: this.state,
      mode: this.mode,
      calls,
      failures,
      slow,
      failureRate: calls === 0 ? 0 : failures / calls,
      slowRate: 0,
      rejected: this.#rejected,
      wouldReject: 0,
      opened: this.#opened,
      openRemaining: this.#openRemaining,
      reason: this.#opening?.reason,
      lastError: shownError(this.#opening?.lastError),
    };
  }

  onChange(listener: (change: BreakerChange) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Separates the guard from the breaker, which goes on. Operations then run without it. */
  dispose(): void {
    this.#disposed = true;
    for (const release of this.#release.splice(0)) release();
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
  }
}
