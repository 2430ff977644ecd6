import type { Destination } from "../destinations/destination.ts";
import { lineLostEvent, writeFailedEvent } from "../telemetry.ts";
import { readMember } from "./values.ts";

const MOST_WARNINGS = 20;

/** The state of one destination: what it has lost, why, and when it last took a line. */
export class OutputStatus {
  readonly kind: string;
  /** Whether the time of each write is recorded, which only a logger needs whose health is read. */
  isWatched = false;
  lostLines = 0;
  /** When a line was last written, in epoch milliseconds. */
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

  /** Records that the destination has accepted a line. */
  wrote(): void {
    // The reader of standard output does not come back. Later lines are dropped without another attempt.
    if (this.#threw && this.lastError === "EPIPE") return;
    this.#threw = false;
    if (!this.#failed) this.wroteAt = Date.now();
  }

  /** Records that a write failed, and that its line is lost. */
  threw(reason: string): void {
    this.#threw = true;
    this.isWatched = true;
    this.lost(reason);
  }

  /** Records that lines are lost: as an event, and the first time per reason as a warning. */
  lost(reason: string, lines = 1): void {
    this.lostLines += lines;
    this.lastError = reason;
    if (lineLostEvent.active) lineLostEvent.emit({ destination: this.kind, reason }, lines);
    const what = lines === 1 ? "A log line" : `${lines} log lines`;
    this.#warn("LOGGER_LINE_LOST", reason, `${what} could not be written (${this.kind}: ${reason}).`);
  }

  /** Records that a write failed, and that its line waits. */
  failed(reason: string): void {
    this.#failed = true;
    this.lastError = reason;
    if (writeFailedEvent.active) writeFailedEvent.emit({ destination: this.kind, reason });
    const text = `Log lines cannot be written at present (${this.kind}: ${reason}).`;
    this.#warn("LOGGER_WRITE_FAILED", reason, text);
  }

  /** Records that lines can be written again. */
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
      // A host may turn warnings into errors. A log call must not throw.
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
