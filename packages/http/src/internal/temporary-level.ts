import { type Clock, startTimer } from "@seaworthy/core";
import type { LoggerPort } from "../ports.ts";

/** What a change of the log level answers. */
export interface LevelState {
  readonly level: string;
  /** When the level goes back by itself, and to which one. */
  readonly until?: string;
  readonly returnsTo?: string;
}

/** Changes the level of a logger for a while. */
export class TemporaryLevel {
  readonly #logger: LoggerPort;
  readonly #clock: Clock;
  #change:
    | { readonly level: string; readonly before: string; readonly until: number; readonly cancel: () => void }
    | undefined;

  constructor(logger: LoggerPort, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  get state(): LevelState {
    const { level } = this.#logger;
    if (this.#change === undefined) return { level };
    return { level, until: new Date(this.#change.until).toISOString(), returnsTo: this.#change.before };
  }

  /** Sets a level that goes back to the one before the first change after `time` milliseconds. */
  set(level: string, time: number): LevelState {
    const before = this.#change?.before ?? this.#logger.level;
    this.#change?.cancel();
    this.#change = undefined;
    this.#logger.level = level;
    if (level !== before) {
      const cancel = startTimer(this.#clock, time, () => this.#goBack());
      this.#change = { level, before, until: this.#clock.now() + time, cancel };
    }
    return this.state;
  }

  #goBack(): void {
    const change = this.#change;
    this.#change = undefined;
    // A level that the service itself has set meanwhile is left alone.
    if (change !== undefined && this.#logger.level === change.level) this.#logger.level = change.before;
  }
}
