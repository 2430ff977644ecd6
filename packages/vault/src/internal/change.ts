import type { RootKeys } from "../crypto/root-keys.ts";
import type { Frame } from "../format/record.ts";
import type { Slot } from "../format/slot.ts";
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

/** The state that a change leads to, without its entries. */
export function nextState(base: State, change: Change): Omit<State, "content"> {
  const { content, layout } = base;
  return {
    epoch: base.epoch + 1,
    vaultId: base.vaultId,
    created: base.created,
    slots: change.slots ?? base.slots,
    layout:
      change.rewritten === undefined
        ? arrange(layout, change.added ?? [], content.liveBytes, () => content.live())
        : layOut(change.rewritten),
  };
}
