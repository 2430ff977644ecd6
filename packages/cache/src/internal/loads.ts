import { sleep } from "@seaworthy/core";
import type { LoadContext, Many } from "../cache.ts";
import type { CacheStore, StoreClaim } from "../store.ts";
import { checkTags } from "./check-key.ts";
import type { Entry, Lifetime } from "./entry.ts";
import type { Flight, FlightTags } from "./flight.ts";
import { beginningOf } from "./frame-beginning.ts";
import { renewLease } from "./lease-holder.ts";
import { runLoad } from "./load-job.ts";
import type { Tiers } from "./tiers.ts";

/** How a caller wants values to be loaded. */
export interface LoadPlan {
  readonly lifetime: Lifetime;
  /** The `ttl` of a value, if it depends on it. */
  readonly ttlOf: ((value: unknown) => number) | undefined;
  readonly negativeTtl: number;
  readonly tagsOf: (value: unknown) => readonly string[] | undefined;
  readonly knownTags: FlightTags;
  /** Whether the tiers are passed by. */
  readonly fresh: boolean;
  /** Whether another process that loads the value is left to do so. */
  readonly isBackground: boolean;
}

/** A load that may have become a lease. */
interface Lease {
  readonly token: string;
  readonly end: () => void;
}

// After a load that failed, the stale value is served for this long before the next attempt.
const PAUSE_AFTER_FAILURE = 1000;
// What the frames of all values begin with.
const ANY_VALUE = "sw";
const FIRST_POLL = 10;
const LONGEST_POLL = 100;

/** Whether a load in the background was left to another process. */
export const LEFT: unique symbol = Symbol("seaworthy.left");

/** Loads values under leases of the remote tier, and puts them into the tiers. */
export class Loads {
  readonly #tiers: Tiers;
  readonly #closing: AbortSignal;
  readonly #writes = new Set<Promise<unknown>>();

  constructor(tiers: Tiers, closing: AbortSignal) {
    this.#tiers = tiers;
    this.#closing = closing;
  }

