import type { LimitAnswer, LimitCall, LimitWindow, WindowUsage } from "../stores/store.ts";
import { UsageLog } from "./usage-log.ts";

// A thousandth of a millisecond: sums of fractions may be off by less.
const EPSILON = 0.001;
/** Penalties beyond a limit are entries too; this many more than the limit are kept apart. */
const SPARE_ENTRIES = 16;

/** About 31 years. The script for Redis has the same bound, beyond which its integers are not exact. */
const LONGEST_DRAIN = 1e12;

type Usage = { -readonly [K in keyof WindowUsage]: WindowUsage[K] };

/** The counts of one key in this process. All moments are milliseconds of a monotonic clock. */
export class KeyState {
  #log: UsageLog | undefined;
  /** When the usage of each drained window is over, by the length of the window. */
  #drained: Map<number, number> | undefined;
  #blockedUntil = 0;
  /** When nothing of it counts any more. */
  expiresAt = 0;

  /** Does what a call says. */
  apply({ windows, action, amount, owed = 0 }: LimitCall, now: number): LimitAnswer {
    if (action === "reset") this.#reset();
    if (owed !== 0) this.#change(windows, owed, now);
    if (action === "add") this.#change(windows, amount, now);
    if (action === "block") this.#block(amount, now);
    const asked = action === "consume" || action === "peek" ? amount : 1;
    this.#log?.trim(now - longestLog(windows));
    const blockedFor = Math.max(0, this.#blockedUntil - now);
    let allowed = blockedFor === 0;
    const usage = windows.map((window) => {
      const found = this.#usage(window, asked, now);
      if (found.retryAfter !== 0) allowed = false;
      return found;
    });
    if (action === "consume" && allowed) this.#consume(windows, amount, now, usage);
    return { allowed, blockedFor, windows: usage, generation: 0 };
  }

  /** Takes what all windows have room for, and writes what follows from it into their usage. */
  #consume(windows: readonly LimitWindow[], amount: number, now: number, usage: readonly Usage[]): void {
    this.#change(windows, amount, now);
    for (let i = 0; i < windows.length; i++) {
      const { algorithm, window, limit } = windows[i] as LimitWindow;
      const found = usage[i] as Usage;
      if (algorithm === "log") {
        found.used += amount;
        found.resetAfter = window - (now - (this.#log?.newest ?? now));
      } else {
        found.resetAfter = this.#drainsFor(window, now);
        found.used = drained(found.resetAfter, window / limit);
      }
    }
  }

  /** Makes the counts equal to what another store answered. Costs of other processes get the time of the newest one. */
  adopt(windows: readonly LimitWindow[], answer: LimitAnswer, now: number): void {
    let shorter = 0;
    for (const [index, window] of windows.entries()) {
      const { used, resetAfter } = answer.windows[index] as WindowUsage;
      if (window.algorithm === "gcra") this.#drain(window.window, now + resetAfter);
      else shorter = this.#adoptLog(window.window, { used, resetAfter, shorter }, now);
    }
    this.#blockedUntil = answer.blockedFor > 0 ? now + answer.blockedFor : 0;
    this.#live(this.#blockedUntil);
  }

  /** @returns the length of the window, to which the next longer one adds */
  #adoptLog(length: number, answered: { used: number; resetAfter: number; shorter: number }, now: number): number {
    this.#log ??= new UsageLog();
    const missing = answered.used - this.#log.used(now - length);
    // What the shorter window does not have is older than it.
    const latest = answered.shorter === 0 ? now : now - answered.shorter;
    const time = Math.min(latest, now - length + answered.resetAfter);
    if (missing > 0) this.#log.insert(time, missing);
    if (missing < 0) this.#log.giveBack(-missing, latest);
    this.#live(time + length);
    return length;
  }

  #reset(): void {
    this.#log = undefined;
    this.#drained = undefined;
    this.#blockedUntil = 0;
  }

  #block(duration: number, now: number): void {
    this.#blockedUntil = duration === 0 ? 0 : Math.max(this.#blockedUntil, now + duration);
    this.#live(this.#blockedUntil);
  }

  #change(windows: readonly LimitWindow[], amount: number, now: number): void {
    let longest = 0;
    let largest = 0;
    for (const window of windows) {
      if (window.algorithm === "log") {
        longest = Math.max(longest, window.window);
        largest = Math.max(largest, window.limit);
      } else {
        const before = Math.max(now, this.#drained?.get(window.window) ?? 0);
        const until = before + (amount * window.window) / window.limit;
        this.#drain(window.window, Math.min(now + LONGEST_DRAIN, Math.max(now, until)));
      }
    }
    if (longest === 0) return;
    this.#log ??= new UsageLog();
    this.#log.trim(now - longest);
    if (amount > 0) this.#log.add(now, amount, largest + SPARE_ENTRIES);
    else this.#log.giveBack(-amount);
    this.#live(now + longest);
  }

  #drain(length: number, until: number): void {
    this.#drained ??= new Map();
    this.#drained.set(length, until);
    this.#live(until);
  }

  #live(until: number): void {
    if (until > this.expiresAt) this.expiresAt = until;
  }

  #usage(window: LimitWindow, asked: number, now: number): Usage {
    return window.algorithm === "log" ? this.#logged(window, asked, now) : this.#drainedUsage(window, asked, now);
  }

  #logged({ limit, window }: LimitWindow, asked: number, now: number): Usage {
    const log = this.#log;
    const newest = log?.newest;
    if (log === undefined || newest === undefined)
      return { used: 0, resetAfter: 0, retryAfter: asked > limit ? Number.POSITIVE_INFINITY : 0 };
    const first = log.after(now - window);
    const used = log.usedFrom(first);
    // In this order, a call of this moment gives the window without an error of rounding.
    const resetAfter = used > 0 ? window - (now - newest) : 0;
    const excess = used + asked - limit;
    if (asked > limit) return { used, resetAfter, retryAfter: Number.POSITIVE_INFINITY };
    if (excess <= 0) return { used, resetAfter, retryAfter: 0 };
    return { used, resetAfter, retryAfter: window - (now - log.timeOf(first, excess)) };
  }

  #drainedUsage({ limit, window, burst }: LimitWindow, asked: number, now: number): Usage {
    const interval = window / limit;
    const resetAfter = this.#drainsFor(window, now);
    const used = drained(resetAfter, interval);
    const wait = resetAfter + (asked - burst) * interval;
    if (asked > burst) return { used, resetAfter, retryAfter: Number.POSITIVE_INFINITY };
    return { used, resetAfter, retryAfter: wait > EPSILON ? wait : 0 };
  }

  /** Milliseconds until the usage of a drained window is over. */
  #drainsFor(window: number, now: number): number {
    return Math.max(0, (this.#drained?.get(window) ?? 0) - now);
  }
}

const drained = (resetAfter: number, interval: number): number =>
  Math.max(0, Math.ceil((resetAfter - EPSILON) / interval));

function longestLog(windows: readonly LimitWindow[]): number {
  let longest = 0;
  for (const { algorithm, window } of windows) if (algorithm === "log" && window > longest) longest = window;
  return longest;
}
