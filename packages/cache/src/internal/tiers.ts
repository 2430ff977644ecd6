import { errors } from "../errors.ts";
import { discardEvent, skipEvent } from "../telemetry.ts";
import type { CoarseTime } from "./coarse-time.ts";
import type { Counts } from "./counts.ts";
import { type Entry, keptUntil, type Lifetime } from "./entry.ts";
import type { Decoded, FrameFlaw, Frames } from "./frame.ts";
import { beginningOf } from "./frame-beginning.ts";
import { freezeDeep } from "./freeze.ts";
import type { Marks } from "./marks.ts";
import type { MemoryTier } from "./memory-tier.ts";
import type { RemoteLink } from "./remote-link.ts";
import { isSame } from "./same-value.ts";
import type { Settings } from "./settings.ts";
import { sizeOf } from "./size-of.ts";

/** What the tiers are made of. */
export interface TierParts {
  readonly settings: Settings;
  readonly time: CoarseTime;
  readonly marks: Marks;
  readonly counts: Counts;
  readonly memory: MemoryTier;
  readonly link: RemoteLink | undefined;
  readonly frames: Frames | undefined;
}

/** What an entry is made of. */
export interface NewEntry {
  readonly value: unknown;
  readonly lifetime: Lifetime;
  readonly tags: readonly string[] | undefined;
  readonly position: number;
  readonly loadTime: number;
}

// A random number that makes an early refresh earlier than this share of the load time is as rare as one in a billion.
const MOST_LOGARITHM = 20;

/** The tiers of one cache: which values they have, and how values get into them. */
export class Tiers {
  readonly parts: TierParts;
  #warned = false;

  constructor(parts: TierParts) {
    this.parts = parts;
  }

  /** The entry in memory that is valid and of some use, whether it can be trusted or not. */
  remembered(key: string, now: number): Entry | undefined {
    const { memory, marks } = this.parts;
    const entry = memory.get(key);
    if (entry === undefined) return undefined;
    if (!marks.allows(entry.position, entry.tags)) {
      memory.delete(key);
      return undefined;
    }
    return memory.dropIfOver(key, entry, now) ? undefined : entry;
  }

  /** The entry in memory, if the state of the remote tier allows that it is served. */
  servable(key: string, now: number): Entry | undefined {
    const { link } = this.parts;
    const entry = this.remembered(key, now);
    if (entry === undefined || link === undefined) return entry;
    const trust = link.trust(now);
    if (trust === "yes") return entry;
    return trust === "alone" ? this.alone(entry, now) : undefined;
  }

  /** The entry, if it may be served while the store cannot be reached. */
  alone(entry: Entry | undefined, now: number): Entry | undefined {
    const { link } = this.parts;
    if (entry === undefined || link === undefined) return entry;
    return entry.era === link.era && now - entry.storedAt < link.settings.unsyncedTtl ? entry : undefined;
  }

  /** Whether this hit is the one that refreshes the entry early (XFetch; Vattani, Chierichetti, Lowenstein 2015). */
  drawsEarly(entry: Entry, now: number): boolean {
    const { earlyRefresh, random } = this.parts.settings;
    const draw = -Math.log(Math.max(random(), Number.MIN_VALUE));
    return now >= entry.earlyFrom && now + entry.loadTime * earlyRefresh * draw >= entry.freshUntil;
  }

