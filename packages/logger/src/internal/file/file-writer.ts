import { type Clock, systemClock } from "@seaworthy/core";
import { errors } from "../../errors.ts";
import { rotated } from "../../telemetry.ts";
import { reasonOf } from "../sink.ts";
import { Archive } from "./archive.ts";
import { Compressor } from "./compressor.ts";
import type { FileSystem } from "./file-system.ts";
import { LogFile } from "./log-file.ts";
import { type Keep, sweep, unlinkQuietly } from "./retention.ts";
import { WaitingLines } from "./waiting-lines.ts";

/** Options of {@link FileWriter}; sizes and times without a limit are infinite. */
export interface FileWriterOptions {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly every: number;
  readonly keep: Keep;
  readonly compress: boolean;
  readonly fs: FileSystem;
}

// How often, while lines are written, the path is looked at, and a failed file or rotation tried again.
const LOOK_AGAIN = 1000;
const SWEEP_AGAIN = 60_000;

/** Appends lines to a file, rotates it, and keeps what it cannot write until it can. Writing and rotating never throw. */
export class FileWriter {
  readonly #options: FileWriterOptions;
  readonly #archive: Archive;
  readonly #compressor: Compressor;
  readonly #waiting: WaitingLines = new WaitingLines();
  #clock: Clock = systemClock;
  #onLost: (reason: string) => void = () => undefined;
  #file: LogFile | undefined;
  #period = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #rotateAfter = Number.NEGATIVE_INFINITY;
  #retryAfter = Number.NEGATIVE_INFINITY;
  #reason = "error";

  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.#archive = new Archive(options.path, options.fs);
    this.#compressor = new Compressor(options.mode, () => this.#sweep());
  }

  /** Opens the file. @throws LOGGER_FILE_UNUSABLE when that fails */
  open(clock: Clock, onLost: (reason: string) => void): void {
    this.#clock = clock;
    this.#onLost = onLost;
    if (this.#file !== undefined) return;
    try {
      this.#attach();
    } catch (error) {
      throw errors.LOGGER_FILE_UNUSABLE({ path: this.#options.path, reason: reasonOf(error) }, { cause: error });
    }
    this.#recover();
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
    } catch (error) {
      this.#fail(error, now);
      this.#wait(line, bytes);
    }
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
    await this.#compressor.idle();
  }

  async close(): Promise<void> {
    await this.flush();
    const file = this.#file;
    this.#file = undefined;
    file?.close();
  }

  /** Whether there is an open file with nothing waiting to be written before the next line. */
  #ready(now: number): boolean {
    if (this.#file !== undefined && this.#waiting.count === 0) return true;
    if (now < this.#retryAfter) return false;
    try {
      if (this.#file === undefined) this.#attach();
      this.#waiting.writeTo(this.#file as LogFile, this.#clock, this.#reason);
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
    if (!this.#waiting.add(line, bytes)) this.#onLost(this.#reason);
  }

  #fail(error: unknown, now: number): void {
    this.#reason = reasonOf(error);
    this.#retryAfter = now + LOOK_AGAIN;
  }

  // Another program may have moved the file (logrotate) or deleted it; nothing else would tell us.
  #look(now: number): void {
    this.#lookedAt = now;
    if (now - this.#sweptAt >= SWEEP_AGAIN) this.#sweep();
    const file = this.#file;
    if (file === undefined || !file.isElsewhere(this.#options.path)) return;
    try {
      this.#attach();
      file.close();
    } catch (error) {
      if (!isDeleted(file)) return;
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
    let aside: string | undefined;
    try {
      const free = this.#archive.nameAt(this.#clock.now());
      fs.renameSync(path, free);
      aside = free;
      this.#attach();
      old.close();
    } catch {
      // Lines go on in the old file, under its old name if that can be had back.
      this.#rotateAfter = now + LOOK_AGAIN;
      if (aside !== undefined && this.#file === old) renameQuietly(aside, path, fs);
      tell("failed");
      return;
    }
    tell("ok");
    if (compress) this.#compressor.add(aside);
    this.#sweep();
  }

  /** Finishes what an earlier process did not. */
  #recover(): void {
    const { fs, compress } = this.#options;
    try {
      for (const temporary of this.#archive.leftovers()) unlinkQuietly(temporary, fs);
      for (const { path, plain, packed } of this.#archive.list()) {
        if (plain && packed) unlinkQuietly(path, fs);
        else if (plain && compress) this.#compressor.add(path);
      }
    } catch {
      // A directory that cannot be listed is not tidied.
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

function tell(outcome: "ok" | "failed"): void {
  if (rotated.active) rotated.emit({ outcome });
}

function isDeleted(file: LogFile): boolean {
  try {
    return file.isDeleted();
  } catch {
    return true;
  }
}

function renameQuietly(from: string, to: string, fs: FileSystem): void {
  try {
    fs.renameSync(from, to);
  } catch {
    // The file keeps its new name; the path is opened anew at the next look.
  }
}
