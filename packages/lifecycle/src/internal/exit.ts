import { startTimer } from "@seaworthy/core";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { Notice, StopReport } from "../options.ts";
import { leftoverEvent } from "../telemetry.ts";
import { describeCut, shownTime } from "./describe-cut.ts";
import { writeNotice } from "./notice.ts";
import { activeHandles, releaseParent } from "./process.ts";
import type { ExitSettings } from "./settings.ts";

/** Milliseconds that buffered lines have to be written out. */
const FLUSH = 1000;
/** Most milliseconds that a process has to end by itself once everything is closed. */
const LINGER = 500;

/** How many cuts a notice names. The report has all of them. */
const NAMED_CUTS = 20;

/** Ends the process, and writes its notices. */
export class Exit {
  /** Removes the listeners from the process. */
  unlisten: () => void = () => undefined;
  readonly #settings: ExitSettings;
  #demanded = false;
  #lingering = false;
  #left = false;

  constructor(settings: ExitSettings) {
    this.#settings = settings;
  }

  /** From now on, the process ends when the shutdown does. */
  demand(): void {
    this.#demanded = true;
  }

  /** An error occurred after the shutdown was over: the process must not end with code 0. */
  failed(): void {
    if (this.#lingering) process.exitCode = 1;
  }

  /** Passes a notice to the host. Never throws. */
  say(level: Notice["level"], message: string, details: Notice["details"]): void {
    const notice = { level, message, details };
    const fallBack = (): void => writeNotice(notice);
    try {
      Promise.resolve(this.#settings.report(notice)).catch(fallBack);
    } catch {
      fallBack();
    }
  }

  /** Writes a notice about what was cut, if anything was. */
  reportCut({ reason, duration, cut, handles }: StopReport): void {
    if (cut.length === 0) return;
    const named = cut.slice(0, NAMED_CUTS).map(describeCut);
    if (cut.length > NAMED_CUTS) named.push(`and ${cut.length - NAMED_CUTS} more`);
    const held = handles.length === 0 ? "" : `; event loop held by ${handles.join(", ")}`;
    const message = `stopped (${reason}) after ${shownTime(duration)} with exit code 1: ${named.join("; ")}${held}`;
    this.say("error", message, { reason, duration, cut, handles });
  }

  /** Ends the process at once, with code 1. */
  now(): void {
    const report: StopReport = { reason: "second signal", code: 1, duration: 0, cut: [], handles: activeHandles() };
    void this.#flush();
    this.#leave(report);
  }

  /**
   * Ends the process after a shutdown, if that is wanted. If all went well, the process may end by itself first, unless
   * the program still waits for the start and would go on after it.
   *
   * @param end - when the deadline of the shutdown is over, by the monotonic clock. @default never
   */
  async after(report: StopReport, starting: boolean, end: number = Number.POSITIVE_INFINITY): Promise<void> {
    const { clock } = this.#settings;
    await waitAtMost(this.#flush(), { limit: FLUSH, onLimit: () => undefined, clock, keepAlive: true });
    if (this.#left) return;
    const { exit } = this.#settings;
    if (exit === true && !this.#demanded) {
      if (report.code !== 0) process.exitCode = report.code;
      return this.unlisten();
    }
    if (exit === true && report.code === 0 && !starting)
      this.#linger(Math.max(0, Math.min(LINGER, end - clock.monotonic())));
    else this.#leave(report);
  }

  async #flush(): Promise<void> {
    try {
      await this.#settings.flush();
    } catch (error) {
      this.say("warn", "flush() failed, so buffered lines may be lost", { error });
    }
  }

  #leave(report: StopReport): void {
    if (this.#left) return;
    this.#left = true;
    this.unlisten();
    const { exit } = this.#settings;
    if (typeof exit === "function") exit(report.code, report);
    else if (exit) process.exit(report.code);
  }

  /** Lets the process end by itself. A handle that keeps it alive is named. */
  #linger(limit: number): void {
    // An exit code that the host has set is kept, because it says more.
    this.#lingering = true;
    releaseParent();
    startTimer(this.#settings.clock, limit, () => {
      const handles = activeHandles();
      leftoverEvent.emit({}, undefined, { handles });
      const names = handles.join(", ") || "an unnamed handle";
      this.say("warn", `everything is closed, but ${names} kept the process alive; exiting`, { handles });
      process.exit();
    });
  }
}
