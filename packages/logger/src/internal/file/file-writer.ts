import { type Clock, systemClock } from "@seaworthy/core";
import type { DestinationSetting } from "../../destinations/destination.ts";
import { errors } from "../../errors.ts";
import { rotatedEvent } from "../../telemetry.ts";
import { beforeExit } from "../before-exit.ts";
import { reasonOf } from "../output-status.ts";
import { Archive } from "./archive.ts";
import { Compressor } from "./compressor.ts";
import type { FileSystem } from "./file-system.ts";
import { LogFile } from "./log-file.ts";
import { type Keep, renameQuietly, sweep, unlinkQuietly } from "./retention.ts";
import { WaitingLines } from "./waiting-lines.ts";

/** Options of {@link FileWriter}. Sizes and times without a limit are infinite. */
export interface FileWriterOptions {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly every: number;
  readonly keep: Keep;
  readonly compress: boolean;
  readonly fs: FileSystem;
}

// How often, while lines are written, the path is checked, and a file or rotation that failed is tried again.
const LOOK_AGAIN = 1000;
const SWEEP_AGAIN = 60_000;
// Another process that writes to the same path checks it within LOOK_AGAIN of writing, and opens the new file then. The file
// must not be compressed earlier, or the lines that this process writes until then would be lost.
const SETTLED_AFTER = 3 * LOOK_AGAIN;
const ABANDONED_AFTER = 60_000;

