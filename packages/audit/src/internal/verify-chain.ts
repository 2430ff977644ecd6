import type { AuditFault, AuditVerification } from "../audit.ts";
import type { AuditHead, AuditSeal, AuditStore, StoredEntry } from "../stores/store.ts";
import { GENESIS, hashOf } from "./chain.ts";
import { parseEntry } from "./entry-format.ts";

interface Link {
  /** What the entry says of itself; `undefined` if its bytes are not an entry. */
  readonly sequence: number | undefined;
  readonly previous: string | undefined;
  readonly hash: string;
}

/** Who may say that the entries before the first one were removed rightly. */
export type SealCheck = (seal: AuditSeal) => boolean;

/** Walks the chain, and once more if entries were removed by a new seal meanwhile. */
export async function verifyChain(
  store: AuditStore,
  isSeal: SealCheck,
  checkpoint: AuditHead | undefined,
): Promise<AuditVerification> {
  for (let known = (await store.seals()).length; ; ) {
    const outcome = await walkChain(store, isSeal, checkpoint);
    const now = outcome.ok ? known : (await store.seals()).length;
    if (now === known) return outcome;
    known = now;
  }
}

/** Walks the chain once, with one entry of foresight. */
async function walkChain(
  store: AuditStore,
  isSeal: SealCheck,
  checkpoint: AuditHead | undefined,
): Promise<AuditVerification> {
  const seals = (await store.seals()).filter(isSeal);
  // Before the entries, so that those that are appended meanwhile are not taken for a contradiction.
  const head = await store.head();
  const walk = new ChainWalk(seals, head, checkpoint);
  let current: Link | undefined;
  for await (const entry of store.read(1)) {
    const next = linkOf(entry);
    if (current !== undefined && walk.step(current, next) !== undefined) break;
    current = next;
  }
  if (walk.fault === undefined && current !== undefined) walk.step(current, undefined);
  walk.end();
  if (walk.isBeyondHead) walk.compareEnd(await store.head());
  const { entries, anchored, fault } = walk;
  return fault === undefined ? { ok: true, entries, anchored } : { ok: false, entries, anchored, fault };
}

function linkOf({ sequence, bytes }: StoredEntry): Link {
  const entry = parseEntry(bytes);
  const hash = hashOf(bytes);
  // The place where a store keeps an entry and what the entry says have to agree.
  if (entry === undefined || entry.sequence !== sequence) return { sequence: undefined, previous: undefined, hash };
  return { sequence: entry.sequence, previous: entry.previous, hash };
}

class ChainWalk {
  entries = 0;
  anchored = false;
  fault: AuditFault | undefined;
  readonly #seals: readonly AuditSeal[];
  readonly #head: AuditHead;
  readonly #checkpoint: AuditHead | undefined;
  #last: AuditHead | undefined;

  constructor(seals: readonly AuditSeal[], head: AuditHead, checkpoint: AuditHead | undefined) {
    this.#seals = seals;
    this.#head = head;
    this.#checkpoint = checkpoint;
  }

  /** Judges one entry, with the one behind it, and returns the fault if there is one. */
  step(current: Link, next: Link | undefined): AuditFault | undefined {
    this.#last ??= this.#startBefore(current);
    const expected = this.#last.sequence + 1;
    this.fault = this.#judge(current, next, expected);
    if (this.fault !== undefined) return this.fault;
    this.entries++;
    this.#last = { sequence: expected, hash: current.hash };
    this.#compare(this.#last);
    return this.fault;
  }

  /** Compares the end with what the store and the checkpoint say of it. */
  end(): void {
    if (this.fault !== undefined) return;
    const last = this.#last ?? this.#seals.at(-1) ?? GENESIS;
    if (this.entries === 0) this.#compare(last);
    const known = Math.max(this.#head.sequence, this.#checkpoint?.sequence ?? 0);
    if (known > last.sequence) this.fault = { sequence: last.sequence + 1, kind: "truncated" };
  }

  /** Entries that are appended during the walk are behind the head that was read before it. */
  get isBeyondHead(): boolean {
    return this.fault === undefined && this.#last !== undefined && this.#last.sequence > this.#head.sequence;
  }

  /** An entry that the store itself does not know of was not appended by it, and the next append would be a second one. */
  compareEnd(head: AuditHead): void {
    if (this.#last !== undefined && this.#last.sequence > head.sequence)
      this.fault = { sequence: head.sequence + 1, kind: "forked" };
  }

  /** Where the chain begins: at the genesis, or behind entries that a seal allowed to remove. */
  #startBefore(first: Link): AuditHead {
    if (first.sequence === undefined || first.sequence === 1) return GENESIS;
    const before = first.sequence - 1;
    const seal = this.#seals.find(({ sequence, hash }) => sequence === before && hash === first.previous);
    if (seal !== undefined) {
      this.#compare(seal);
      return seal;
    }
    return GENESIS;
  }

  #judge(current: Link, next: Link | undefined, expected: number): AuditFault | undefined {
    const { sequence, previous } = current;
    if (sequence === undefined) return { sequence: expected, kind: "edited" };
    if (sequence > expected) return { sequence: expected, kind: next?.sequence === expected ? "reordered" : "missing" };
    if (sequence < expected) return { sequence, kind: "forked" };
    if (previous === this.#last?.hash) return undefined;
    // If the next entry follows this one, this one is as it was written, and the one before is not.
    const isIntact = next === undefined || next.previous === current.hash;
    const before = this.#last?.sequence ?? 0;
    return { sequence: isIntact && this.entries > 0 ? before : expected, kind: "edited" };
  }

  #compare({ sequence, hash }: AuditHead): void {
    const isOther = (known: AuditHead | undefined): boolean => known?.sequence === sequence && known.hash !== hash;
    if (isOther(this.#head) || isOther(this.#checkpoint)) this.fault = { sequence, kind: "edited" };
    else if (this.#checkpoint?.sequence === sequence) this.anchored = true;
  }
}