  /**
   * An entry of a value that was just loaded or set, with a `ttl` that is shortened at random.
   *
   * @throws CACHE_VALUE_INVALID if it cannot be cloned
   */
  made(made: NewEntry): { entry: Entry; lifetime: Lifetime } {
    const { jitter, random } = this.parts.settings;
    const { ttl, staleFor, staleIfError } = made.lifetime;
    const lifetime = { ttl: ttl * (1 - jitter * random()), staleFor, staleIfError };
    const value = this.parts.settings.clone ? cloned(made.value) : made.value;
    return { entry: this.#entry({ ...made, value, lifetime }, 0, undefined), lifetime };
  }

  /** Keeps the entry in memory, if it is still valid. */
  keep(key: string, entry: Entry): boolean {
    const { memory, marks } = this.parts;
    if (!marks.allows(entry.position, entry.tags)) return false;
    memory.set(key, entry);
    return true;
  }

  /**
   * Reads keys from the remote tier into memory. `undefined` if it has not answered in time. A value that cannot be used is
   * deleted, and missing in the result.
   */
  async fetch(keys: readonly string[], startedAt: number): Promise<Map<string, Entry> | undefined> {
    const { link, counts } = this.parts;
    if (link === undefined) return undefined;
    const values = await link.read(keys, startedAt);
    if (values === undefined) return undefined;
    const found = new Map<string, Entry>();
    for (const [index, key] of keys.entries()) {
      const entry = await this.adopt(key, values[index], startedAt);
      if (entry !== undefined) found.set(key, entry);
      else counts.remote.misses++;
    }
    return found;
  }

  /** An entry from a value of the store, which is kept in memory. */
  async adopt(key: string, frame: string | undefined, startedAt: number): Promise<Entry | undefined> {
    const { link, frames, counts, marks, time } = this.parts;
    if (frame === undefined || link === undefined || frames === undefined) return undefined;
    const decoding = frames.decode(this.#nameOf(key), frame);
    // A port of keys may hang.
    const read = decoding instanceof Promise ? await link.guard.wait(decoding, startedAt) : decoding;
    if (read === undefined) return undefined;
    if (typeof read === "string") return this.#discard(key, read);
    counts.remote.readBytes += frame.length;
    const age = Math.max(0, link.storeTime() - read.createdAt);
    const entry = this.#entry({ ...read, lifetime: read }, age, beginningOf(frame));
    const now = time.now();
    if (!marks.allows(entry.position, entry.tags) || now >= keptUntil(entry)) return undefined;
    if (now < entry.freshUntil) counts.remote.hits++;
    else counts.remote.stale++;
    this.parts.memory.set(key, entry);
    return entry;
  }

  /** The frame of an entry, or `undefined` if the remote tier cannot have it. */
  async frame(key: string, entry: Entry, lifetime: Lifetime): Promise<string | undefined> {
    const { link, frames, counts } = this.parts;
    if (link === undefined || frames === undefined) return undefined;
    const { position, loadTime, tags, value } = entry;
    const facts = { ...lifetime, position, loadTime, tags, createdAt: Math.max(0, link.storeTime()) };
    try {
      const frame = await frames.encode(this.#nameOf(key), value, facts);
      if (frame.length > link.settings.valueLimit) return this.#skip("large", undefined);
      if (this.parts.settings.freeze) await this.#compare(key, frame, value);
      counts.remote.writtenBytes += frame.length;
      return frame;
    } catch (error) {
      return this.#skip("codec", error);
    }
  }

  #entry(made: NewEntry, age: number, seen: string | undefined): Entry {
    const { settings, time, memory, link } = this.parts;
    const { value, lifetime, tags, position, loadTime } = made;
    const now = time.now();
    const freshUntil = now + lifetime.ttl - age;
    const early = Math.min(loadTime * settings.earlyRefresh * MOST_LOGARITHM, lifetime.ttl / 2);
    if (settings.freeze) freezeDeep(value);
    return {
      value,
      promise: Promise.resolve(value),
      earlyFrom: freshUntil - early,
      freshUntil,
      staleUntil: freshUntil + lifetime.staleFor,
      errorUntil: freshUntil + lifetime.staleIfError,
      storedAt: now,
      loadTime,
      position,
      tags,
      era: link?.era ?? 0,
      size: memory.exists ? sizeOf(value, settings.memory?.bytes ?? 0) : 0,
      retryAt: 0,
      seen,
    };
  }

  #discard(key: string, reason: FrameFlaw): undefined {
    const { link, counts, settings } = this.parts;
    counts.remote.discarded++;
    if (discardEvent.active) discardEvent.emit({ cache: settings.name, reason });
    void link?.guard.run("remove", (store) => store.remove([key]));
    return undefined;
  }

  #skip(reason: string, error: unknown): undefined {
    const { counts, settings } = this.parts;
    counts.remote.skipped++;
    if (skipEvent.active)
      skipEvent.emit({ cache: settings.name, reason }, undefined, error === undefined ? undefined : { error });
    return undefined;
  }

  /** In development, says once that the codec changes what it is given. */
  async #compare(key: string, frame: string, value: unknown): Promise<void> {
    if (this.#warned || value === undefined || this.parts.frames === undefined) return;
    const read: Decoded = await this.parts.frames.decode(this.#nameOf(key), frame);
    if (typeof read !== "string" && isSame(read.value, value)) return;
    this.#warned = true;
    process.emitWarning(
      `The cache ${this.parts.settings.name} gives other values from its remote tier than from memory: its codec changes them, as JSON does with a Date. Take structuredCodec, or cache plain data.`,
      { code: "CACHE_CODEC_CHANGES" },
    );
  }

  #nameOf(key: string): string {
    return `${this.parts.settings.name}\n${key}`;
  }
}

/** @throws CACHE_VALUE_INVALID if the value has members that cannot be cloned, such as functions */
export function cloned<V>(value: V): V {
  try {
    return structuredClone(value);
  } catch (cause) {
    throw errors.CACHE_VALUE_INVALID(undefined, { cause });
  }
}
