import { type FileHandle, mkdir, open, realpath, rename, rm, truncate } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { takeFileLock } from "@seaworthy/core/file-lock";
import { boundedString } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { GENESIS, hashOf } from "../internal/chain.ts";
import { appendWhole, syncFolder } from "../internal/durable.ts";
import { parseEntry } from "../internal/entry-format.ts";
import { readLines } from "../internal/lines.ts";
import { addSeal, readSeals } from "../internal/seal-file.ts";
import { recoverEvent } from "../telemetry.ts";
import type { AuditHead, AuditSeal, AuditStore, StoredEntry } from "./store.ts";

/**
 * A trail in a file, one line per entry. One process writes it at a time. An entry is kept once `fdatasync` has succeeded;
 * entries that wait together are written together.
 *
 * If the process died while it wrote, the last line is torn. It was never acknowledged: the next writer removes it, and emits
 * `audit.recover`. Any other line that is not an entry was changed by somebody, and is left for `verify()`.
 *
 * @throws TypeError if the path is not a string
 */
export function fileAuditStore(path: string): AuditStore {
  return new FileStore(resolve(boundedString("path", path, 1, 4096)));
}

interface Waiting {
  readonly make: (head: AuditHead) => readonly StoredEntry[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class FileStore implements AuditStore {
  readonly kind = "file";
  readonly #given: string;
  /** The file itself if a symbolic link was given: two names of one file have one lock. */
  #real: string | undefined;
  #opening: Promise<FileHandle> | undefined;
  #unlock: (() => Promise<void>) | undefined;
  #head: AuditHead = GENESIS;
  #size = 0;
  #waiting: Waiting[] = [];
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(path: string) {
    this.#given = path;
  }

  append(make: Waiting["make"]): Promise<void> {
    if (this.#closed) return Promise.reject(errors.AUDIT_CLOSED());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ make, resolve, reject });
      if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#flush());
    });
  }

  /** A reader does not need the lock: as long as nothing was appended here, the file says what the head is. */
  async head(): Promise<AuditHead> {
    if (await this.#isWriter()) return this.#head;
    let head = await this.#sealedHead();
    for await (const { bytes, complete } of readLines(await this.#path())) if (complete) head = headAfter(head, bytes);
    return head;
  }

  async *read(from: number): AsyncIterable<StoredEntry> {
    // Without a writer, a reader sees the file as it is: also one that another process is writing to.
    const end = (await this.#isWriter()) ? this.#size : undefined;
    let place = 0;
    for await (const { bytes, complete } of readLines(await this.#path(), end)) {
      if (!complete) continue; // not acknowledged yet
      const sequence = parseEntry(bytes)?.sequence ?? place + 1;
      place = sequence;
      if (sequence >= from) yield { sequence, bytes };
    }
  }

  async seals(): Promise<readonly AuditSeal[]> {
    return readSeals(`${await this.#path()}.seals`);
  }

  seal(seal: AuditSeal): Promise<void> {
    return this.#alone(async () => {
      await addSeal(`${await this.#path()}.seals`, seal);
      await syncFolder(dirname(await this.#path()));
    });
  }

  /** Writes what stays into a new file that takes the place of the old one. */
  remove(seal: AuditSeal): Promise<void> {
    return this.#alone((handle) => this.#removeUpTo(seal.sequence, handle));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    const handle = await this.#opening?.catch(() => undefined);
    await handle?.close();
    await this.#unlock?.();
    this.#unlock = undefined;
  }

  #open(): Promise<FileHandle> {
    this.#opening ??= this.#openNow().catch(async (error: unknown) => {
      this.#opening = undefined;
      await this.#unlock?.();
      this.#unlock = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #openNow(): Promise<FileHandle> {
    await mkdir(dirname(this.#given), { recursive: true, mode: 0o700 });
    const handle = await open(this.#given, "a", 0o600);
    try {
      const path = await this.#path();
      await syncFolder(dirname(path));
      const lock = `${path}.lock`;
      this.#unlock = await takeFileLock(lock, (holder) => errors.AUDIT_BUSY({ path: lock, process: holder }));
      await this.#recover(path);
    } finally {
      await handle.close();
    }
    // Another process may have put a new file in its place before the lock was taken.
    return open(await this.#path(), "a", 0o600);
  }

  /** The file, also if a symbolic link to it was given. */
  async #path(): Promise<string> {
    this.#real ??= await realpath(this.#given).catch(() => undefined);
    return this.#real ?? this.#given;
  }

  async #isWriter(): Promise<boolean> {
    await this.#writing;
    const opening = this.#opening;
    if (opening === undefined) return false;
    return opening.then(
      () => true,
      () => false,
    );
  }

  /** Runs work while nothing is appended. */
  #alone(work: (handle: FileHandle) => Promise<void>): Promise<void> {
    if (this.#closed) return Promise.reject(errors.AUDIT_CLOSED());
    const done = this.#writing.then(async () => work(await this.#open()));
    this.#writing = done.catch(() => undefined);
    return done;
  }

  /** Finds the head, and removes a last line that was torn. */
  async #recover(path: string): Promise<void> {
    await rm(`${path}.new`, { force: true }); // of a removal that was interrupted
    this.#head = await this.#sealedHead();
    this.#size = 0;
    for await (const { bytes, offset, complete } of readLines(path)) {
      if (!complete) {
        await truncate(path, offset);
        if (recoverEvent.active) recoverEvent.emit({}, 1, { bytes: bytes.length });
        break;
      }
      this.#size = offset + bytes.length + 1;
      this.#head = headAfter(this.#head, bytes);
    }
  }

  /** The head of a trail whose entries were all removed. */
  async #sealedHead(): Promise<AuditHead> {
    const seal = (await this.seals()).at(-1);
    return seal === undefined ? GENESIS : { sequence: seal.sequence, hash: seal.hash };
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const handle = await this.#open();
      const { kept, head, text } = this.#make(batch);
      if (text.length > 0) await this.#write(handle, text);
      this.#head = head;
      this.#size += text.length;
      for (const { resolve } of kept) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** Chains what waits. Entries that cannot be made are rejected, and do not take the others with them. */
  #make(batch: readonly Waiting[]): { kept: readonly Waiting[]; head: AuditHead; text: Buffer } {
    let head = this.#head;
    const parts: Uint8Array[] = [];
    const kept = batch.filter(({ make, reject }) => {
      try {
        for (const { sequence, bytes } of make(head)) {
          parts.push(bytes, LINE_END);
          head = { sequence, hash: hashOf(bytes) };
        }
        return true;
      } catch (error) {
        reject(error);
        return false;
      }
    });
    return { kept, head, text: Buffer.concat(parts) };
  }

  async #write(handle: FileHandle, text: Buffer): Promise<void> {
    try {
      await appendWhole(handle, this.#size, text);
    } catch (error) {
      // What was written of it, on a full disk for example, must not stand before the next entry.
      const found = await handle.stat().catch(() => undefined);
      if (found?.size !== this.#size) this.#closed = true;
      throw error;
    }
  }

  async #removeUpTo(sequence: number, before: FileHandle): Promise<void> {
    const path = await this.#path();
    const temporary = `${path}.new`;
    await rm(temporary, { force: true });
    const file = await open(temporary, "ax", 0o600);
    try {
      for await (const { bytes } of readLines(path, this.#size)) {
        if ((parseEntry(bytes)?.sequence ?? Number.POSITIVE_INFINITY) > sequence)
          await file.appendFile(Buffer.concat([bytes, LINE_END]));
      }
      await file.datasync();
      const { size } = await file.stat();
      await rename(temporary, path);
      this.#size = size;
    } catch (error) {
      await file.close();
      await rm(temporary, { force: true });
      throw error;
    }
    // The open file goes on under its new name, so that nothing can fail from here on.
    this.#opening = Promise.resolve(file);
    await before.close().catch(() => undefined);
    await syncFolder(dirname(path));
  }
}

const LINE_END = Buffer.from("\n");

/** A line that is not an entry has its place nevertheless; `verify()` names it. */
function headAfter({ sequence }: AuditHead, bytes: Uint8Array): AuditHead {
  return { sequence: parseEntry(bytes)?.sequence ?? sequence + 1, hash: hashOf(bytes) };
}
