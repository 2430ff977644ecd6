import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { type ConformanceCase, conformanceCases } from "@seaworthy/core/conformance";
import { GENESIS, hashOf } from "./internal/chain.ts";
import type { AuditHead, AuditStore, StoredEntry } from "./stores/store.ts";

/** An empty place for a trail, which is removed after the case. */
export interface AuditConformancePlace {
  /** Opens a store on this place. Every call opens it anew, after the one before was closed. */
  open(): AuditStore | Promise<AuditStore>;
  close?(): Promise<void>;
}

/**
 * The suite that every store of an audit trail passes, for any test runner.
 *
 * @param createPlace - makes a new, empty place for each case
 * @example
 * ```ts
 * import { memoryAuditStore } from "@seaworthy/audit";
 * import { auditStoreConformance } from "@seaworthy/audit/conformance";
 * for (const { run } of auditStoreConformance(() => ({ open: memoryAuditStore }))) await run(); // it(title, run)
 * ```
 */
export function auditStoreConformance(
  createPlace: () => AuditConformancePlace | Promise<AuditConformancePlace>,
): readonly ConformanceCase[] {
  return conformanceCases(CASES, async () => createPlace());
}

/** Entries behind a head, as `make` returns them. */
const following =
  (...texts: string[]) =>
  (head: AuditHead): StoredEntry[] => {
    let { sequence, hash } = head;
    return texts.map((type) => {
      sequence++;
      const entry = { v: 1, seq: sequence, prev: hash, at: "2026-01-01T00:00:00.000Z", type, outcome: "success" };
      const bytes = Buffer.from(JSON.stringify(entry));
      hash = hashOf(bytes);
      return { sequence, bytes };
    });
  };

async function typesOf(store: AuditStore, from = 1): Promise<string[]> {
  const types: string[] = [];
  for await (const { bytes } of store.read(from)) types.push(String(JSON.parse(Buffer.from(bytes).toString()).type));
  return types;
}

type Check = (place: AuditConformancePlace) => Promise<void>;

const CASES: Readonly<Record<string, Check>> = {
  "an empty trail has the head of the genesis and no entries": async (place) => {
    const store = await place.open();
    deepEqual(await store.head(), GENESIS);
    deepEqual(await typesOf(store), []);
    deepEqual(await store.seals(), []);
    await store.close();
  },
  "entries are read with the bytes that were appended": async (place) => {
    const store = await place.open();
    let made: readonly StoredEntry[] = [];
    await store.append((head) => {
      made = following("a", 'ünïcödé 漢字 \u2028 \\ " 🚢')(head);
      return made;
    });
    const read: Buffer[] = [];
    for await (const { bytes } of store.read(1)) read.push(Buffer.from(bytes));
    deepEqual(
      read,
      made.map(({ bytes }) => Buffer.from(bytes)),
    );
    deepEqual(await store.head(), { sequence: 2, hash: hashOf(made[1]?.bytes ?? Buffer.alloc(0)) });
    await store.close();
  },
  "reading begins at a sequence": async (place) => {
    const store = await place.open();
    await store.append(following("a", "b", "c"));
    deepEqual(await typesOf(store, 2), ["b", "c"]);
    deepEqual(await typesOf(store, 4), []);
    await store.close();
  },
  "50 appends at the same time make one chain without gaps or forks": async (place) => {
    const store = await place.open();
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.append(following(`e${n}`))));
    let hash = GENESIS.hash;
    let sequence = 0;
    for await (const entry of store.read(1)) {
      sequence++;
      equal(entry.sequence, sequence);
      const { prev } = JSON.parse(Buffer.from(entry.bytes).toString()) as { prev: string };
      equal(prev, hash);
      hash = hashOf(entry.bytes);
    }
    equal(sequence, 50);
    await store.close();
  },
  "an append whose entries cannot be made keeps nothing": async (place) => {
    const store = await place.open();
    await store.append(following("a"));
    const failing = store.append(() => {
      throw new Error("cannot be made");
    });
    await rejects(failing, /cannot be made/);
    await store.append(following("b"));
    deepEqual(await typesOf(store), ["a", "b"]);
    await store.close();
  },
  "entries below a seal can be removed, and the chain goes on": async (place) => {
    const store = await place.open();
    await store.append(following("a", "b"));
    const head = await store.head();
    const seal = { ...head, at: "2026-01-02T00:00:00.000Z", note: "a note" };
    await store.seal(seal);
    await store.append(following("c"));
    await store.remove(seal);
    deepEqual(await typesOf(store), ["c"]);
    deepEqual(await store.seals(), [seal]);
    await store.append(following("d"));
    deepEqual(await typesOf(store), ["c", "d"]);
    equal((await store.head()).sequence, 4);
    await store.close();
  },
  "after close, appends are refused or the store is shared": async (place) => {
    const store = await place.open();
    await store.append(following("a"));
    await store.close();
    await store.close();
    const refused = await store.append(following("b")).then(
      () => false,
      () => true,
    );
    ok(refused || store.kind === "postgres", "a store of a database is closed with its database");
  },
};
