import type { Target } from "../destinations/destination.ts";
import { lineLost, writeFailed } from "../telemetry.ts";

const MOST_WARNINGS = 20;

/** How one output is: what it has lost, why, and since when nothing was written. */
export class OutputStatus {
  readonly kind: string;
  /** Whether the time of each write is kept; only a logger whose health is asked for pays for it. */
  isWatched = false;
  lostLines = 0;
  /** Epoch milliseconds. */
  wroteAt: number | undefined;
  lastError: string | undefined;
  #threw = false;
  #failed = false;
  readonly #target: Target | undefined;
  readonly #warned = new Set<string>();

  constructor(kind: string, target?: Target) {
    this.kind = kind;
    this.#target = target;
  }

  /** Whether the last write failed. */
  get isFailing(): boolean {
    return this.#threw || this.#failed;
  }

  /** How much waits in memory to be written. */
  get waitingBytes(): number {
    const { destination, stream } = this.#target ?? {};
    const waiting = destination?.waitingBytes ?? (stream as { writableLength?: unknown } | undefined)?.writableLength;
    return typeof waiting === "number" ? waiting : 0;
  }

  /** A line was handed over. */
  wrote(): void {
    // A reader that has gone does not come back; later lines are dropped without another attempt.
    if (this.#threw && this.lastError === "EPIPE") return;
    this.#threw = false;
    if (!this.#failed) this.wroteAt = Date.now();
  }

  /** A write threw, or its stream emitted an error: the line is lost. */
  threw(reason: string): void {
    this.#threw = true;
    this.isWatched = true;
    this.lost(reason);
  }

  /** Lines are lost for good: an event each time, and the first time of each reason a warning as well. */
  lost(reason: string, lines = 1): void {
    this.lostLines += lines;
    this.lastError = reason;
    if (lineLost.active) lineLost.emit({ destination: this.kind, reason }, lines);
    const what = lines === 1 ? "A log line" : `${lines} log lines`;
    this.#warn("LOGGER_LINE_LOST", reason, `${what} could not be written (${this.kind}: ${reason}).`);
  }

  /** A write failed, and its line waits. */
  failed(reason: string): void {
    this.#failed = true;
    this.lastError = reason;
    if (writeFailed.active) writeFailed.emit({ destination: this.kind, reason });
    const text = `Log lines cannot be written (${this.kind}: ${reason}); they wait in memory, within a limit.`;
    this.#warn("LOGGER_WRITE_FAILED", reason, text);
  }

  recovered(): void {
    this.#failed = false;
  }

  #warn(code: string, reason: string, text: string): void {
    const key = `${code}:${reason}`;
    if (this.#warned.has(key) || this.#warned.size > MOST_WARNINGS) return;
    this.#warned.add(key);
    try {
      process.emitWarning(`${text} Later failures of this kind are counted as events only.`, { code });
    } catch {
      // Nobody is left to be told.
    }
  }
}

/** A word for what went wrong, fit for a label. */
export function reasonOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : "error";
}