  /** Resolves once the writes to the remote tier that are under way are over. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writes);
  }

  /** Loads one key. `LEFT` if another process does so, and no caller waits here. */
  async one(
    flight: Flight,
    load: (context: LoadContext) => unknown,
    given: { plan: LoadPlan; stale: Entry | undefined; startedAt: number; isReachable: boolean },
  ): Promise<Entry | typeof LEFT> {
    const { plan, stale, startedAt, isReachable } = given;
    const claimed = isReachable ? await this.#claim(flight, { plan, stale, startedAt }) : undefined;
    if (claimed === LEFT || (claimed !== undefined && "value" in claimed)) return claimed;
    flight.position = this.#tiers.parts.marks.latest;
    const spent = this.#since(startedAt);
    try {
      const { value, time } = await runLoad({ ...this.#job(flight.key), load });
      return await this.#store(flight, { value, time, plan, lease: claimed, spent });
    } catch (error) {
      claimed?.end();
      this.#release(flight.key, claimed);
      return this.#instead(stale, error);
    }
  }

  /** Loads several keys at once. Never waits for other processes: what they load as well, they write. */
  async many(
    flights: readonly Flight[],
    load: (keys: readonly string[], context: LoadContext) => Many<unknown> | Promise<Many<unknown>>,
    given: { plan: LoadPlan; stale: ReadonlyMap<string, Entry>; startedAt: number; isReachable: boolean },
  ): Promise<void> {
    const { plan, stale, startedAt, isReachable } = given;
    const keys = flights.map(({ key }) => key);
    const leases = await Promise.all(
      flights.map((flight) => (isReachable ? this.#claimOnce(flight, startedAt, stale.get(flight.key)) : undefined)),
    );
    for (const flight of flights) flight.position = this.#tiers.parts.marks.latest;
    const spent = this.#since(startedAt);
    try {
      const { value: values, time } = await runLoad({
        ...this.#job(keys[0] ?? ""),
        load: (context) => load(keys, context),
      });
      const read = reader(values);
      const storing = flights.map(async (flight, index) => {
        const stored = { value: read(flight.key), time, plan, lease: leases[index], spent };
        flight.resolve(await this.#store(flight, stored));
      });
      await Promise.allSettled(storing);
      await Promise.all(storing);
    } catch (error) {
      for (const [index, flight] of flights.entries()) {
        leases[index]?.end();
        this.#release(flight.key, leases[index]);
        try {
          flight.resolve(this.#instead(stale.get(flight.key), error));
        } catch (reason) {
          flight.reject(reason);
        }
      }
    }
  }

  #since(startedAt: number): number {
    return this.#tiers.parts.settings.clock.monotonic() - startedAt;
  }

  #job(key: string) {
    const { settings, counts } = this.#tiers.parts;
    const { name: cache, clock, hardTimeout } = settings;
    return { cache, clock, counts, hardTimeout, key, closing: this.#closing };
  }

  /** Takes the lease, or waits for the value of its holder. `undefined`: load without a lease. */
  async #claim(
    flight: Flight,
    given: { plan: LoadPlan; stale: Entry | undefined; startedAt: number },
  ): Promise<Entry | Lease | typeof LEFT | undefined> {
    const { link, settings, counts } = this.#tiers.parts;
    if (link === undefined) return undefined;
    const { wait } = link.settings.lease;
    const { plan, stale } = given;
    const begun = settings.clock.monotonic();
    let startedAt = given.startedAt;
    let seen = plan.fresh ? ANY_VALUE : stale?.seen;
    for (let pause = FIRST_POLL; ; pause = Math.min(pause * 1.5, LONGEST_POLL)) {
      const claim = await this.#ask(flight, startedAt, seen);
      if (claim === undefined) return undefined;
      if (claim.granted) return this.#held(flight);
      if (claim.value !== undefined && !plan.fresh) {
        const entry = await this.#tiers.adopt(flight.key, claim.value, settings.clock.monotonic());
        if (entry !== undefined && this.#tiers.parts.time.now() < entry.freshUntil) {
          counts.load.spared++;
          return entry;
        }
        // What was invalidated must not keep the new value out of the remote tier until its own end.
        const unusable = beginningOf(claim.value);
        if (seen === unusable) return undefined;
        seen = unusable;
        continue;
      }
      if (plan.isBackground) return LEFT;
      if (settings.clock.monotonic() - begun >= wait || claim.value !== undefined) return undefined;
      await sleep(pause * (0.5 + settings.random()), { clock: settings.clock, signal: this.#closing, keepAlive: true });
      startedAt = settings.clock.monotonic();
    }
  }

  async #claimOnce(flight: Flight, startedAt: number, stale: Entry | undefined): Promise<Lease | undefined> {
    let claim = await this.#ask(flight, startedAt, stale?.seen);
    if (claim?.value !== undefined && (await this.#tiers.adopt(flight.key, claim.value, startedAt)) === undefined)
      claim = await this.#ask(flight, startedAt, beginningOf(claim.value));
    return claim?.granted === true ? this.#held(flight) : undefined;
  }

  async #ask(flight: Flight, startedAt: number, seen: string | undefined): Promise<StoreClaim | undefined> {
    const { link } = this.#tiers.parts;
    if (link === undefined) return undefined;
    const { key, token } = flight;
    const { ttl } = link.settings.lease;
    let claiming: Promise<StoreClaim> | undefined;
    const claim = (store: CacheStore): Promise<StoreClaim> => {
      claiming = store.claim(key, { token, ttl, seen });
      return claiming;
    };
    const result = await link.guard.run("claim", claim, startedAt);
    // A claim that is granted too late must not keep other processes waiting.
    if (result === undefined)
      claiming?.then(
        (late) => late.granted && this.#release(key, { token, end: () => undefined }),
        () => undefined,
      );
    return result;
  }

  #held({ key, token }: Flight): Lease | undefined {
    const { link, settings } = this.#tiers.parts;
    return link === undefined ? undefined : { token, end: renewLease(link, settings.clock, { key, token }) };
  }

  async #store(
    flight: Flight,
    loaded: { value: unknown; time: number; plan: LoadPlan; lease: Lease | undefined; spent: number },
  ): Promise<Entry> {
    const { value, time, plan, lease, spent } = loaded;
    lease?.end();
    const isAbsent = value === undefined;
    const lifetime = isAbsent ? { ttl: plan.negativeTtl, staleFor: 0, staleIfError: 0 } : lifetimeOf(plan, value);
    const tags = isAbsent ? undefined : plan.tagsOf(value);
    const made = this.#tiers.made({ value, lifetime, tags, position: flight.position ?? 0, loadTime: time });
    const isKept = lifetime.ttl > 0 && !flight.isDetached && this.#tiers.keep(flight.key, made.entry);
    if (isKept) await this.#fill(flight, { ...made, lease, isNews: plan.fresh }, spent);
    else this.#release(flight.key, lease);
    return made.entry;
  }

  /** Writes the value, and waits for that as long as the deadline has time left after what was spent before the load. */
  async #fill(
    flight: Flight,
    filling: { entry: Entry; lifetime: Lifetime; lease: Lease | undefined; isNews: boolean },
    spent: number,
  ): Promise<void> {
    const { entry, lifetime, lease, isNews } = filling;
    const { link, settings } = this.#tiers.parts;
    if (link === undefined || lease === undefined) return;
    const { key } = flight;
    const write = async (): Promise<void> => {
      const value = await this.#tiers.frame(key, entry, lifetime);
      if (value === undefined || flight.isDetached) return this.#release(key, lease);
      const ttl = lifetime.ttl + Math.max(lifetime.staleFor, lifetime.staleIfError);
      const isFilled = await link.guard.run("fill", (store) => store.fill(key, lease.token, { value, ttl }));
      // Other processes may have the value that this one replaces in their memory.
      if (isNews && isFilled === true) await link.announce({ kind: "keys", names: [key] });
    };
    const writing = write();
    this.#later(writing);
    await link.guard.wait(writing, settings.clock.monotonic() - spent);
  }

  #release(key: string, lease: Lease | undefined): void {
    const { link } = this.#tiers.parts;
    if (lease === undefined || link === undefined) return;
    this.#later(link.guard.run("release", (store) => store.release(key, lease.token)));
  }

  #later(work: Promise<unknown>): void {
    this.#writes.add(work);
    void work.catch(() => undefined).finally(() => this.#writes.delete(work));
  }

  /** The stale value in place of a load that failed, if it may still be served. */
  #instead(stale: Entry | undefined, error: unknown): Entry {
    const now = this.#tiers.parts.time.now();
    if (stale === undefined || this.#closing.aborted || now >= Math.max(stale.errorUntil, stale.staleUntil))
      throw error;
    stale.retryAt = now + PAUSE_AFTER_FAILURE;
    return stale;
  }
}

const lifetimeOf = ({ lifetime, ttlOf }: LoadPlan, value: unknown): Lifetime =>
  ttlOf === undefined ? lifetime : { ...lifetime, ttl: ttlOf(value) };

/** @throws TypeError if the result of a load of several keys is neither a map nor an object */
function reader(values: Many<unknown>): (key: string) => unknown {
  if (values instanceof Map) return (key) => values.get(key);
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw new TypeError("load must return a Map, or an object with a member per key");
  const members = new Map(Object.entries(values));
  return (key) => members.get(key);
}

/** The tags of a value by an option: fixed, or made from the value. */
export function tagsFrom(
  option: readonly string[] | ((value: never) => readonly string[]) | undefined,
): LoadPlan["tagsOf"] {
  if (option === undefined) return () => undefined;
  if (typeof option === "function") return (value) => someTags(option(value as never));
  const tags = someTags(option);
  return () => tags;
}

function someTags(tags: readonly string[]): readonly string[] | undefined {
  const checked = checkTags(tags);
  return checked.length === 0 ? undefined : checked;
}