/** Appends lines to a file, rotates it, and keeps lines that cannot be written for later. Writing and rotating never throw. */
export class FileWriter {
  readonly #options: FileWriterOptions;
  readonly #archive: Archive;
  readonly #compressor: Compressor;
  readonly #waiting: WaitingLines = new WaitingLines();
  #clock: Clock = systemClock;
  #setting: DestinationSetting | undefined;
  #file: LogFile | undefined;
  #period = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #rotateAfter = Number.NEGATIVE_INFINITY;
  #retryAfter = Number.NEGATIVE_INFINITY;
  #reason = "error";
  /** Whether another process has written to this path, or has moved the file. */
  #isShared = false;
  /** Whether the last write failed, and whether that was reported. */
  #failing: "no" | "yes" | "reported" = "no";

  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.#archive = new Archive(options.path, options.fs);
    this.#compressor = new Compressor(options.mode, () => this.#sweep());
  }

  /** Opens the file. @throws LOGGER_FILE_UNUSABLE if that fails */
  open(setting: DestinationSetting): void {
    this.#clock = setting.clock;
    this.#setting = setting;
    if (this.#file !== undefined) return;
    try {
      this.#attach();
    } catch (error) {
      throw errors.LOGGER_FILE_UNUSABLE({ path: this.#options.path, reason: reasonOf(error) }, { cause: error });
    }
    // The first line may be written much later, so that the path is checked before it.
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    this.#finishEarlier();
  }

  write(line: string, clock: Clock): void {
    if (this.#file === undefined && this.#lookedAt === Number.NEGATIVE_INFINITY) this.#clock = clock;
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt >= LOOK_AGAIN) this.#look(now);
    const bytes = Buffer.byteLength(line);
    if (!this.#ready(now)) {
      this.#wait(line, bytes);
      return;
    }
    this.#rotateIfDue(bytes, now);
    try {
      this.#file?.append(line, bytes);
      if (this.#failing !== "no") this.#recover();
    } catch (error) {
      this.#fail(error, now);
      this.#wait(line, bytes);
    }
  }

  get waitingBytes(): number {
    return this.#waiting.bytes;
  }

  rotate(): void {
    this.#rotate(this.#clock.monotonic());
  }

  reopen(): void {
    try {
      const old = this.#file;
      this.#attach();
      old?.close();
    } catch (error) {
      this.#fail(error, this.#clock.monotonic());
    }
  }

  async flush(): Promise<void> {
    this.#retryAfter = Number.NEGATIVE_INFINITY;
    if (this.#waiting.count > 0) this.#ready(this.#clock.monotonic());
    try {
      if (this.#file?.regular) this.#file.sync();
    } catch (error) {
      this.#fail(error, this.#clock.monotonic());
    }
    this.#reportFailure();
    await this.#compressor.idle();
  }

  async close(): Promise<void> {
    await this.flush();
    this.#abandon();
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }

  /** Whether the next line can be written: the file is open, and no earlier line waits. */
  #ready(now: number): boolean {
    if (this.#file !== undefined && this.#waiting.count === 0) return true;
    if (now < this.#retryAfter) return false;
    try {
      if (this.#file === undefined) this.#attach();
      this.#waiting.writeTo(this.#file as LogFile, this.#clock, this.#reason);
      this.#recover();
      return true;
    } catch (error) {
      this.#fail(error, now);
      return false;
    }
  }

  #attach(): void {
    const { path, mode, fs } = this.#options;
    const file = new LogFile(path, mode, fs);
    this.#file = file;
    this.#period = this.#periodOf(file.size > 0 ? file.changedAt : this.#clock.now());
    this.#lookedAt = this.#clock.monotonic();
  }

  #periodOf(time: number): number {
    return Math.floor(time / this.#options.every);
  }

  #wait(line: string, bytes: number): void {
    const fits = this.#waiting.add(line, bytes);
    if (fits) beforeExit.add(this.#atExit);
    // After the line was added: the report may itself be logged to this file, and must be behind the line.
    this.#reportFailure();
    if (!fits) this.#setting?.onLost(this.#reason);
  }

  #fail(error: unknown, now: number): void {
    this.#reason = reasonOf(error);
    this.#retryAfter = now + LOOK_AGAIN;
    if (this.#failing === "no") this.#failing = "yes";
  }

  #reportFailure(): void {
    if (this.#failing !== "yes") return;
    this.#failing = "reported";
    this.#setting?.onFailed(this.#reason);
  }

  #recover(): void {
    beforeExit.delete(this.#atExit);
    if (this.#failing === "no") return;
    this.#failing = "no";
    this.#setting?.onRecovered();
  }

  /** Gives up the lines that still wait, and reports their number. */
  #abandon(): void {
    beforeExit.delete(this.#atExit);
    const lines = this.#waiting.abandon();
    if (lines > 0) this.#setting?.onLost(this.#reason, lines);
  }

  readonly #atExit = (): void => {
    this.#retryAfter = Number.NEGATIVE_INFINITY;
    if (this.#ready(this.#clock.monotonic())) return;
    this.#abandon();
  };

  // Another program, such as logrotate, may have moved or deleted the file. There is no other way to notice that.
  #look(now: number): void {
    this.#lookedAt = now;
    if (now - this.#sweptAt >= SWEEP_AGAIN) this.#sweep();
    const file = this.#file;
    if (file === undefined || !file.isElsewhere(this.#options.path)) return;
    this.#isShared = true;
    try {
      this.#attach();
      file.close();
    } catch (error) {
      if (!file.isDeleted()) return;
      this.#file = undefined;
      this.#fail(error, now);
      file.close();
    }
  }

  #rotateIfDue(bytes: number, now: number): void {
    const file = this.#file as LogFile;
    const tooLong = file.size + bytes > this.#options.size;
    const period = this.#options.every === Number.POSITIVE_INFINITY ? 0 : this.#periodOf(this.#clock.now());
    if (!tooLong && period === this.#period) return;
    if (file.size === 0 || !file.regular) this.#period = period;
    else if (now >= this.#rotateAfter) this.#rotate(now);
  }

  #rotate(now: number): void {
    const { path, fs, compress } = this.#options;
    const old = this.#file;
    if (old === undefined || !old.regular || old.size === 0) return;
    let taken: string | undefined;
    let aside: string | undefined;
    try {
      this.#isShared ||= old.isShared();
      // Another process has rotated the file already, and the path is that of its new file.
      if (this.#isShared && old.isElsewhere(path)) {
        this.#attach();
        old.close();
        return;
      }
      taken = this.#archive.takeName(this.#clock.now());
      fs.renameSync(path, taken);
      aside = taken;
      this.#attach();
      old.close();
    } catch {
      // Further lines are written to the old file, under its old name if it can be renamed back.
      this.#rotateAfter = now + LOOK_AGAIN;
      if (taken !== undefined && aside === undefined) unlinkQuietly(taken, fs);
      if (aside !== undefined && this.#file === old) renameQuietly(aside, path, fs);
      reportRotation("failed");
      return;
    }
    reportRotation("ok");
    if (compress) this.#compressor.addLater(aside, this.#isShared ? SETTLED_AFTER : 0, this.#clock);
    this.#sweep();
  }

  /** Compresses and deletes what an earlier process has left. */
  #finishEarlier(): void {
    const { fs, compress } = this.#options;
    try {
      const now = this.#clock.now();
      for (const temporary of this.#archive.leftovers(now - ABANDONED_AFTER)) unlinkQuietly(temporary, fs);
      for (const { path, plain, packed } of this.#archive.list()) {
        if (!plain) continue;
        // Another process may still write to it for a moment.
        const delay = Math.min(SETTLED_AFTER, Math.max(0, fs.statSync(path).mtimeMs + SETTLED_AFTER - now));
        if (packed && delay === 0) unlinkQuietly(path, fs);
        else if (!packed && compress) this.#compressor.addLater(path, delay, this.#clock);
      }
    } catch {
      // The directory cannot be read, so that its files stay as they are.
    }
    this.#sweep();
  }

  #sweep(): void {
    this.#sweptAt = this.#clock.monotonic();
    const { keep, fs } = this.#options;
    if (
      keep.files === Number.POSITIVE_INFINITY &&
      keep.age === Number.POSITIVE_INFINITY &&
      keep.bytes === Number.POSITIVE_INFINITY
    )
      return;
    try {
      sweep(this.#archive, keep, this.#clock.now(), fs);
    } catch {
      // Tried again at the next rotation.
    }
  }
}

function reportRotation(outcome: "ok" | "failed"): void {
  if (rotatedEvent.active) rotatedEvent.emit({ outcome });
}
