import { bindContext, type Clock, startTimer } from "@seaworthy/core";
import type { Check, HealthStatus } from "../check.ts";
import { errors } from "../errors.ts";
import type { CheckReport } from "../report.ts";
import { checkEvent } from "../telemetry.ts";
import { type Verdict, verdictOf, verdictOnThrown } from "./outcome.ts";

/** Options of a check, checked and in milliseconds. */
export interface RunnerSettings {
  readonly timeout: number;
  readonly cacheFor: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/** Options of a {@link CheckRunner}. */
export interface RunnerOptions {
  readonly name: string;
  readonly check: Check;
  readonly settings: RunnerSettings;
  readonly clock: Clock;
  readonly onChange: (runner: CheckRunner, previous: HealthStatus | undefined) => void;
}

/** How many runs that hang may be outstanding while a fresh one is started beside them. */
const MOST_HUNG = 2;
/** Milliseconds after which a run that hangs is not counted any more, because its promise may never settle. */
const GIVEN_UP_AFTER = 60_000;

/** A run that has started. It is kept until the check settles, or until it is given up. */
interface Flight {
  readonly startedAt: number;
  readonly controller: AbortController;
  /** Settles when the run ended or its time was up; never rejects. */
  readonly judged: Promise<void>;
  readonly release: () => void;
  cancelTimer: () => void;
  /** How many timeouts it has been running. It is late from 1 on. */
  missed: number;
  /** Whether no fresh run could be started beside it. */
  blocking: boolean;
}

interface Observation extends Verdict {
  readonly latency: number;
  readonly observedAt: number;
}

/** Runs one check, with one run at a time beside those that hang, and remembers its results. */
export class CheckRunner {
  readonly name: string;
  readonly #run: (signal: AbortSignal) => unknown;
  readonly #settings: RunnerSettings;
  readonly #clock: Clock;
  readonly #onChange: (runner: CheckRunner, previous: HealthStatus | undefined) => void;
  /** The newest run. */
  #flight: Flight | undefined;
  /** Older runs that hang, and were superseded. */
  #hung: Flight[] = [];
  #last: Observation | undefined;
  #lastGood: Observation | undefined;
  #healthyAt: number | undefined;
  #freshUntil = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #passes = 0;
  #down: boolean | undefined;
  #shown: HealthStatus | undefined;
  #answeredIn: object | undefined;

  constructor({ name, check, settings, clock, onChange }: RunnerOptions) {
    this.name = name;
    // Several probes share a run, so it must not inherit the deadline or the signal of the first one.
    this.#run = bindContext((signal: AbortSignal): unknown => check(signal));
    this.#settings = settings;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The status that reports show; undefined before the first verdict. */
  get status(): HealthStatus | undefined {
    return this.#shown;
  }

  /**
   * Starts a run or joins the one under way. Returns `undefined` if {@link report} has its result already. Probes of the
   * same moment also share the run of a check that answers at once. A run that hangs is superseded by a fresh one, because
   * the connection that it waits for may be the only one that is broken.
   */
  refresh(moment: object): Promise<void> | undefined {
    const flight = this.#flight;
    if (flight !== undefined) {
      this.#expire(flight);
      if (flight.missed === 0) return flight.judged;
      if (this.#isFresh()) return undefined;
      flight.blocking = !this.#supersede(flight);
      if (flight.blocking) return undefined;
      this.#answeredIn = moment;
      return this.#start();
    }
    if (this.#answeredIn === moment || this.#isFresh()) return undefined;
    this.#answeredIn = moment;
    return this.#start();
  }

  /** What is known now. */
  report(): CheckReport {
    const report = this.#known();
    const flight = this.#flight;
    this.#giveUp();
    const hung = flight !== undefined && flight.missed > 0 ? [...this.#hung, flight] : this.#hung;
    const [oldest] = hung;
    if (oldest !== undefined) {
      report.hangingFor = this.#elapsed(oldest);
      report.hungRuns = hung.length;
    }
    return report;
  }

  #known(): CheckReport {
    const flight = this.#flight;
    // A check that requests the report of which it is a part has no result yet.
    if (flight === undefined) return this.#last === undefined ? this.#pending(0) : this.#settled();
    this.#expire(flight);
    const elapsed = this.#elapsed(flight);
    if (flight.missed === 0)
      return this.#last === undefined ? this.#pending(elapsed) : { ...this.#settled(), stale: true };
    const report = this.#settled();
    if (report.status === "unhealthy") report.latency = elapsed;
    if (flight.blocking) report.error = errors.HEALTH_CHECK_HUNG.code;
    return report;
  }

  #isFresh(): boolean {
    return this.#clock.monotonic() < this.#freshUntil;
  }

  /** Removes superseded runs that have been hanging for so long that they may never settle. */
  #giveUp(): void {
    const oldest = this.#clock.monotonic() - GIVEN_UP_AFTER;
    if (this.#hung.length > 0) this.#hung = this.#hung.filter(({ startedAt }) => startedAt > oldest);
  }

  #elapsed({ startedAt }: Flight): number {
    return rounded(this.#clock.monotonic() - startedAt);
  }

  /** Sets a run that hangs aside, so that a fresh one can start. Returns whether there is room for it. */
  #supersede(flight: Flight): boolean {
    this.#giveUp();
    if (this.#hung.length >= MOST_HUNG) return false;
    this.#hung.push(flight);
    this.#flight = undefined;
    return true;
  }

  #pending(latency: number): CheckReport {
    const error = errors.HEALTH_CHECK_PENDING.code;
    return { status: "unhealthy", latency, observedAt: this.#clock.now(), error };
  }

  #start(): Promise<void> | undefined {
    const controller = new AbortController();
    const startedAt = this.#clock.monotonic();
    let returned: unknown;
    let then: unknown;
    try {
      returned = this.#run(controller.signal);
      then = (returned as { then?: unknown } | undefined | null)?.then;
    } catch (thrown) {
      this.#judge(startedAt, verdictOnThrown(thrown));
      return undefined;
    }
    if (typeof then === "function") return this.#follow(startedAt, controller, returned as PromiseLike<unknown>);
    this.#judge(startedAt, verdictOf(returned));
    return undefined;
  }

  #follow(startedAt: number, controller: AbortController, pending: PromiseLike<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const flight: Flight = {
      startedAt,
      controller,
      judged: promise,
      release: resolve,
      cancelTimer: nothing,
      missed: 0,
      blocking: false,
    };
    this.#flight = flight;
    const left = this.#settings.timeout - (this.#clock.monotonic() - startedAt);
    flight.cancelTimer = startTimer(this.#clock, left, () => this.#miss(flight, 1));
    Promise.resolve(pending).then(
      (returned) => this.#land(flight, () => verdictOf(returned)),
      (thrown: unknown) => this.#land(flight, () => verdictOnThrown(thrown)),
    );
    return promise;
  }

