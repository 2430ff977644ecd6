import { type Duration, scrubSecrets, startTimer, systemClock, toMilliseconds } from "@seaworthy/core";
import { ListenerSet } from "@seaworthy/core/listeners";
import { withoutUndefined } from "@seaworthy/core/objects";
import { optionalFunction, requiredFunction, signalOption } from "@seaworthy/core/options";
import { type ConfigDifference, compareConfigs } from "./compare.ts";
import type { ConfigError } from "./errors.ts";
import { carryOut, configOf, type Outcome } from "./internal/carry-out.ts";
import type { Config } from "./internal/config-type.ts";
import { Following } from "./internal/following.ts";
import type { LoadConfigOptions } from "./internal/load-options.ts";
import { checkLoadOptions } from "./internal/load-options.ts";
import type { SeenFiles } from "./internal/text-file.ts";
import type { OutputOf, Schema } from "./internal/zod.ts";
import { reloadEvent } from "./telemetry.ts";

/** Options of {@link watchConfig}. */
export interface WatchConfigOptions extends LoadConfigOptions {
  /** How long the files must be unchanged before the configuration is read again. @default "100ms" */
  debounce?: Duration | undefined;
  /** The longest time from a change until the configuration is read again, even if changes continue. @default "2s" */
  maxWait?: Duration | undefined;
  /**
   * How long a file must be absent before its removal counts. Until then the old snapshot stays, because many tools
   * remove a file before they write it again. @default "1s"
   */
  removalDelay?: Duration | undefined;
  /** Called with the error of each refused change. The old snapshot stays. @default none; the telemetry event is emitted anyway */
  onRefused?: ((error: ConfigError) => void) | undefined;
  /** Ends the watch when it aborts. */
  signal?: AbortSignal | undefined;
}

/** A configuration that follows its files. */
export interface ConfigWatcher<T> extends AsyncDisposable {
  /** The last valid snapshot. */
  readonly current: Config<T>;
  /** The number of the current snapshot, from 1. */
  readonly version: number;
  /** Calls a function with each new snapshot. Returns a function that unsubscribes. */
  subscribe(onChange: OnConfigChange<T>): () => void;
  /** Reads the configuration again now. Resolves to `true` if it has changed and is valid. */
  reload(): Promise<boolean>;
  /** Ends the watch. `onChange` is not called any more. */
  close(): Promise<void>;
}

/** Describes a change. */
export interface ConfigChange<T> {
  readonly previous: Config<T>;
  /** The values that differ, without secrets. */
  readonly differences: readonly ConfigDifference[];
  /** The number of the new snapshot. */
  readonly version: number;
}

/**
 * Called with each new snapshot. If it throws or rejects, the error becomes a process warning `CONFIG_CHANGE_FAILED`, other
 * subscribers are still called, and the new snapshot stays.
 */
export type OnConfigChange<T> = (config: Config<T>, change: ConfigChange<T>) => unknown;

// Those that go beyond LoadConfigOptions.
const OPTIONS = ["debounce", "maxWait", "removalDelay", "onRefused", "signal"];

/**
 * Loads a configuration and watches the files that it was read from, also if a directory on their path is replaced or a
 * symbolic link changes. After a change, the whole configuration is read again. If it is invalid, it is refused and the
 * old snapshot stays. A watcher does not keep the process alive, and has no timer while it is idle.
 *
 * The environment is not watched; `reload()` reads it again.
 *
 * @param onChange - the first subscriber. @default none
 * @throws TypeError if an option or the schema is invalid
 * @throws ConfigError `CONFIG_INVALID` if the first load is refused
 */
export async function watchConfig<S extends Schema<object>>(
  schema: S,
  options: WatchConfigOptions,
  onChange?: OnConfigChange<OutputOf<S>>,
): Promise<ConfigWatcher<OutputOf<S>>> {
  checkLoadOptions("watchConfig", options, OPTIONS);
  optionalFunction("onChange", onChange);
  optionalFunction("onRefused", options.onRefused);
  signalOption("signal", options.signal);
  const { debounce = "100ms", maxWait = "2s", removalDelay = "1s", onRefused, signal, ...load } = options;
  const settings: Settings = {
    load,
    debounce: toMilliseconds(debounce, "debounce"),
    maxWait: toMilliseconds(maxWait, "maxWait"),
    removalDelay: toMilliseconds(removalDelay, "removalDelay"),
    onRefused,
  };
  signal?.throwIfAborted();
  const read = (): Promise<Outcome<Config<OutputOf<S>>>> => carryOut(schema, load);
  const watcher = new Watcher<OutputOf<S>>(await read(), read, settings);
  if (onChange !== undefined) watcher.subscribe(onChange);
  if (signal?.aborted === true) await watcher.close();
  signal?.addEventListener("abort", () => void watcher.close(), { once: true, signal: watcher.ended });
  return watcher;
}

interface Settings {
  readonly load: LoadConfigOptions;
  readonly debounce: number;
  readonly maxWait: number;
  readonly removalDelay: number;
  readonly onRefused: ((error: ConfigError) => void) | undefined;
}

