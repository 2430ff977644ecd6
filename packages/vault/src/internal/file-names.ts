import type { VaultCommit } from "../stores/store.ts";

const SEGMENT = /^s([0-9a-f]{32})$/;
const CLAIM = /^e(\d{1,16})$/;
const LOG = /^l([0-9a-f]{32})$/;
const TEMPORARY = /^t(\d{1,16})-[0-9a-f]{16}$/;
const BROKEN_LOCK = /^lock\.[0-9a-f]{16}$/;

/** Whether a file of the directory beside belongs to a vault that has been written. */
export function isOfVault(name: string): boolean {
  return SEGMENT.test(name) || CLAIM.test(name) || LOG.test(name);
}

/** Whether a name is that of a temporary head of this epoch. */
export function isTemporaryOf(name: string, epoch: number): boolean {
  return TEMPORARY.exec(name)?.[1] === String(epoch);
}

/** Whether these are the files of a vault whose first write has not been put in place. */
export function isFirstWrite(names: readonly string[]): boolean {
  return names.some((name) => isTemporaryOf(name, 1)) && names.every((name) => !isOfVault(name) || name === "e1");
}

/** The newest head that is kept among these names. */
export function lastGoodCopyIn(names: readonly string[]): string | undefined {
  const epochs = names.flatMap((name) => CLAIM.exec(name)?.[1] ?? []).map(Number);
  return epochs.length === 0 ? undefined : `e${Math.max(...epochs)}`;
}

/** What the head before a write needs: it is the last good copy. */
export interface HeadBefore {
  readonly epoch: number;
  readonly log: string | undefined;
}

/** Whether a file that was there before a write was claimed is not needed by its head nor by the head before. */
export function isLeftOver(name: string, next: VaultCommit, before: HeadBefore): boolean {
  const { epoch, keep } = next;
  const segment = SEGMENT.exec(name)?.[1];
  if (segment !== undefined) return !keep.includes(segment);
  const claim = CLAIM.exec(name)?.[1];
  if (claim !== undefined) return Number(claim) < before.epoch;
  const log = LOG.exec(name)?.[1];
  if (log !== undefined) return log !== next.newLog && (log !== before.log || next.purge === true);
  const temporary = TEMPORARY.exec(name)?.[1];
  if (temporary !== undefined) return Number(temporary) <= epoch;
  return BROKEN_LOCK.test(name);
}