  // An answer after the timeout only lets the check start again.
  #land(flight: Flight, verdict: () => Verdict): void {
    if (this.#flight === flight) this.#flight = undefined;
    else this.#hung = this.#hung.filter((other) => other !== flight);
    if (flight.missed > 0) return;
    flight.cancelTimer();
    this.#judge(flight.startedAt, verdict());
    flight.release();
  }

  #expire(flight: Flight): void {
    const { timeout } = this.#settings;
    // Platform timers may fire up to a millisecond early.
    const elapsed = this.#clock.monotonic() - flight.startedAt + Math.min(1, timeout / 20);
    this.#miss(flight, Math.floor(elapsed / timeout));
  }

  // A run that hangs is one more failure per timeout, so that no threshold keeps a hanging check good for ever.
  #miss(flight: Flight, missed: number): void {
    if (missed <= flight.missed) return;
    const more = missed - flight.missed;
    const first = flight.missed === 0;
    flight.missed = missed;
    if (!first) {
      this.#failures += more;
      this.#update(true);
      return;
    }
    flight.cancelTimer();
    const thrown = errors.HEALTH_CHECK_TIMEOUT({ check: this.name, timeout: this.#settings.timeout });
    this.#judge(flight.startedAt, { status: "unhealthy", error: thrown.code, thrown });
    flight.release();
    flight.controller.abort(thrown);
  }

  #judge(startedAt: number, verdict: Verdict): void {
    const now = this.#clock.monotonic();
    const latency = rounded(now - startedAt);
    this.#last = { ...verdict, latency, observedAt: this.#clock.now() };
    this.#freshUntil = now + this.#settings.cacheFor;
    const failed = verdict.status === "unhealthy";
    this.#failures = failed ? this.#failures + 1 : 0;
    this.#passes = failed ? 0 : this.#passes + 1;
    if (!failed) this.#lastGood = this.#last;
    if (verdict.status === "healthy") this.#healthyAt = this.#last.observedAt;
    if (checkEvent.active) {
      const { status, error, thrown } = verdict;
      checkEvent.emit({ check: this.name, status }, latency / 1000, { code: error, error: thrown });
    }
    this.#update(failed);
  }

  #update(failed: boolean): void {
    this.#down = this.#countsAsDown(failed);
    const previous = this.#shown;
    this.#shown = this.#settled().status;
    if (previous !== this.#shown) this.#onChange(this, previous);
  }

  #countsAsDown(failed: boolean): boolean {
    // A check that was never good has no good state to keep, however high the threshold is.
    if (this.#down === undefined) return failed;
    if (this.#down) return failed || this.#passes < this.#settings.successThreshold;
    return failed && this.#failures >= this.#settings.failureThreshold;
  }

  #settled(): CheckReport {
    const report = this.#verdict();
    if (report.status !== "healthy" && this.#healthyAt !== undefined) report.lastHealthyAt = this.#healthyAt;
    return report;
  }

  #verdict(): CheckReport {
    const last = this.#last as Observation;
    const failed = last.status === "unhealthy";
    const good = this.#lastGood;
    if (failed && !this.#down && good !== undefined) return { ...shown(good), ...errorOf(last), stale: true };
    if (!failed && this.#down)
      return { ...shown(last), status: "unhealthy", error: errors.HEALTH_CHECK_RECOVERING.code };
    if (!failed || good === undefined || last.error !== errors.HEALTH_CHECK_TIMEOUT.code) return shown(last);
    const report: CheckReport = { ...shown(last), observedAt: good.observedAt, stale: true };
    if (good.data !== undefined) report.data = good.data;
    return report;
  }
}

const nothing = (): void => undefined;
const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;
const errorOf = ({ error }: Observation): { error?: string } => (error === undefined ? {} : { error });

function shown({ status, latency, observedAt, data, error }: Observation): CheckReport {
  const report: CheckReport = { status, latency, observedAt };
  if (data !== undefined) report.data = data;
  if (error !== undefined) report.error = error;
  return report;
}
