import { type Clock, startTimer } from "@seaworthy/core";
import { checkOptions, showValue } from "@seaworthy/core/options";
import type { Check, CheckOptions, HealthStatus } from "../check.ts";
import type { Health, HealthChange, PollOptions, ReportOptions } from "../health.ts";
import type { HealthReport } from "../report.ts";
import { stateGauge, statusEvent } from "../telemetry.ts";
import { CheckRunner } from "./check-runner.ts";
import { type Details, entitled, withoutDetails } from "./entitlement.ts";
import { type Entry, impactOf, settingsOf, worst } from "./entry.ts";
import { Listeners } from "./listeners.ts";
import { startPolling } from "./polling.ts";

interface AggregatorSettings {
  readonly identity: { name?: string; version?: string };
  /** Milliseconds. */
  readonly timeout: number;
  readonly details: Details | undefined;
  readonly clock: Clock;
}

// A report is to be out before its budget is spent, so the last of it is kept for putting the report together.
const RESERVED_SHARE = 0.05;
const MOST_RESERVED = 50;
/** How many changes are kept. */
const HISTORY = 100;
const STANDARD_GROUPS = ["live", "ready", "startup"];

/** Higher is worse, so that the maximum over checks, processes or instances is the worst of them. */
const VALUES: Readonly<Record<HealthStatus, number>> = { healthy: 0, degraded: 1, unhealthy: 2 };

/** Shows the status of a check to metrics, for as long as the check is there. */
function trackStatus(runner: CheckRunner): () => void {
  const { name } = runner;
  const ref = new WeakRef(runner);
  return stateGauge.track({ check: name }, () => {
    const { status } = ref.deref() ?? { status: null };
    if (status === null) return undefined; // the health that it belonged to is gone
    return status === undefined ? Number.NaN : VALUES[status]; // nothing is known before the first run
  });
}

/** The checks of one `createHealth`, run together. */
export class Aggregator implements Health {
  readonly #settings: AggregatorSettings;
  readonly #budget: number;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Listeners<HealthChange>();
  readonly #history: HealthChange[] = [];
  #moment: object | undefined;

  constructor(settings: AggregatorSettings) {
    this.#settings = settings;
    this.#budget = settings.timeout - Math.min(MOST_RESERVED, settings.timeout * RESERVED_SHARE);
  }

  add = (name: string, check: Check, options: CheckOptions = {}): (() => void) => {
    const { critical, groups, ...settings } = settingsOf(name, check, options, this.#budget);
    if (this.#entries.has(name)) throw new TypeError(`there is already a check ${JSON.stringify(name)}`);
    const runner = new CheckRunner(name, check, settings, this.#settings.clock, this.#changed);
    const entry = { runner, critical, groups };
    this.#entries.set(name, entry);
    const endGauge = trackStatus(runner);
    return () => {
      endGauge();
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    };
  };

  report = async (group?: string, options: ReportOptions = {}): Promise<HealthReport> => {
    checkOptions("report", options, ["request"]);
    const entries = this.#entriesOf(group);
    const entitlement = entitled(this.#settings.details, options.request);
    let allowed = entitlement === true;
    const waits: Promise<unknown>[] = [];
    const moment = this.#currentMoment();
    for (const { runner } of entries) {
      const wait = runner.refresh(moment);
      if (wait !== undefined) waits.push(wait);
    }
    if (typeof entitlement === "object") {
      const decided = entitlement.then((answer) => {
        allowed = answer;
      });
      waits.push(decided);
    }
    if (waits.length > 0) await this.#allWithinBudget(waits);
    const report = this.#assemble(entries);
    return allowed ? report : withoutDetails(report);
  };

  onChange = (listener: (change: HealthChange) => void): (() => void) => {
    if (typeof listener !== "function") throw new TypeError(`listener must be a function; got ${showValue(listener)}`);
    return this.#listeners.add(listener);
  };

  history = (): readonly HealthChange[] => [...this.#history];

  poll = (options: PollOptions): (() => void) =>
    startPolling(options, this.#settings.clock, () => this.report(undefined));

  /** The same object for all probes that are asked for before anybody can have an answer. */
  #currentMoment(): object {
    if (this.#moment !== undefined) return this.#moment;
    this.#moment = {};
    queueMicrotask(() => {
      this.#moment = undefined;
    });
    return this.#moment;
  }

  #entriesOf(group: string | undefined): Entry[] {
    const all = [...this.#entries.values()];
    if (group === undefined) return all;
    const chosen = all.filter((entry) => entry.groups.has(group));
    // A probe that asks for a mistyped group would find it healthy for ever.
    if (chosen.length === 0 && !STANDARD_GROUPS.includes(group))
      throw new TypeError(`group must be live, ready, startup or one that a check has joined; got ${showValue(group)}`);
    return chosen;
  }

  /** Waits for all of them, none of which rejects, but no longer than the budget. */
  async #allWithinBudget(waits: readonly Promise<unknown>[]): Promise<void> {
    const { promise: spent, resolve } = Promise.withResolvers<void>();
    // The report is awaited, so this timer holds the process, for as long as the budget at the most.
    const cancel = startTimer(this.#settings.clock, this.#budget, resolve, { keepAlive: true });
    await Promise.race([Promise.all(waits), spent]);
    cancel();
  }

  #assemble(entries: readonly Entry[]): HealthReport {
    const checks: HealthReport["checks"] = {};
    let status: HealthStatus = "healthy";
    for (const entry of entries) {
      const report = entry.runner.report();
      checks[entry.runner.name] = report;
      status = worst(status, impactOf(entry, report.status));
    }
    return { status, ...this.#settings.identity, checks };
  }

  #changed = (runner: CheckRunner, previous: HealthStatus | undefined): void => {
    const { status, error } = runner.report();
    // A check that was taken out is not told any more, and neither is one that starts healthy.
    if (this.#entries.get(runner.name)?.runner !== runner || (previous === undefined && status === "healthy")) return;
    statusEvent.emit({ check: runner.name, status }, undefined, { previous, code: error });
    let overall: HealthStatus = "healthy";
    for (const entry of this.#entries.values())
      overall = worst(overall, impactOf(entry, entry.runner.status ?? "healthy"));
    const at = this.#settings.clock.now();
    const change = Object.freeze({
      check: runner.name,
      status,
      previous,
      overall,
      at,
      ...(error === undefined ? undefined : { error }),
    });
    this.#history.push(change);
    if (this.#history.length > HISTORY) this.#history.shift();
    this.#listeners.tell(change);
  };
}
