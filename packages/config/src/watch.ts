import { type Duration, scrubSecrets, startTimer, systemClock, toMilliseconds } from "@seaworthy/core";
import { optionalFunction, showValue } from "@seaworthy/core/options";
import { type ConfigDifference, compareConfigs } from "./compare.ts";
import type { ConfigError } from "./errors.ts";
import { carryOut, configOf, type Outcome } from "./internal/carry-out.ts";
import { Following } from "./internal/following.ts";
import { checkLoadOptions } from "./internal/load-options.ts";
import type { SeenFiles } from "./internal/text-file.ts";
import type { OutputOf, Schema } from "./internal/zod.ts";
import type { Config, LoadConfigOptions } from "./load.ts";
import * as telemetry from "./telemetry.ts";

/** Options of {@link watchConfig}. */
export interface WatchConfigOptions extends LoadConfigOptions {
  /** How long nothing must change before the configuration is read again. @default "100ms" */
  debounce?: Duration | undefined;
  /** Longest time from a change until the configuration is read again, even if changes go on. @default "2s" */
  maxWait?: Duration | undefined;
  /**
   * How long a file that was read must be absent before its removal counts. Until then the old snapshot stays, since
   * many tools remove a file before they write it again. @default "1s"
   */
  removalDelay?: Duration | undefined;
  /** Called with each change that was refused; the old snapshot stays. @default none, beside the telemetry event */
  onRefused?: ((error: ConfigError) => void) | undefined;
  /** Ends the watching. */
  signal?: AbortSignal | undefined;
}

/** A configuration that follows its files. */
export interface ConfigWatcher<T> extends AsyncDisposable {
  /** The last valid snapshot. */
  readonly current: Config<T>;
  /** The number of the current snapshot, from 1. */
  readonly version: number;
  /** Calls a function with each new snapshot, and returns a function that ends that. */
  subscribe(onChange: OnConfigChange<T>): () => void;
  /** Reads the configuration again now. Resolves to `true` if it has changed and is valid. */
  reload(): Promise<boolean>;
  /** Ends the watching; no `onChange` follows. */
  close(): Promise<void>;
}

/** What is known of a change beside the new snapshot. */
export interface ConfigChange<T> {
  readonly previous: Config<T>;
  /** The values that differ. No secret is shown. */
  readonly differences: readonly ConfigDifference[];
  /** The number of the new snapshot. */
  readonly version: number;
}

/**
 * Called with each new snapshot. What it throws, or what its promise rejects with, becomes a process warning
 * `CONFIG_CHANGE_FAILED`; other subscribers are still called, and the new snapshot stays.
 */
export type OnConfigChange<T> = (config: Config<T>, change: ConfigChange<T>) => unknown;

/**
 * Loads a configuration and follows the files that it was read from, also where a directory on their path is replaced or
 * a symbolic link changes. Each change is read as a whole; an invalid one is refused, and the old snapshot stays. It
 * keeps neither the process alive nor, when idle, a timer.
 *
 * The environment is not followed; `reload()` reads it again.
 *
 * @param onChange - the first subscriber. @default none
 * @throws TypeError if an option or the schema is not what it must be
 * @throws ConfigError `CONFIG_INVALID` if the first load is refused
 */
export async function watchConfig<S extends Schema<object>>(
  schema: S,
  options: WatchConfigOptions,
  onChange?: OnConfigChange<OutputOf<S>>,
): Promise<ConfigWatcher<OutputOf<S>>> {
  checkLoadOptions("watchConfig", options, ["debounce", "maxWait", "removalDelay", "onRefused", "signal"]);
  optionalFunction("onChange", onChange);
  optionalFunction("onRefused", options.onRefused);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw new TypeError(`signal must be an AbortSignal; got ${showValue(options.signal)}`);
  const { debounce = "100ms", maxWait = "2s", removalDelay = "1s", onRefused, signal, ...load } = options;
  const settings: Settings = {
    load,
    debounce: toMilliseconds(debounce, "debounce"),
    maxWait: toMilliseconds(maxWait, "maxWait"),
    removalDelay: toMilliseconds(removalDelay, "removalDelay"),
    onRefused,
  };
  signal?.throwIfAborted();
  const read = (): Promise<Outcome> => carryOut(schema, load);
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

class Watcher<T> implements ConfigWatcher<T> {
  #current: Config<T>;
  #version = 1;
  /** The files that the current snapshot was read from. */
  #seen: SeenFiles;
  readonly #read: () => Promise<Outcome>;
  readonly #settings: Settings;
  readonly #subscribers = new Set<{ readonly onChange: OnConfigChange<T> }>();
  readonly #following: Following;
  readonly #end = new AbortController();
  #cancel: (() => void) | undefined;
  /** When the first change came that was not looked at yet. */
  #touchedAt: number | undefined;
  /** Since when a file has been absent. */
  #absentSince: number | undefined;
  #running: Promise<boolean> = Promise.resolve(false);

  constructor(first: Outcome, read: () => Promise<Outcome>, settings: Settings) {
    this.#current = configOf(first) as Config<T>;
    this.#seen = first.run.seen;
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
    if (typeof onChange !== "function") throw new TypeError(`onChange must be a function; got ${showValue(onChange)}`);
    const subscriber = { onChange };
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
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

  /** One reading after the other, so that an older one never replaces a newer one. */
  #next(asked: boolean): Promise<boolean> {
    this.#running = this.#running.then(
      () => this.#reload(asked),
      () => this.#reload(asked),
    );
    return this.#running;
  }

  #follow({ run }: Outcome): void {
    if (!this.ended.aborted && this.#following.update(run.seen, run.directories)) this.#touched();
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
    const config = outcome.config as Config<T>;
    const previous = this.#current;
    const differences = compareConfigs(previous as object, config as object);
    emit(
      differences.length > 0 ? "changed" : "unchanged",
      differences.map(({ path }) => path),
    );
    this.#seen = outcome.run.seen;
    if (differences.length === 0) return false;
    this.#current = config;
    this.#version++;
    const change = { previous, differences, version: this.#version };
    for (const { onChange } of [...this.#subscribers]) tell(onChange, config, change);
    return true;
  }

  /** Whether a file has just gone that may come back; if so, looks again later. */
  #awaits({ run }: Outcome): boolean {
    const isGone = [...this.#seen].some(([path, was]) => was !== "absent" && run.seen.get(path) === "absent");
    if (!isGone) {
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

function tell<T>(onChange: OnConfigChange<T>, config: Config<T>, change: ConfigChange<T>): void {
  const failed = (error: unknown): void => report("A subscriber to changes of the configuration failed", error);
  try {
    const result = onChange(config, change) as { then?: unknown } | null | undefined;
    if (typeof result?.then === "function") Promise.resolve(result).catch(failed);
  } catch (error) {
    failed(error);
  }
}

function emit(outcome: string, paths: readonly string[]): void {
  if (telemetry.reload.active) telemetry.reload.emit({ outcome }, undefined, { paths });
}

function report(what: string, error: unknown): void {
  const [reason, stack] = error instanceof Error ? [`${error.name}: ${error.message}`, error.stack] : [typeof error];
  process.emitWarning(`${what}: ${scrubSecrets(reason ?? "")}`, {
    type: "ConfigWarning",
    code: "CONFIG_CHANGE_FAILED",
    ...(stack === undefined ? undefined : { detail: scrubSecrets(stack) }),
  });
}
