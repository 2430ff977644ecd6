import { type Clock, startTimer, toMilliseconds } from "@seaworthy/core";
import { checkOptions, signalOption } from "@seaworthy/core/options";
import type { Entry } from "../entries.ts";
import { watchEvent } from "../telemetry.ts";
import type { WatchListener, WatchOptions } from "../vault.ts";
import { shown } from "./check.ts";
import { checkName } from "./entry-facts.ts";

interface Watch {
  readonly name: string;
  readonly listener: WatchListener;
  seen: string | undefined;
}

/** Compares an entry with what it was, every so often. Its timer never holds the process, and lives as long as a watch. */
export class Watcher {
  readonly #clock: Clock;
  /** Brings the vault up to date; rejects while it is locked. */
  readonly #refresh: () => Promise<void>;
  readonly #find: (name: string) => Entry | undefined;
  readonly #ends = new Set<() => void>();

  constructor(clock: Clock, refresh: () => Promise<void>, find: (name: string) => Entry | undefined) {
    this.#clock = clock;
    this.#refresh = refresh;
    this.#find = find;
  }

  watch(name: string, listener: WatchListener, options: WatchOptions = {}): () => void {
    checkName(name);
    checkOptions("watch", options, ["every", "signal"]);
    if (typeof listener !== "function") throw new TypeError(`listener must be a function; got ${shown(listener)}`);
    const every = toMilliseconds(options.every ?? "5s", "every");
    if (every < 10) throw new TypeError(`every must be at least 10 ms; got ${shown(options.every)}`);
    const signal = signalOption("signal", options.signal);
    const watch: Watch = { name, listener, seen: keyOf(this.#find(name)) };
    let cancel: () => void = () => undefined;
    let isEnded = false;
    const arm = (): void => {
      cancel = startTimer(this.#clock, every, () => {
        void this.#look(watch, () => isEnded).finally(() => {
          if (!isEnded) arm();
        });
      });
    };
    const end = (): void => {
      isEnded = true;
      cancel();
      this.#ends.delete(end);
      signal?.removeEventListener("abort", end);
    };
    if (signal?.aborted === true) return end;
    signal?.addEventListener("abort", end, { once: true });
    this.#ends.add(end);
    arm();
    return end;
  }

  /** Ends every watch. */
  close(): void {
    for (const end of [...this.#ends]) end();
  }

  async #look(watch: Watch, isEnded: () => boolean): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      if (watchEvent.active) watchEvent.emit({ reason: "store" }, undefined, { name: watch.name, error });
      return;
    }
    const entry = this.#find(watch.name);
    const key = keyOf(entry);
    if (key === watch.seen || isEnded()) return;
    watch.seen = key;
    try {
      await watch.listener(entry);
    } catch (error) {
      if (watchEvent.active) watchEvent.emit({ reason: "listener" }, undefined, { name: watch.name, error });
    }
  }
}

/** A removed entry begins at version 1 again, so its time of creation counts too. */
function keyOf(entry: Entry | undefined): string | undefined {
  return entry && `${entry.version} ${entry.createdAt}`;
}
