import type { BigIntStats } from "node:fs";
import { join } from "node:path";
import { errors } from "../errors.ts";
import type { FileGuard } from "./file-guard.ts";
import { isTemporaryOf } from "./file-names.ts";
import { type FileSystem, hasCode, orMissing } from "./files.ts";

/** Epochs of the head that is in place and of the one before it; 0 if there is none. */
export interface CurrentHead {
  readonly epoch: number;
  readonly previous: number;
}

/** A write that has tried to claim its epoch. */
interface Attempt {
  readonly temporary: string;
  /** The path of the epoch's claim. */
  readonly claim: string;
  /** The stat of the temporary file. */
  readonly stat: BigIntStats;
  /** Files that the caller removes. */
  readonly made: string[];
}

/**
 * The compare-and-swap of heads in a directory. A writer links its temporary file to the name of the next epoch, which one
 * writer alone can do, and then renames the temporary file over the head. The rename is what makes the write happen. It
 * takes the temporary name away, so it can happen once. A process that removes that name first has prevented it.
 */
export class FileClaims {
  readonly #files: FileSystem;
  readonly #guard: FileGuard;
  readonly #currentHead: () => Promise<CurrentHead>;

  constructor(files: FileSystem, guard: FileGuard, currentHead: () => Promise<CurrentHead>) {
    this.#files = files;
    this.#guard = guard;
    this.#currentHead = currentHead;
  }

  /**
   * Puts a temporary file in the head's place if the head's epoch is `expected`. Resolves to its stat, or to `undefined`
   * if another writer was first. The caller removes what is left in `made`.
   *
   * @throws VAULT_OUTCOME_UNKNOWN if it failed and another process may still finish it; any other error if it did not happen
   */
  async put(temporary: string, expected: number, epoch: number, made: string[]): Promise<BigIntStats | undefined> {
    const claim = join(this.#guard.side, `e${epoch}`);
    const stat = await this.#files.lstat(temporary).catch(orMissing);
    if (stat === undefined) return undefined; // removed by a later writer
    try {
      await this.#files.link(temporary, claim);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined; // removed by a later writer
      if (!hasCode(error, "EEXIST")) return this.#settle({ temporary, claim, stat, made }, error);
      await this.#finishOrClear(epoch, expected);
      return undefined;
    }
    try {
      // A reader that found the claim may have put it in place already, and a writer may have gone on from there. But an
      // epoch's claim is removed two heads later. A writer that slept through that must not succeed now.
      const current = await this.#currentHead();
      if (current.epoch !== expected && current.epoch !== epoch && current.previous !== epoch) {
        made.push(claim);
        return undefined;
      }
      await this.#files.rename(temporary, this.#guard.path).catch(orMissing); // missing: another process has done it
      return stat;
    } catch (error) {
      return this.#settle({ temporary, claim, stat, made }, error);
    }
  }

  /**
   * If `epoch` is claimed and the head still is `expected`, puts the claimed head in place. Resolves to whether the head may have
   * changed.
   */
  async finish(epoch: number, expected: number): Promise<boolean> {
    const claim = await this.#files.lstat(join(this.#guard.side, `e${epoch}`)).catch(orMissing);
    if (claim === undefined) return false;
    const temporary = await this.#temporaryOf(epoch, claim.ino);
    if ((await this.#currentHead()).epoch !== expected) return true;
    if (temporary === undefined) return false;
    await this.#files.rename(temporary, this.#guard.path).catch(orMissing);
    return true;
  }

  /** For a writer: a claim that cannot be finished any more is in its way. A head was put back by hand below an old epoch. */
  async #finishOrClear(epoch: number, expected: number): Promise<void> {
    if (await this.finish(epoch, expected)) return;
    if ((await this.#currentHead()).epoch !== expected) return;
    await this.#files.unlink(join(this.#guard.side, `e${epoch}`)).catch(orMissing);
  }

  /**
   * After a failure: if the temporary name can be removed, the rename has not happened and cannot happen any more. The
   * claim goes after it, never before: otherwise a writer that sleeps could claim the epoch while a reader finishes this.
   */
  async #settle({ temporary, claim, stat, made }: Attempt, cause: unknown): Promise<BigIntStats> {
    try {
      await this.#files.unlink(temporary);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return stat; // it has happened
      made.length = 0; // it may still be finished, with all that belongs to it
      throw errors.VAULT_OUTCOME_UNKNOWN({ reason: "the write could not be withdrawn" }, { cause });
    }
    const found = await this.#files.lstat(claim).catch(() => undefined);
    if (found?.ino === stat.ino) made.push(claim);
    throw cause;
  }

  async #temporaryOf(epoch: number, inode: bigint): Promise<string | undefined> {
    for (const name of await this.#files.list(this.#guard.side)) {
      if (!isTemporaryOf(name, epoch)) continue;
      const path = join(this.#guard.side, name);
      if ((await this.#files.lstat(path).catch(orMissing))?.ino === inode) return path;
    }
    return undefined;
  }
}
