import { requiredFunction } from "@seaworthy/core/options";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Cache, CacheEntry, Load, LoadMany, LoadOptions, SetOptions } from "../cache.ts";
import { errors } from "../errors.ts";
import type { CacheStats } from "../stats.ts";
import { invalidateEvent, lookupEvent } from "../telemetry.ts";
import { checkKey, checkKeys, checkTags } from "./check-key.ts";
import type { Entry } from "./entry.ts";
import type { Flight } from "./flight.ts";
import type { LinkOwner } from "./link-parts.ts";
import { Loads } from "./loads.ts";
import { Lookups } from "./lookups.ts";
import { planOf, setPlanOf } from "./plans.ts";
import { cloned, type TierParts, Tiers } from "./tiers.ts";

/** A cache over its tiers. */
export class LayeredCache<T> implements Cache<T>, LinkOwner {
  readonly name: string;
  readonly #parts: TierParts;
  readonly #tiers: Tiers;
  readonly #loads: Loads;
  readonly #lookups: Lookups;
  readonly #closing = new AbortController();

  constructor(parts: TierParts) {
    this.name = parts.settings.name;
    this.#parts = parts;
    this.#tiers = new Tiers(parts);
    this.#loads = new Loads(this.#tiers, this.#closing.signal);
    this.#lookups = new Lookups(this.#tiers, this.#loads, this.#closing.signal);
  }

  get<V extends T = T>(key: string): Promise<V | undefined> {
    return this.#quick<V | undefined>(key) ?? this.#getSlowly<V>(key);
  }

  getOrLoad<V extends T | undefined>(key: string, load: Load<V>, options?: LoadOptions<V>): Promise<V> {
    const hit = options?.fresh === true ? undefined : this.#quick<V>(key);
    return hit ?? this.#getOrLoadSlowly(key, load, options);
  }

  async getMany<V extends T = T>(keys: readonly string[]): Promise<Map<string, V>> {
    const wanted = checkKeys(keys);
    this.#checkOpen();
    const found = await this.#lookups.findMany(wanted, false);
    return this.#valuesOf<V>(found.fresh);
  }

