import type { Clock } from "@seaworthy/core";
import type {
  Announcement,
  CacheStore,
  HeardAnnouncement,
  StoreClaim,
  StoreListener,
  StoreRead,
  StoreState,
  StoreSubscription,
} from "../store.ts";

interface Timed {
  readonly value: string;
  /** On the monotonic clock. */
  readonly until: number;
}

/** What the caches of one name share. */
interface Place {
  readonly values: Map<string, Timed>;
  readonly leases: Map<string, Timed>;
  readonly tags: Map<string, number>;
  readonly listeners: Set<StoreListener>;
  position: number | undefined;
  floor: number;
}

/** The memory that several stores share, and its faults. */
export class SharedMemory {
  fault: "up" | "down" | "frozen" | "deaf" = "up";
  readonly clock: Clock;
  readonly #places = new Map<string, Place>();
  #last = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  place(name: string): Place {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = {
      ...{ values: new Map(), leases: new Map(), tags: new Map(), listeners: new Set<StoreListener>() },
      ...{ position: undefined, floor: 0 },
    };
    this.#places.set(name, place);
    return place;
  }

  /** The next position; it grows also after everything was lost. */
  next(): number {
    this.#last = Math.max(this.#last + 1, Math.floor(this.clock.now() * 1000));
    return this.#last;
  }

  valueOf(name: string, key: string): string | undefined {
    return this.living(this.place(name).values, key);
  }

  living(map: Map<string, Timed>, key: string): string | undefined {
    const found = map.get(key);
    if (found === undefined || this.clock.monotonic() < found.until) return found?.value;
    map.delete(key);
    return undefined;
  }

  cut(): void {
    for (const { listeners } of this.#places.values()) {
      for (const listener of listeners) {
        listener.onChange(false);
        if (this.fault === "up") listener.onChange(true);
      }
    }
  }

  flush(): void {
    for (const place of this.#places.values()) {
      for (const map of [place.values, place.leases, place.tags]) map.clear();
      place.position = undefined;
      place.floor = 0;
    }
  }
}

/** A store in the memory of this process. */
export class MemoryStore implements CacheStore {
  readonly kind = "memory";
  readonly #shared: SharedMemory;
  readonly #place: Place;

  constructor(shared: SharedMemory, name: string) {
    this.#shared = shared;
    this.#place = shared.place(name);
  }

  async sync(since: number): Promise<StoreState> {
    await this.#turn();
    const place = this.#place;
    if (place.position === undefined || place.position < since) {
      place.position = this.#shared.next();
      place.floor = place.position;
    }
    const tags = new Map([...place.tags].filter(([, position]) => position > since));
    return { position: place.position, now: this.#shared.clock.monotonic(), floor: place.floor, tags };
  }

  async read(keys: readonly string[]): Promise<StoreRead> {
    await this.#turn();
    const values = keys.map((key) => this.#shared.living(this.#place.values, key));
    return { position: this.#place.position, values };
  }

  async claim(key: string, claim: { token: string; ttl: number; seen?: string | undefined }): Promise<StoreClaim> {
    await this.#turn();
    const { values, leases } = this.#place;
    const value = this.#shared.living(values, key);
    const isSeen = claim.seen !== undefined && claim.seen !== "" && value?.startsWith(claim.seen) === true;
    if (value !== undefined && !isSeen) return { granted: false, value };
    if (this.#shared.living(leases, key) !== undefined) return { granted: false };
    leases.set(key, this.#timed(claim.token, claim.ttl));
    return { granted: true };
  }

  async renew(key: string, token: string, ttl: number): Promise<boolean> {
    await this.#turn();
    if (this.#shared.living(this.#place.leases, key) !== token) return false;
    this.#place.leases.set(key, this.#timed(token, ttl));
    return true;
  }

  async fill(key: string, token: string, entry: { value: string; ttl: number }): Promise<boolean> {
    await this.#turn();
    if (this.#shared.living(this.#place.leases, key) !== token) return false;
    this.#place.leases.delete(key);
    this.#place.values.set(key, this.#timed(entry.value, entry.ttl));
    return true;
  }

  async release(key: string, token: string): Promise<void> {
    await this.#turn();
    if (this.#shared.living(this.#place.leases, key) === token) this.#place.leases.delete(key);
  }

  async write(key: string, entry: { value: string; ttl: number }): Promise<void> {
    await this.#turn();
    this.#place.leases.delete(key);
    this.#place.values.set(key, this.#timed(entry.value, entry.ttl));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#turn();
    for (const key of keys) {
      this.#place.values.delete(key);
      this.#place.leases.delete(key);
    }
  }

  async announce(sender: string, { kind, names }: Announcement): Promise<number> {
    await this.#turn();
    const place = this.#place;
    const previous = place.position ?? 0;
    const position = this.#shared.next();
    place.position = position;
    if (kind === "all") place.floor = position;
    if (kind === "tags") for (const tag of names) place.tags.set(tag, position);
    const heard: HeardAnnouncement = { kind, names, position, previous, sender };
    if (this.#shared.fault !== "deaf")
      for (const listener of place.listeners) queueMicrotask(() => listener.onAnnouncement(heard));
    return position;
  }

  subscribe(listener: StoreListener): StoreSubscription {
    const { listeners } = this.#place;
    const open = (): void => {
      if (!listeners.has(listener) || this.#shared.fault === "down") return;
      listener.onChange(true);
    };
    listeners.add(listener);
    queueMicrotask(open);
    return {
      renew: () => {
        listener.onChange(false);
        queueMicrotask(open);
      },
      close: async () => {
        listeners.delete(listener);
      },
    };
  }

  async #turn(): Promise<void> {
    // A server answers in another turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#shared.fault === "down") throw new Error("the store is down");
    if (this.#shared.fault === "frozen") await new Promise(() => undefined);
  }

  #timed(value: string, ttl: number): Timed {
    return { value, until: this.#shared.clock.monotonic() + ttl };
  }
}
