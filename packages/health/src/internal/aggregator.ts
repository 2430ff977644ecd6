import type { Clock } from "@seaworthy/core";
import { ListenerSet } from "@seaworthy/core/listeners";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, showValue } from "@seaworthy/core/options";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Check, CheckOptions, HealthStatus } from "../check.ts";
import type { Health, HealthChange, PollOptions, ReportOptions } from "../health.ts";
import type { HealthReport } from "../report.ts";
import { stateGauge, statusEvent } from "../telemetry.ts";
import { CheckRunner } from "./check-runner.ts";
import { type Details, mayShowDetails, withoutDetails } from "./details.ts";
import { type Entry, impactOf, settingsOf, worst } from "./entry.ts";
import { failureCode } from "./failure.ts";
import { startPolling } from "./polling.ts";

interface AggregatorSettings {
  readonly identity: { name?: string; version?: string };
  /** Milliseconds. */
  readonly timeout: number;
  readonly details: Details | undefined;
  readonly clock: Clock;
}

// A report must be complete before its budget is spent, so some of the budget is reserved for putting it together.
const RESERVED_SHARE = 0.05;
const MOST_RESERVED = 50;
/** Number of changes that are kept. */
const HISTORY = 100;
const STANDARD_GROUPS = ["live", "ready", "startup"];

/** Higher is worse, so that the maximum over checks, processes or instances is the worst of them. */
const VALUES: Readonly<Record<HealthStatus, number>> = { healthy: 0, degraded: 1, unhealthy: 2 };

/** Lets metrics read the state of a check for as long as the check exists. */
function trackStatus(runner: CheckRunner): () => void {
  const { name } = runner;
  const ref = new WeakRef(runner);
  return stateGauge.track({ check: name }, () => {
    const { status } = ref.deref() ?? { status: null };
    if (status === null) return undefined; // the check has been garbage-collected together with its health
    return status === undefined ? Number.NaN : VALUES[status]; // there is no state before the first run
  });
}

/** The checks of one `createHealth`, which run together. */
export class Aggregator implements Health {
  readonly #settings: AggregatorSettings;
  readonly #budget: number;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new ListenerSet<HealthChange>({
    owner: "health.onChange",
    code: "HEALTH_LISTENER",
    describe: failureCode, // a message may name hosts and users
  });
  readonly #history: HealthChange[] = [];
  #moment: object | undefined;

  constructor(settings: AggregatorSettings) {
    this.#settings = settings;
    this.#budget = settings.timeout - Math.min(MOST_RESERVED, settings.timeout * RESERVED_SHARE);
  }

  add = (name: string, check: Check, options: CheckOptions = {}): (() => void) => {
    const { critical, groups, ...settings } = settingsOf(name, check, options, this.#budget);
    if (this.#entries.has(name)) throw new TypeError(`there is already a check ${JSON.stringify(name)}`);
    const runner = new CheckRunner({ name, check, settings, clock: this.#settings.clock, onChange: this.#changed });
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
    const decision = mayShowDetails(this.#settings.details, options.request);
    let allowed = decision === true;
    const waits: Promise<unknown>[] = [];
    const moment = this.#currentMoment();
    for (const { runner } of entries) {
      const wait = runner.refresh(moment);
      if (wait !== undefined) waits.push(wait);
    }
    if (typeof decision === "object") {
      const decided = decision.then((answer) => {
        allowed = answer;
      });
      waits.push(decided);
    }
    if (waits.length > 0) await this.#allWithinBudget(waits);
    const report = this.#assemble(entries);
    return allowed ? report : withoutDetails(report);
  };

  onChange = (listener: (change: HealthChange) => void): (() => void) => this.#listeners.add(listener);

  history = (): readonly HealthChange[] => [...this.#history];

  poll = (options: PollOptions): (() => void) =>
    startPolling(options, this.#settings.clock, () => this.report(undefined));

  /** The same object for all probes that arrive before one of them can have an answer. */
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
    // A mistyped group would have no checks, and would be healthy for ever.
    if (chosen.length === 0 && !STANDARD_GROUPS.includes(group))
      throw new TypeError(`group must be live, ready, startup or one that a check has joined; got ${showValue(group)}`);
    return chosen;
  }

  /** Waits for all of them, none of which rejects, but no longer than the budget. The caller awaits the report, so the timer keeps the process alive. */
  async #allWithinBudget(waits: readonly Promise<unknown>[]): Promise<void> {
    const { clock } = this.#settings;
    await waitAtMost(Promise.all(waits), { limit: this.#budget, onLimit: () => undefined, clock, keepAlive: true });
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
    // A check that was removed is not reported any more, and neither is one whose first run is healthy.
    if (this.#entries.get(runner.name)?.runner !== runner || (previous === undefined && status === "healthy")) return;
    statusEvent.emit({ check: runner.name, status }, undefined, { previous, code: error });
    let overall: HealthStatus = "healthy";
    for (const entry of this.#entries.values())
      overall = worst(overall, impactOf(entry, entry.runner.status ?? "healthy"));
    const at = this.#settings.clock.now();
    const facts = { check: runner.name, status, previous, overall, at };
    const change: HealthChange = Object.freeze({ ...facts, ...withoutUndefined({ error }) });
    this.#history.push(change);
    if (this.#history.length > HISTORY) this.#history.shift();
    this.#listeners.notify(change);
  };
}