const FAILED = "CONFIG_CHANGE_FAILED";

class Watcher<T> implements ConfigWatcher<T> {
  #current: Config<T>;
  #version = 1;
  /** The files that the current snapshot was read from. */
  #seen: SeenFiles;
  readonly #read: () => Promise<Outcome<Config<T>>>;
  readonly #settings: Settings;
  readonly #subscribers = new ListenerSet<{ config: Config<T>; change: ConfigChange<T> }>({
    owner: "watchConfig",
    code: FAILED,
    onFailure: (error) => report("A subscriber to changes of the configuration failed", error),
  });
  readonly #following: Following;
  readonly #end = new AbortController();
  #cancel: (() => void) | undefined;
  /** The time of the first change since the configuration was last read. */
  #touchedAt: number | undefined;
  /** The time at which a file was first found to be absent. */
  #absentSince: number | undefined;
  #running: Promise<boolean> = Promise.resolve(false);

  constructor(first: Outcome<Config<T>>, read: () => Promise<Outcome<Config<T>>>, settings: Settings) {
    this.#current = configOf(first);
    this.#seen = first.state.visited.files;
    this.#read = read;
    this.#settings = settings;
    this.#following = new Following(() => this.#touched());
    this.#follow(first);
  }

  get current(): Config<T> {
    return this.#current;
  }

  get version(): number {
    return this.#version;
  }

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  subscribe(onChange: OnConfigChange<T>): () => void {
    requiredFunction("onChange", onChange);
    return this.#subscribers.add(({ config, change }) => onChange(config, change));
  }

  reload(): Promise<boolean> {
    return this.#next(true);
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#cancel?.();
    this.#following.close();
    await this.#running.catch(() => false);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Reads one after the other, so that an older result never replaces a newer one. */
  #next(asked: boolean): Promise<boolean> {
    this.#running = this.#running.then(
      () => this.#reload(asked),
      () => this.#reload(asked),
    );
    return this.#running;
  }

  #follow({ state }: Outcome<Config<T>>): void {
    if (!this.ended.aborted && this.#following.update(state.visited.files, state.visited.directories)) this.#touched();
  }

  #now(): number {
    return (this.#settings.load.clock ?? systemClock).monotonic();
  }

  #touched(): void {
    const { debounce, maxWait } = this.#settings;
    this.#touchedAt ??= this.#now();
    this.#schedule(Math.min(debounce, Math.max(0, this.#touchedAt + maxWait - this.#now())));
  }

  #schedule(delay: number): void {
    this.#cancel?.();
    if (this.ended.aborted) return;
    this.#cancel = startTimer(this.#settings.load.clock ?? systemClock, delay, () => {
      this.#cancel = undefined;
      this.#touchedAt = undefined;
      this.#next(false).catch((error) => report("A change of the configuration could not be read", error));
    });
  }

  async #reload(asked: boolean): Promise<boolean> {
    if (this.ended.aborted) return false;
    const outcome = await this.#read();
    if (this.ended.aborted) return false;
    this.#follow(outcome);
    if (!asked && this.#awaits(outcome)) return false;
    const { onRefused } = this.#settings;
    if (outcome.error !== undefined) {
      const { issues } = outcome.error;
      emit(
        "refused",
        issues.map(({ path }) => path),
      );
      onRefused?.(outcome.error);
      return false;
    }
    const { config } = outcome;
    const previous = this.#current;
    const differences = compareConfigs(Object(previous), Object(config));
    emit(
      differences.length > 0 ? "changed" : "unchanged",
      differences.map(({ path }) => path),
    );
    this.#seen = outcome.state.visited.files;
    if (differences.length === 0) return false;
    this.#current = config;
    this.#version++;
    this.#subscribers.notify({ config, change: { previous, differences, version: this.#version } });
    return true;
  }

  /** Returns whether a file has just disappeared that may come back, and reads again later if so. */
  #awaits({ state }: Outcome<Config<T>>): boolean {
    const isMissing = [...this.#seen].some(
      ([path, was]) => was !== "absent" && state.visited.files.get(path) === "absent",
    );
    if (!isMissing) {
      this.#absentSince = undefined;
      return false;
    }
    this.#absentSince ??= this.#now();
    const left = this.#absentSince + this.#settings.removalDelay - this.#now();
    if (left <= 0) {
      this.#absentSince = undefined;
      return false;
    }
    this.#schedule(left);
    return true;
  }
}

function emit(outcome: string, paths: readonly string[]): void {
  if (reloadEvent.active) reloadEvent.emit({ outcome }, undefined, { paths });
}

function report(what: string, error: unknown): void {
  const isError = error instanceof Error;
  const reason = isError ? `${error.name}: ${error.message}` : typeof error;
  const detail = isError && error.stack !== undefined ? scrubSecrets(error.stack) : undefined;
  const options = withoutUndefined({ type: "ConfigWarning", code: FAILED, detail });
  process.emitWarning(`${what}: ${scrubSecrets(reason)}`, options);
}
