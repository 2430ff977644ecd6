import type { Destination } from "../destinations/destination.ts";
import { lineLostEvent, writeFailedEvent } from "../telemetry.ts";
import { readMember } from "./values.ts";

const MOST_WARNINGS = 20;

/** The state of one destination: what it has lost, why, and when it last took a line. */
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
  readonly #destination: Destination | undefined;
  readonly #warned = new Set<string>();

  constructor(kind: string, destination?: Destination) {
    this.kind = kind;
    this.#destination = destination;
  }

  /** Why lines are not accepted now; `undefined` if they are. */
  get failure(): string | undefined {
    if (this.#threw || this.#failed) return this.lastError;
    try {
      const health = this.#destination?.health?.();
      return health?.status === "degraded" ? toReason(health.reason) : undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** How many bytes wait in memory to be written. */
  get waitingBytes(): number {
    try {
      const waiting = this.#destination?.waitingBytes ?? 0;
      return Number.isFinite(waiting) && waiting > 0 ? waiting : 0;
    } catch {
      return 0; // a getter of the host threw
    }
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
    if (lineLostEvent.active) lineLostEvent.emit({ destination: this.kind, reason }, lines);
    const what = lines === 1 ? "A log line" : `${lines} log lines`;
    this.#warn("LOGGER_LINE_LOST", reason, `${what} could not be written (${this.kind}: ${reason}).`);
  }

  /** A write failed, and its line waits. */
  failed(reason: string): void {
    this.#failed = true;
    this.lastError = reason;
    if (writeFailedEvent.active) writeFailedEvent.emit({ destination: this.kind, reason });
    const text = `Log lines cannot be written at present (${this.kind}: ${reason}).`;
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
      // Warnings are turned into errors (--throw-deprecation and the like); a log call must not throw.
    }
  }
}

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
const WORD = /^[A-Za-z][\w.-]{0,63}$/;

/** The code of an error, if it is fit for a label. Never throws. */
export function reasonOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? readMember(error, "code") : undefined;
  return typeof code === "string" && CODE.test(code) ? code : "error";
}

/** What a destination gives as a reason, if it is fit for a label. */
export function toReason(reason: unknown): string {
  return typeof reason === "string" && WORD.test(reason) ? reason : "error";
}
