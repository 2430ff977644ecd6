import type { Load, LoadMany } from "../cache.ts";
import { lookupEvent } from "../telemetry.ts";
import type { Entry } from "./entry.ts";
import { Flight } from "./flight.ts";
import { LEFT, type LoadPlan, type Loads } from "./loads.ts";
import type { Tiers } from "./tiers.ts";

/** How a lookup ended. */
export type Outcome = "hit" | "stale" | "early" | "joined" | "miss";

/** What the tiers have of several keys. */
export interface FoundMany {
  readonly fresh: Map<string, Entry>;
  readonly stale: Map<string, Entry>;
  /** When the lookup began, on the monotonic clock: the deadline of the remote tier counts from there. */
  readonly startedAt: number;
  readonly isReachable: boolean;
}

/** Finds values in the tiers, and begins one flight per key for what has to be loaded. */
export class Lookups {
  readonly #tiers: Tiers;
  readonly #loads: Loads;
  readonly #closing: AbortSignal;
  readonly #flights = new Map<string, Flight>();

  constructor(tiers: Tiers, loads: Loads, closing: AbortSignal) {
    this.#tiers = tiers;
    this.#loads = loads;
    this.#closing = closing;
  }

  /** How an entry in memory may be used without waiting for a load; `undefined` if it may not. */
  use(entry: Entry, now: number): Outcome | undefined {
    if (now < entry.freshUntil) return this.#tiers.drawsEarly(entry, now) ? "early" : "hit";
    if (now < entry.staleUntil) return "stale";
    return now < entry.errorUntil && now < entry.retryAt ? "stale" : undefined;
  }

