import type { FSWatcher } from "node:fs";
import { type Duration, startTimer, systemClock, toMilliseconds } from "@seaworthy/core";
import { optionalFunction, showValue } from "@seaworthy/core/options";
import { type ConfigDifference, compareConfigs } from "./compare.ts";
import { type ConfigError, isConfigError } from "./errors.ts";
import { checkLoadOptions } from "./internal/load-options.ts";
import { watch } from "./internal/node-builtins.ts";
import { provenanceOf } from "./internal/provenance.ts";
import type { OutputOf, Schema } from "./internal/zod.ts";
import { type Config, type LoadConfigOptions, loadConfig } from "./load.ts";
import * as telemetry from "./telemetry.ts";

/** Options of {@link watchConfig}. */
export interface WatchConfigOptions extends LoadConfigOptions {
  /** How long nothing must change before the configuration is read again. @default "100ms" */
  debounce?: Duration | undefined;
  /** Told of each change that was refused; the old snapshot stays. @default nobody, beside the telemetry event */
  onRefused?: ((error: ConfigError) => void) | undefined;
  /** Ends the watching. */
  signal?: AbortSignal | undefined;
}

/** A configuration that follows its files. */
export interface ConfigWatcher<T> extends AsyncDisposable {
  /** The last valid snapshot. */
  readonly current: Config<T>;
  /** Reads the configuration again now: true when it changed and was valid. */
  reload(): Promise<boolean>;
  /** Ends the watching; no `onChange` follows. */
  close(): Promise<void>;
}

/** Told of each new snapshot, with the one before and the difference, in which no secret is shown. */
export type OnConfigChange<T> = (
  config: Config<T>,
  change: { readonly previous: Config<T>; readonly differences: readonly ConfigDifference[] },
) => void;

/**
 * Loads a configuration and follows the directories that it was read from. Each change is read as a whole; an invalid
 * one is refused, and the old snapshot stays. It holds neither the process nor, when idle, a timer.
 *
 * A directory that is not there at the start is not followed; nor is the environment. `reload()` reads both.
 *
 * @throws TypeError when an option or the schema is not what it must be
 * @throws ConfigError `CONFIG_INVALID` when the first load is refused
 */
export async function watchConfig<S extends Schema>(
  schema: S,
  options: WatchConfigOptions,
  onChange: OnConfigChange<OutputOf<S>>,
): Promise<ConfigWatcher<OutputOf<S>>> {
  checkLoadOptions("watchConfig", options, ["debounce", "onRefused", "signal"]);
  if (typeof onChange !== "function") throw new TypeError(`onChange must be a function; got ${showValue(onChange)}`);
  optionalFunction("onRefused", options.onRefused);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw new TypeError(`signal must be an AbortSignal; got ${showValue(options.signal)}`);
  const debounce = toMilliseconds(options.debounce ?? "100ms", "debounce");
  const { debounce: _, onRefused, signal, ...load } = options;
  signal?.throwIfAborted();
  const first = await loadConfig(schema, load);
  const watcher = new Watcher<OutputOf<S>>(first, () => loadConfig(schema, load), {
    load,
    debounce,
    onRefused,
    onChange,
  });
  watcher.follow(first);
  if (signal?.aborted === true) await watcher.close();
  signal?.addEventListener("abort", () => void watcher.close(), { once: true, signal: watcher.ended });
  return watcher;
}

interface Settings<T> {
  readonly load: LoadConfigOptions;
  readonly debounce: number;
  readonly onRefused: ((error: ConfigError) => void) | undefined;
  readonly onChange: OnConfigChange<T>;
}

class Watcher<T> implements ConfigWatcher<T> {
  #current: Config<T>;
  readonly #read: () => Promise<Config<T>>;
  readonly #settings: Settings<T>;
  readonly #followed = new Map<string, FSWatcher>();
  readonly #end = new AbortController();
  #cancel: (() => void) | undefined;
  #running: Promise<boolean> = Promise.resolve(false);

  constructor(first: Config<T>, read: () => Promise<Config<T>>, settings: Settings<T>) {
    this.#current = first;
    this.#read = read;
    this.#settings = settings;
  }

  get current(): Config<T> {
    return this.#current;
  }

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  reload(): Promise<boolean> {
    // One after the other, so that an older reading never replaces a newer one.
    this.#running = this.#running.then(
      () => this.#reload(),
      () => this.#reload(),
    );
    return this.#running;
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#cancel?.();
    for (const watcher of this.#followed.values()) watcher.close();
    this.#followed.clear();
    await this.#running.catch(() => false);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Follows the directories that a snapshot was read from. */
  follow(config: Config<T>): void {
    for (const place of provenanceOf(config).run.places) {
      if (this.#followed.has(place) || this.ended.aborted) continue;
      try {
        const watcher = watch(place, { persistent: false }, () => this.#touched());
        watcher.on("error", () => this.#forget(place));
        this.#followed.set(place, watcher);
      } catch {
        // The directory is not there, or the system has no watchers left; `reload()` still works.
      }
    }
  }

  #forget(place: string): void {
    this.#followed.get(place)?.close();
    this.#followed.delete(place);
  }

  #touched(): void {
    this.#cancel?.();
    if (this.ended.aborted) return;
    const clock = this.#settings.load.clock ?? systemClock;
    this.#cancel = startTimer(clock, this.#settings.debounce, () => {
      this.#cancel = undefined;
      this.reload().catch(report);
    });
  }

  async #reload(): Promise<boolean> {
    if (this.ended.aborted) return false;
    const { onRefused, onChange } = this.#settings;
    let next: Config<T>;
    try {
      next = await this.#read();
    } catch (error) {
      if (!isConfigError(error)) throw error;
      emit(
        "refused",
        error.issues.map((issue) => issue.path),
      );
      if (!this.ended.aborted) onRefused?.(error);
      return false;
    }
    if (this.ended.aborted) return false;
    this.follow(next);
    const previous = this.#current;
    const differences = compareConfigs(previous as object, next as object);
    emit(
      differences.length > 0 ? "changed" : "unchanged",
      differences.map(({ path }) => path),
    );
    if (differences.length === 0) return false;
    this.#current = next;
    onChange(next, { previous, differences });
    return true;
  }
}

function emit(outcome: string, paths: readonly string[]): void {
  if (telemetry.reload.active) telemetry.reload.emit({ outcome }, undefined, { paths });
}

// What fails after a change of a file has nobody else to be told to.
function report(error: unknown): void {
  const kind = error instanceof Error ? error.name : typeof error;
  process.emitWarning(`A change of the configuration could not be handled: ${kind} was thrown.`, {
    type: "ConfigWarning",
    code: "CONFIG_CHANGE_FAILED",
  });
}
