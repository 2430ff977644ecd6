import { appendFile, type FileHandle, mkdir, open, readFile, rename, rm, stat, truncate } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isObject, withoutUndefined } from "@seaworthy/core/objects";
import { boundedString } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { GENESIS, hashOf } from "../internal/chain.ts";
import { parseEntry } from "../internal/entry-format.ts";
import { takeLock } from "../internal/file-lock.ts";
import { readLines } from "../internal/lines.ts";
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
  readonly #path: string;
  #opening: Promise<FileHandle> | undefined;
  #unlock: (() => Promise<void>) | undefined;
  #head: AuditHead = GENESIS;
  #size = 0;
  #waiting: Waiting[] = [];
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(path: string) {
    this.#path = path;
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
    await this.#writing;
    if (this.#opening !== undefined) {
      await this.#opening;
      return this.#head;
    }
    let head = await this.#sealedHead();
    for await (const { bytes, complete } of readLines(this.#path)) if (complete) head = headAfter(head, bytes);
    return head;
  }

  async *read(from: number): AsyncIterable<StoredEntry> {
    await this.#writing;
    // Without a writer, a reader sees the file as it is: also one that another process is writing to.
    const end = this.#opening === undefined ? undefined : this.#size;
    let place = 0;
    for await (const { bytes, complete } of readLines(this.#path, end)) {
      if (!complete) continue; // not acknowledged yet
      const sequence = parseEntry(bytes)?.sequence ?? place + 1;
      place = sequence;
      if (sequence >= from) yield { sequence, bytes };
    }
  }

  async seals(): Promise<readonly AuditSeal[]> {
    const text = await readFile(`${this.#path}.seals`, "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map(parseSeal);
  }

  async seal(seal: AuditSeal): Promise<void> {
    await this.#open();
    await appendFile(`${this.#path}.seals`, `${JSON.stringify(seal)}\n`, { mode: 0o600, flush: true });
  }

  /** Writes what stays into a new file that takes the place of the old one. */
  async remove(seal: AuditSeal): Promise<void> {
    await this.#open();
    const removal = this.#writing.then(() => this.#removeUpTo(seal.sequence));
    this.#writing = removal.catch(() => undefined);
    await removal;
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
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    this.#unlock = await takeLock(`${this.#path}.lock`);
    await this.#recover();
    return open(this.#path, "a", 0o600);
  }

  /** Finds the head, and removes a last line that was torn. */
  async #recover(): Promise<void> {
    this.#head = await this.#sealedHead();
    this.#size = 0;
    for await (const { bytes, offset, complete } of readLines(this.#path)) {
      if (!complete) {
        await truncate(this.#path, offset);
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
    let made: { head: AuditHead; text: Buffer };
    let handle: FileHandle;
    try {
      handle = await this.#open();
      made = this.#make(batch);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    try {
      await handle.appendFile(made.text);
      await handle.datasync();
    } catch (error) {
      // What was written of it, on a full disk for example, must not stand before the next entry.
      await truncate(this.#path, this.#size).catch(() => {
        this.#closed = true;
      });
      for (const { reject } of batch) reject(error);
      return;
    }
    this.#head = made.head;
    this.#size += made.text.length;
    for (const { resolve } of batch) resolve();
  }

  #make(batch: readonly Waiting[]): { head: AuditHead; text: Buffer } {
    let head = this.#head;
    const parts: Uint8Array[] = [];
    for (const { make } of batch) {
      for (const { sequence, bytes } of make(head)) {
        parts.push(bytes, LINE_END);
        head = { sequence, hash: hashOf(bytes) };
      }
    }
    return { head, text: Buffer.concat(parts) };
  }

  async #removeUpTo(sequence: number): Promise<void> {
    const temporary = `${this.#path}.new`;
    const file = await open(temporary, "w", 0o600);
    try {
      for await (const { bytes } of readLines(this.#path, this.#size)) {
        if ((parseEntry(bytes)?.sequence ?? Number.POSITIVE_INFINITY) > sequence)
          await file.appendFile(Buffer.concat([bytes, LINE_END]));
      }
      await file.datasync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
    const before = await this.#opening;
    await before?.close();
    this.#opening = open(this.#path, "a", 0o600);
    this.#size = (await stat(this.#path)).size;
  }
}

const LINE_END = Buffer.from("\n");

/** A line that is not an entry has its place nevertheless; `verify()` names it. */
function headAfter({ sequence }: AuditHead, bytes: Uint8Array): AuditHead {
  return { sequence: parseEntry(bytes)?.sequence ?? sequence + 1, hash: hashOf(bytes) };
}

function parseSeal(line: string): AuditSeal {
  const value: unknown = JSON.parse(line);
  if (!isObject(value) || typeof value.sequence !== "number" || typeof value.hash !== "string")
    throw errors.AUDIT_TAMPERED({}, { message: "A seal of the trail cannot be read" });
  const { sequence, hash, at, note } = value;
  return { sequence, hash, at: String(at), ...withoutUndefined({ note: typeof note === "string" ? note : undefined }) };
}