  begin<V>(key: string, load: Load<V>, plan: LoadPlan, stale: Entry | undefined): Flight {
    const flight = this.#enter(key, plan);
    const left = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    this.#fly(flight, load, { plan, stale }).then(
      (entry) => {
        left();
        flight.resolve(entry);
      },
      (error: unknown) => {
        left();
        flight.reject(error);
      },
    );
    return flight;
  }

  #enter(key: string, plan: LoadPlan): Flight {
    const flight = new Flight(key, plan.knownTags);
    this.#flights.set(key, flight);
    return flight;
  }

  async #fly<V>(flight: Flight, load: Load<V>, given: { plan: LoadPlan; stale: Entry | undefined }): Promise<Entry> {
    const { plan } = given;
    const { clock } = this.#tiers.parts.settings;
    const startedAt = clock.monotonic();
    let stale = given.stale;
    const reads = this.#tiers.parts.link !== undefined && !plan.fresh && !plan.isBackground;
    const found = reads ? await this.#tiers.fetch([flight.key], startedAt) : undefined;
    const now = this.#tiers.parts.time.now();
    // What the store has, or what memory has and the store has confirmed or cannot be asked about.
    const entry = found?.get(flight.key) ?? this.#confirmed(flight.key, now, found !== undefined, reads);
    if (entry !== undefined) {
      const outcome = this.use(entry, now);
      if (outcome === "hit" || outcome === "early") return entry;
      if (outcome === "stale") {
        this.count("stale", "remote");
        if (now >= entry.retryAt) setImmediate(() => this.refresh(flight.key, load, { plan, stale: entry }));
        return entry;
      }
      stale = entry;
    }
    const isReachable = found !== undefined || (!reads && this.#isReachable());
    const loaded = await this.#loads.one(flight, load, { plan, stale, startedAt, isReachable });
    if (loaded !== LEFT) return loaded;
    // Another process refreshes the value, and there was one to be refreshed.
    return stale ?? this.#loads.one(flight, load, { plan, stale, startedAt, isReachable: false }).then(unleft);
  }

  #isReachable(): boolean {
    const { link } = this.#tiers.parts;
    return link !== undefined && link.state !== "unavailable";
  }

  /** The entry in memory that was not served before the store was read, and may be served now. */
  #confirmed(key: string, now: number, answered: boolean, reads: boolean): Entry | undefined {
    if (!reads) return undefined;
    const entry = this.#tiers.remembered(key, now);
    if (!answered) return this.#tiers.alone(entry, now);
    return this.#tiers.parts.link?.state === "synced" ? entry : undefined;
  }

  beginMany<V>(
    keys: readonly string[],
    given: {
      load: LoadMany<V>;
      plan: LoadPlan;
      stale: ReadonlyMap<string, Entry>;
      isReachable: boolean;
      startedAt: number;
    },
  ): Flight[] {
    const { load, plan } = given;
    const own: Flight[] = [];
    const flights = keys.map((key) => {
      const known = this.joinable(key, plan);
      if (known !== undefined) return known;
      const flight = this.#enter(key, plan);
      own.push(flight);
      return flight;
    });
    if (own.length === 0) return flights;
    const leave = (): void => {
      for (const flight of own) if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key);
    };
    void this.#loads.many(own, load as LoadMany<unknown>, given).finally(leave);
    return flights;
  }

  /** What the tiers have: memory first, then one read for the rest. */
  async findMany(keys: readonly string[], passesBy: boolean): Promise<FoundMany> {
    const fresh = new Map<string, Entry>();
    const stale = new Map<string, Entry>();
    const startedAt = this.#tiers.parts.settings.clock.monotonic();
    if (passesBy) return { fresh, stale, startedAt, isReachable: this.#isReachable() };
    const sort = (key: string, entry: Entry, now: number): void =>
      void (now < entry.freshUntil ? fresh : stale).set(key, entry);
    const begun = this.#tiers.parts.time.now();
    for (const key of keys) {
      const entry = this.#tiers.servable(key, begun);
      if (entry !== undefined) sort(key, entry, begun);
    }
    for (const key of keys) this.count(fresh.has(key) ? "hit" : "miss", "memory");
    const missing = keys.filter((key) => !fresh.has(key) && !stale.has(key));
    const found = missing.length > 0 ? await this.#tiers.fetch(missing, startedAt) : undefined;
    const now = this.#tiers.parts.time.now();
    for (const key of missing) {
      const entry =
        found?.get(key) ?? this.#confirmed(key, now, found !== undefined, this.#tiers.parts.link !== undefined);
      if (entry !== undefined) sort(key, entry, now);
    }
    const isReachable = found !== undefined || (missing.length === 0 && this.#isReachable());
    return { fresh, stale, startedAt, isReachable };
  }

  detach(keys: readonly string[]): void {
    for (const key of keys) {
      const flight = this.#flights.get(key);
      if (flight === undefined) continue;
      flight.isDetached = true;
      this.#flights.delete(key);
    }
  }

  count(outcome: Outcome, tier: "memory" | "remote"): void {
    const { memory } = this.#tiers.parts.counts;
    this.#emit(outcome, tier);
    // What the remote tier has is counted when it is read.
    if (tier === "remote") return;
    if (outcome === "hit" || outcome === "early") memory.hits++;
    else if (outcome === "stale") memory.stale++;
    else memory.misses++;
  }

  #emit(outcome: Outcome, tier: string): void {
    if (lookupEvent.active) lookupEvent.emit({ cache: this.#tiers.parts.settings.name, outcome, tier });
  }

  /** The flight of a key that a caller may join now. */
  joinable(key: string, plan: LoadPlan): Flight | undefined {
    const known = plan.fresh ? undefined : this.#flights.get(key);
    if (known?.admits(this.#tiers.parts.marks) !== true) return undefined;
    this.#tiers.parts.counts.load.shared++;
    return known;
  }

  /** Begins a load in the background, unless there is one. */
  refresh<V>(key: string, load: Load<V>, given: { plan: LoadPlan; stale: Entry }): void {
    if (this.#flights.has(key) || this.#closing.aborted) return;
    this.begin(key, load, { ...given.plan, isBackground: true }, given.stale);
  }

  /** What is being loaded may be old by now. */
  detachAll(): void {
    for (const flight of this.#flights.values()) if (flight.position !== undefined) flight.isDetached = true;
  }
}

function unleft(entry: Entry | typeof LEFT): Entry {
  if (entry === LEFT) throw new Error("a load without a remote tier is not left to another process");
  return entry;
}
