import { randomUUID } from "node:crypto";
import type { Announcement, CacheStore, HeardAnnouncement, StoreState, StoreSubscription } from "../store.ts";
import { dropEvent, linkEvent } from "../telemetry.ts";
import type { LinkParts, LinkState } from "./link-parts.ts";
import { type LinkSettings, linkSettings } from "./link-settings.ts";
import { OwedAnnouncements } from "./owed-announcements.ts";
import { ReadBatch } from "./read-batch.ts";
import { StoreGuard } from "./store-guard.ts";

// A memory hit after this long without news makes a check in the background, and after twice as long it waits for one.
const CHECK_EVERY = 1000;
// How long an announcement may be on its way.
const DELIVERY = 100;
const MOST_QUEUED = 1000;

/**
 * The connection of one cache with its store: knows whether the memory tier can be trusted, which is so as long as every
 * announcement was heard. Owns no timer but for the deadlines of operations and for reconnecting the subscription.
 */
export class RemoteLink {
  readonly settings: LinkSettings;
  readonly guard: StoreGuard;
  readonly kind: string;
  /** Counts the periods without the store: what was stored in another one is not served in this one. */
  era = 0;
  /** Until then, on the monotonic clock, hits in memory need no check. */
  trustedUntil: number = Number.NEGATIVE_INFINITY;
  readonly #parts: LinkParts;
  readonly #sender = randomUUID();
  readonly #owed = new OwedAnnouncements();
  readonly #batch: ReadBatch;
  readonly #subscription: StoreSubscription;
  #state: LinkState = "connecting";
  #active = false;
  #known: number | undefined;
  #verifiedAt = Number.NEGATIVE_INFINITY;
  #expected: { position: number; at: number } | undefined;
  #offset = 0;
  #needsSync = true;
  #syncing: Promise<boolean> | undefined;
  #queued: HeardAnnouncement[] = [];
  #checking = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.settings = linkSettings(parts.tier);
    const store: CacheStore = parts.tier.open(parts.name);
    this.kind = store.kind;
    this.guard = new StoreGuard(store, { ...this.settings, cache: parts.name, clock: parts.clock }, () =>
      this.#distrust("unavailable"),
    );
    this.#batch = new ReadBatch(this.guard);
    this.#subscription = store.subscribe({
      onAnnouncement: (heard) => this.#hear(heard),
      onChange: (active) => this.#changed(active),
    });
  }

  get state(): LinkState {
    return this.guard.isOpen ? "unavailable" : this.#state;
  }

  /** The time of the store, in milliseconds. */
  storeTime(): number {
    return this.#parts.clock.monotonic() + this.#offset;
  }

  /**
   * Whether a hit in memory may be served: `yes`, `no` (the store must be read), or `alone` (the store cannot be read).
   * May begin a check or a recovery in the background.
   */
  trust(now: number): "yes" | "no" | "alone" {
    if (this.guard.isOpen) {
      if (this.guard.mayRetry()) void this.#sync();
      return "alone";
    }
    if (this.#expected !== undefined && now - this.#expected.at > DELIVERY) this.#lose();
    if (this.#state !== "synced") return "no";
    if (now - this.#verifiedAt >= CHECK_EVERY) this.#check();
    return now - this.#verifiedAt < 2 * CHECK_EVERY ? "yes" : "no";
  }

  /** Resolves with whether the positions and the time of the store are known. */
  async ready(): Promise<boolean> {
    if (this.#known !== undefined) return true;
    return (await this.guard.wait(this.#sync(), this.#parts.clock.monotonic())) === true;
  }

  /** Reads keys. `undefined` if the store has not answered in time. */
  async read(keys: readonly string[], startedAt: number): Promise<readonly (string | undefined)[] | undefined> {
    if (this.guard.isOpen) {
      if (this.guard.mayRetry()) void this.#sync();
      return undefined;
    }
    // What other processes do not know yet must reach the store before its values are used.
    const synced = this.#needsSync ? this.guard.wait(this.#sync(), startedAt) : true;
    const early = this.#owed.isEmpty ? this.#batch.read(keys, startedAt) : undefined;
    if (!(await synced)) return undefined;
    const result = await (early ?? this.#batch.read(keys, startedAt));
    if (result === undefined) return undefined;
    if (!this.#observe(result.position)) return keys.map(() => undefined);
    // Without a subscription, only a synchronization brings the invalidations that concern these values.
    const missing = !this.#active && result.position !== this.#known;
    if (missing && !(await this.guard.wait(this.#sync(), startedAt))) return undefined;
    return result.values;
  }

  /** Tells the other processes, or owes it to them. Resolves with whether it reached them. */
  async announce(announcement: Announcement, change?: (store: CacheStore) => Promise<unknown>): Promise<boolean> {
    const reached = await this.#announceNow(announcement, change);
    if (!reached) {
      this.#owed.add(announcement);
      this.#needsSync = true;
      if (!this.guard.isOpen) void this.#sync();
    }
    return reached;
  }

  async close(): Promise<void> {
    this.trustedUntil = Number.NEGATIVE_INFINITY;
    await this.#subscription.close();
  }

  async #announceNow(announcement: Announcement, change?: (store: CacheStore) => Promise<unknown>): Promise<boolean> {
    const position = await this.guard.run("announce", async (store) => {
      // The value comes first, so that a process that hears of it finds it.
      await change?.(store);
      return store.announce(this.#sender, announcement);
    });
    if (position === undefined) return false;
    const { marks } = this.#parts;
    marks.see(position);
    if (announcement.kind === "all") marks.invalidateAll(position);
    if (announcement.kind === "tags") for (const tag of announcement.names) marks.invalidate(tag, position);
    return true;
  }

  /** Compares the position of the store with what was heard. Returns `false` if the store has lost its state. */
  #observe(position: number | undefined): boolean {
    if (position === undefined) {
      this.#lose();
      return false;
    }
    this.#parts.marks.see(position);
    if (position === this.#known) this.#verify();
    else if (this.#known !== undefined && position > this.#known) {
      this.#expected ??= { position, at: this.#parts.time.now() };
      this.trustedUntil = Math.min(this.trustedUntil, this.#expected.at + DELIVERY);
    } else void this.#sync();
    return true;
  }

  #verify(): void {
    const now = this.#parts.time.now();
    this.#verifiedAt = now;
    if (this.#state === "synced" && this.#expected === undefined) this.trustedUntil = now + CHECK_EVERY;
  }

  #check(): void {
    if (this.#checking) return;
    this.#checking = true;
    const startedAt = this.#parts.clock.monotonic();
    void this.read([], startedAt).finally(() => {
      this.#checking = false;
    });
  }

  #hear(heard: HeardAnnouncement): void {
    const known = this.#known;
    if (this.#syncing !== undefined || known === undefined) {
      // Without the first ones, the last ones do not fit, and everything is dropped.
      if (this.#queued.length < MOST_QUEUED) this.#queued.push(heard);
    } else if (heard.position === heard.previous) {
      // A full store announces keys without a position of their own.
      this.#apply(heard);
    } else if (heard.position > known) {
      if (heard.previous === known) this.#advance(heard);
      else this.#lose();
    }
  }

  #advance(heard: HeardAnnouncement): void {
    this.#known = heard.position;
    this.#parts.marks.see(heard.position);
    this.#apply(heard);
    if (this.#expected !== undefined && heard.position >= this.#expected.position) this.#expected = undefined;
    this.#verify();
  }

  #apply({ kind, names, position, sender }: HeardAnnouncement): void {
    const { marks, owner } = this.#parts;
    if (kind === "tags") for (const tag of names) marks.invalidate(tag, position);
    if (kind === "all") marks.invalidateAll(position);
    if (sender === this.#sender) return;
    if (kind === "keys") owner.forget(names);
    owner.heard(kind);
  }

  #changed(active: boolean): void {
    this.#active = active;
    if (active) {
      this.#needsSync = true;
      void this.#sync();
    } else this.#distrust("unsynced");
  }

  /** Announcements were missed: what is in memory may be old. */
  #lose(): void {
    const { owner, name } = this.#parts;
    this.#expected = undefined;
    this.#distrust("unsynced");
    owner.drop();
    if (dropEvent.active) dropEvent.emit({ cache: name });
    void this.#sync();
  }

  #distrust(state: LinkState): void {
    this.trustedUntil = Number.NEGATIVE_INFINITY;
    this.#needsSync = true;
    if (this.#state === "synced") this.era++;
    this.#enter(state);
  }

  #enter(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    if (linkEvent.active) linkEvent.emit({ cache: this.#parts.name, state });
  }

  #sync(): Promise<boolean> {
    this.#syncing ??= this.#syncNow().finally(() => {
      this.#syncing = undefined;
      for (const heard of this.#queued.splice(0)) this.#hear(heard);
    });
    return this.#syncing;
  }

  async #syncNow(): Promise<boolean> {
    if (!(await this.#payOwed())) return false;
    const wasActive = this.#active;
    const sentAt = this.#parts.clock.monotonic();
    const state = await this.guard.attempt("sync", (store) => store.sync(this.#known ?? 0));
    if (state === undefined) return false;
    this.#adopt(state, (sentAt + this.#parts.clock.monotonic()) / 2);
    // What was changed while the state was on its way is owed as well.
    if (!this.#owed.isEmpty) return this.#syncNow();
    // What is announced before the subscription is confirmed is not heard.
    const isSynced = wasActive && this.#active;
    this.#needsSync = !isSynced && this.#active;
    this.#enter(isSynced ? "synced" : "unsynced");
    this.#verify();
    return true;
  }

  #adopt({ position, now, floor, tags }: StoreState, at: number): void {
    const { marks, owner } = this.#parts;
    this.#offset = now - at;
    marks.see(position);
    for (const [tag, marked] of tags) marks.invalidate(tag, marked);
    if (floor > marks.floor) marks.invalidateAll(floor);
    // Keys that were announced meanwhile are not in the state.
    if (this.#known !== position) owner.drop();
    this.#known = position;
    this.#expected = undefined;
  }

  /** Announces what could not be announced. The values go as well, because a write may not have reached the store. */
  async #payOwed(): Promise<boolean> {
    for (let owed = this.#owed.first(); owed !== undefined; owed = this.#owed.first()) {
      const announcement = owed;
      const paid = await this.guard.attempt("announce", async (store) => {
        if (announcement.kind === "keys") await store.remove(announcement.names);
        return store.announce(this.#sender, announcement);
      });
      if (paid === undefined) return false;
      this.#parts.marks.see(paid);
      this.#owed.paid(announcement);
    }
    return true;
  }
}
