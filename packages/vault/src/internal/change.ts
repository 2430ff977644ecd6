import type { VaultAppend } from "../stores/store.ts";
import type { RootKeys } from "./crypto/root-keys.ts";
import { encodeEntry, startOf } from "./format/log.ts";
import type { Frame } from "./format/record.ts";
import type { Slot } from "./format/slot.ts";
import { arrange, layOut } from "./layout.ts";
import type { State } from "./state.ts";

/** What a write changes: either records that come on top, or anything else. */
export interface Change {
  /** Records that come on top. */
  readonly added?: readonly Frame[];
  /** All records anew. */
  readonly rewritten?: readonly Frame[];
  readonly slots?: readonly Slot[];
  /** A new root. */
  readonly keys?: RootKeys;
  /** Nothing of the state before is to stay readable. */
  readonly purge?: boolean;
}

/** Makes a change of the newest state, without any effect of its own. */
export interface Plan {
  (state: State, keys: RootKeys): Change | undefined | Promise<Change | undefined>;
  /** Whether it may make more than `added` records, and so is written alone. */
  readonly isAlone?: true;
}

/** Marks a plan that changes more than records. */
export function alone(plan: Plan): Plan {
  return Object.assign(plan, { isAlone: true as const });
}

/** The state that a change leads to with a new head, without its entries. `logId` is that of the head's new log, if any. */
export function nextState(base: State, change: Change, logId: string | undefined): Omit<State, "content"> {
  const { content, layout } = base;
  const epoch = base.epoch + 1;
  return {
    epoch,
    headEpoch: epoch,
    log: logId === undefined ? undefined : { id: logId, size: 0, last: startOf(logId), isOpen: true },
    vaultId: base.vaultId,
    created: base.created,
    slots: change.slots ?? base.slots,
    layout:
      change.rewritten === undefined
        ? arrange(layout, change.added ?? [], content.liveBytes, () => content.live())
        : layOut(change.rewritten),
  };
}

// A log beyond this is folded into the head: what a reader goes through, and what is written a second time.
const LONGEST_LOG = 64 * 1024;
// Larger records go straight into a segment, so that they are not written twice.
const LONGEST_ENTRY = 16 * 1024;

/** A write that is appended to the head's log. */
export interface Appending {
  readonly append: VaultAppend;
  /** The state that it leads to, without its entries, once its entry ends at `size` in the log. */
  next(size: number): Omit<State, "content">;
}

/** Whether a change of the newest state may be appended to its log, as far as that depends on the log. */
export function hasOpenLog({ log }: State): boolean {
  return log?.isOpen === true && log.size < LONGEST_LOG;
}

/** The change as an entry of the log, or `undefined` if it needs a new head. */
export function appendingOf(base: State, change: Change, keys: RootKeys): Appending | undefined {
  const { log, layout } = base;
  const { added, ...others } = change;
  if (log?.isOpen !== true || added === undefined || Object.keys(others).length > 0) return undefined;
  const epoch = base.epoch + 1;
  const { bytes, mac } = encodeEntry(log.last, epoch, added, keys.log);
  if (bytes.length > LONGEST_ENTRY || log.size + bytes.length > LONGEST_LOG) return undefined;
  return {
    append: { epoch, head: base.headEpoch, log: log.id, at: log.size, entry: bytes },
    next: (size) => ({
      ...base,
      epoch,
      log: { ...log, size, last: mac },
      layout: { ...layout, tail: [...layout.tail, ...added] },
    }),
  };
}