  async loadMany<V extends T>(
    keys: readonly string[],
    load: LoadMany<V>,
    options?: LoadOptions<V>,
  ): Promise<Map<string, V>> {
    const wanted = checkKeys(keys);
    requiredFunction("load", load);
    const plan = planOf(this.#parts.settings, options);
    this.#checkOpen();
    const { fresh, stale, isReachable, startedAt } = await this.#lookups.findMany(wanted, plan.fresh);
    const now = this.#parts.time.now();
    const refreshed: string[] = [];
    for (const [key, entry] of stale) {
      if (now >= entry.staleUntil) continue;
      fresh.set(key, entry);
      if (now >= entry.retryAt) refreshed.push(key);
    }
    const missing = wanted.filter((key) => !fresh.has(key));
    const given = { load, plan, stale, isReachable, startedAt };
    if (refreshed.length > 0) this.#lookups.beginMany(refreshed, given);
    const flights = missing.length > 0 ? this.#lookups.beginMany(missing, given) : [];
    for (const flight of flights) fresh.set(flight.key, await this.#unless(options?.signal, flight.promise));
    return this.#valuesOf<V>(new Map(wanted.flatMap((key) => pairOf(key, fresh.get(key)))));
  }

  async set<V extends T>(key: string, value: V, options?: SetOptions): Promise<boolean> {
    checkKey(key);
    const plan = setPlanOf(this.#parts.settings, value, options);
    this.#checkOpen();
    const { marks, link } = this.#parts;
    this.#lookups.detach([key]);
    const made = this.#tiers.made({ value, ...plan, position: marks.latest, loadTime: 0 });
    this.#tiers.keep(key, made.entry);
    if (link === undefined) return true;
    this.#emitInvalidation("keys", "local");
    const announcement = { kind: "keys", names: [key] } as const;
    const frame = (await link.ready()) ? await this.#tiers.frame(key, made.entry, made.lifetime) : undefined;
    const { ttl, staleFor, staleIfError } = made.lifetime;
    const written = { value: frame ?? "", ttl: ttl + Math.max(staleFor, staleIfError) };
    return link.announce(announcement, (store) =>
      frame === undefined ? store.remove([key]) : store.write(key, written),
    );
  }

  async delete(...keys: readonly string[]): Promise<boolean> {
    const names = checkKeys(keys);
    this.#checkOpen();
    this.#lookups.detach(names);
    for (const key of names) this.#parts.memory.delete(key);
    const { link } = this.#parts;
    if (link === undefined || names.length === 0) return true;
    this.#emitInvalidation("keys", "local");
    return link.announce({ kind: "keys", names }, (store) => store.remove(names));
  }

  async invalidateTag(...tags: readonly string[]): Promise<boolean> {
    const names = checkTags(tags);
    this.#checkOpen();
    const { marks, link } = this.#parts;
    const position = marks.next();
    for (const tag of names) marks.invalidate(tag, position);
    if (names.length > 0) this.#emitInvalidation("tags", "local");
    if (link === undefined || names.length === 0) return true;
    return link.announce({ kind: "tags", names });
  }

  async clear(): Promise<boolean> {
    this.#checkOpen();
    const { marks, memory, link } = this.#parts;
    marks.invalidateAll(marks.next());
    memory.clear();
    this.#emitInvalidation("all", "local");
    return link === undefined ? true : link.announce({ kind: "all", names: [] });
  }

  async inspect(key: string): Promise<CacheEntry<T> | undefined> {
    checkKey(key);
    this.#checkOpen();
    const now = this.#parts.time.now();
    const remembered = this.#tiers.servable(key, now);
    const startedAt = this.#parts.settings.clock.monotonic();
    const entry = remembered ?? (await this.#tiers.fetch([key], startedAt))?.get(key);
    if (entry === undefined) return undefined;
    const { freshUntil, staleUntil, tags = [] } = entry;
    const state = now < freshUntil ? "fresh" : now < staleUntil ? "stale" : "expired";
    const tier = remembered === undefined ? "remote" : "memory";
    return { state, value: this.#valueOf<T | undefined>(entry), tier, freshFor: freshUntil - now, tags };
  }

  stats(): CacheStats {
    return this.#parts.counts.stats(this.#parts.memory, this.#parts.link);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(errors.CACHE_CLOSED({ cache: this.name }));
    this.#parts.memory.clear();
    await this.#loads.settled();
    await this.#parts.link?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Other processes have changed these keys. */
  forget(keys: readonly string[]): void {
    this.#lookups.detach(keys);
    for (const key of keys) this.#parts.memory.delete(key);
  }

  /** Everything in memory may be old, and so may be what is being loaded. */
  drop(): void {
    this.#parts.memory.clear();
    this.#lookups.detachAll();
  }

  heard(kind: "keys" | "tags" | "all"): void {
    if (kind === "all") this.#parts.memory.clear();
    this.#emitInvalidation(kind, "remote");
  }

  /** A hit in memory that needs nothing else; `undefined` for all other cases. */
  #quick<V>(key: string): Promise<V> | undefined {
    const { memory, time, marks, link, counts, settings } = this.#parts;
    const entry = memory.get(key);
    if (entry === undefined) return undefined;
    const now = time.now();
    if (now >= entry.earlyFrom || (link !== undefined && now >= link.trustedUntil)) return undefined;
    if (entry.tags !== undefined && !marks.allows(entry.position, entry.tags)) return undefined;
    counts.memory.hits++;
    if (lookupEvent.active) lookupEvent.emit({ cache: this.name, outcome: "hit", tier: "memory" });
    return (settings.clone ? Promise.resolve(structuredClone(entry.value)) : entry.promise) as Promise<V>;
  }

  async #getSlowly<V>(key: string): Promise<V | undefined> {
    checkKey(key);
    this.#checkOpen();
    const { fresh } = await this.#lookups.findMany([key], false);
    const entry = fresh.get(key);
    return entry === undefined ? undefined : this.#valueOf<V | undefined>(entry);
  }

  async #getOrLoadSlowly<V>(key: string, load: Load<V>, options: LoadOptions<V> | undefined): Promise<V> {
    checkKey(key);
    requiredFunction("load", load);
    const plan = planOf(this.#parts.settings, options);
    this.#checkOpen();
    const now = this.#parts.time.now();
    const entry = plan.fresh ? undefined : this.#tiers.servable(key, now);
    if (entry !== undefined) {
      const outcome = this.#lookups.use(entry, now);
      if (outcome !== undefined) {
        this.#lookups.count(outcome, "memory");
        const refreshes = outcome === "early" || (outcome === "stale" && now >= entry.retryAt);
        if (refreshes) this.#lookups.refresh(key, load, { plan, stale: entry });
        return this.#valueOf<V>(entry);
      }
    }
    const joined = this.#lookups.joinable(key, plan);
    this.#lookups.count(joined === undefined ? "miss" : "joined", "memory");
    const flight = joined ?? this.#lookups.begin(key, load, plan, entry);
    return this.#valueOf<V>(await this.#outcome(flight, entry, options?.signal));
  }

  /** The result of a flight, or after the soft timeout the stale entry. */
  async #outcome(flight: Flight, stale: Entry | undefined, signal: AbortSignal | undefined): Promise<Entry> {
    const { softTimeout, clock } = this.#parts.settings;
    const isUsable = stale !== undefined && this.#parts.time.now() < stale.errorUntil;
    if (softTimeout === undefined || !isUsable) return this.#unless(signal, flight.promise);
    const onLimit = (): Entry => stale;
    return waitAtMost(flight.promise, { limit: softTimeout, onLimit, clock, signal, keepAlive: true });
  }

  async #unless<R>(signal: AbortSignal | undefined, promise: Promise<R>): Promise<R> {
    if (signal === undefined) return promise;
    return waitAtMost(promise, { limit: undefined, onLimit: () => promise, signal });
  }

  #valuesOf<V>(entries: ReadonlyMap<string, Entry>): Map<string, V> {
    const values = new Map<string, V>();
    for (const [key, entry] of entries) if (entry.value !== undefined) values.set(key, this.#valueOf<V>(entry));
    return values;
  }

  #valueOf<V>({ value }: Entry): V {
    return (this.#parts.settings.clone ? cloned(value) : value) as V;
  }

  #emitInvalidation(kind: string, origin: string): void {
    if (invalidateEvent.active) invalidateEvent.emit({ cache: this.name, kind, origin });
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw errors.CACHE_CLOSED({ cache: this.name });
  }
}

const pairOf = (key: string, entry: Entry | undefined): [string, Entry][] =>
  entry === undefined ? [] : [[key, entry]];
