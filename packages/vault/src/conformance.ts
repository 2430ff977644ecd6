import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { encodeEntry, startOf } from "./internal/format/log.ts";
import { encodeRecord, type Frame } from "./internal/format/record.ts";
import { openVault } from "./open-vault.ts";
import type { VaultCommit, VaultStore } from "./stores/store.ts";
import type { Vault } from "./vault.ts";

/** One promise of a vault store. */
export interface ConformanceCase {
  /** A full sentence. */
  readonly title: string;
  /** Rejects if the store does not keep the promise. */
  run(): Promise<void>;
}

/** Creates stores of one empty place: each call of `open` is another client of the same vault. */
export interface ConformancePlace {
  open(): VaultStore;
  close?(): Promise<void>;
}

/**
 * The suite that every vault store passes, for any test runner.
 *
 * @param createPlace - makes a new, empty place for each case
 * @example
 * ```ts
 * import { memoryStore } from "@seaworthy/vault";
 * import { vaultStoreConformance } from "@seaworthy/vault/conformance";
 * const suite = vaultStoreConformance(async () => {
 *   const store = memoryStore();
 *   return { open: () => store };
 * });
 * for (const { run } of suite) await run(); // in a test file: it(title, run)
 * ```
 */
export function vaultStoreConformance(createPlace: () => Promise<ConformancePlace>): readonly ConformanceCase[] {
  const cases = { ...storeCases, ...vaultCases };
  return Object.entries(cases).map(([title, check]) => ({
    title,
    async run() {
      const place = await createPlace();
      try {
        await check(() => place.open());
      } finally {
        await place.close?.();
      }
    },
  }));
}

type Check = (open: () => VaultStore) => Promise<void>;

const MAGIC = "SWVAULT2";

const storeCases: Record<string, Check> = {
  "an empty store has neither head nor epoch nor segments": async (open) => {
    const store = open();
    equal(await store.read(), undefined);
    equal(await store.epoch(), undefined);
    equal(await store.readSegment("0".repeat(32)), undefined);
    ok(store.kind.length > 0);
  },
  "a head is given back byte by byte, to every client": async (open) => {
    const commit = commitOf(1, randomBytes(70_000));
    equal(await open().commit(undefined, commit), true);
    const stored = await open().read();
    equal(stored?.epoch, 1);
    deepEqual(Buffer.from(stored?.head ?? []), Buffer.from(commit.head));
    equal(await open().epoch(), 1);
  },
  "a commit with another epoch than the store's changes nothing": async (open) => {
    const store = open();
    equal(await store.commit(7, commitOf(8)), false);
    equal(await store.commit(undefined, commitOf(1)), true);
    equal(await store.commit(undefined, commitOf(1)), false);
    equal(await store.commit(2, commitOf(3)), false);
    equal(await open().epoch(), 1);
  },
  "of many commits on one epoch exactly one succeeds, with all that belongs to it": async (open) => {
    await open().commit(undefined, commitOf(1));
    const commits = Array.from({ length: 8 }, () => commitOf(2, randomBytes(500), segment()));
    const won = await Promise.all(commits.map((commit) => open().commit(1, commit)));
    equal(won.filter(Boolean).length, 1);
    const winner = commits[won.indexOf(true)] as VaultCommit;
    deepEqual(Buffer.from((await open().read())?.head ?? []), Buffer.from(winner.head));
    const { id, bytes } = winner.add[0] as VaultCommit["add"][number];
    deepEqual(Buffer.from((await open().readSegment(id)) ?? []), Buffer.from(bytes));
  },
  "of many entries that are appended at one place exactly one is accepted, if the store can append": async (open) => {
    const store = open();
    if (store.append === undefined) return;
    const log = randomBytes(16).toString("hex");
    await store.commit(undefined, headOf(1, log));
    let at = 0;
    for (let epoch = 2, last = startOf(log); epoch < 5; epoch++) {
      const entries = Array.from({ length: 8 }, () => encodeEntry(last, epoch, [frame()], randomBytes(32)));
      const appends = entries.map(({ bytes: entry }) => open().append?.({ epoch, head: 1, log, at, entry }));
      const won = await Promise.all(appends);
      equal(won.filter((end) => end !== undefined).length, 1);
      const winner = entries[won.findIndex((end) => end !== undefined)] as (typeof entries)[number];
      const stored = Buffer.from((await open().read())?.log ?? []);
      const end = won.find((one) => one !== undefined) ?? 0;
      deepEqual(stored.subarray(end - winner.bytes.length, end), winner.bytes);
      equal(await open().epoch(), epoch);
      at = stored.length;
      last = winner.mac;
    }
    equal(await store.commit(1, commitOf(2)), false);
    equal(await store.commit(4, commitOf(5)), true);
    equal(await store.append({ epoch: 5, head: 1, log, at, entry: randomBytes(100) }), undefined);
  },
  "a segment stays for as long as commits keep it": async (open) => {
    const store = open();
    const first = segment(100_000);
    await store.commit(undefined, commitOf(1, undefined, first));
    await store.commit(1, { ...commitOf(2), keep: [first.id] });
    deepEqual(Buffer.from((await open().readSegment(first.id)) ?? []), Buffer.from(first.bytes));
  },
};

const vaultCases: Record<string, Check> = {
  "what one vault writes another one reads": async (open) => {
    await withVaults(open, 2, async ([one, two]) => {
      await one?.set("a", "first");
      equal((await two?.get("a"))?.reveal(), "first");
      await two?.set("a", "second");
      equal((await one?.get("a"))?.reveal(), "second");
      await one?.remove("a");
      await rejects(async () => two?.get("a"), { code: "VAULT_NOT_FOUND" });
    });
  },
  "two writers racing lose nothing": async (open) => {
    await withVaults(open, 2, async (vaults) => {
      const rounds = 15;
      const write = async (vault: Vault, writer: number): Promise<void> => {
        for (let i = 0; i < rounds; i++) await vault.set(`${writer}/${i}`, `value ${writer}/${i}`);
      };
      await Promise.all(vaults.map(write));
      deepEqual((await (vaults[0] as Vault).verify()).entries, 2 * rounds);
    });
  },
  "a vault of many segments reads back whole, and whole again after its keys are renewed": async (open) => {
    await withVaults(open, 1, async ([vault]) => {
      for (let i = 0; i < 30; i++) await vault?.set(`big/${i % 10}`, `${i}`.padEnd(9000, "."));
      await vault?.rotateKeys();
      await vault?.reencrypt();
      deepEqual(await vault?.verify(), { epoch: 33, entries: 10, versions: 30 });
    });
    await withVaults(open, 1, async ([vault]) => {
      equal((await vault?.get("big/9"))?.reveal(), "29".padEnd(9000, "."));
    });
  },
};

function segment(size = 1000): VaultCommit["add"][number] {
  return { id: randomBytes(16).toString("hex"), bytes: randomBytes(size) };
}

/** A commit whose head begins as a vault's does: with its epoch, that of the head before, and no log. */
function commitOf(
  epoch: number,
  rest: Uint8Array = randomBytes(64),
  ...add: VaultCommit["add"][number][]
): VaultCommit {
  const head = Buffer.concat([Buffer.from(MAGIC), Buffer.alloc(32), rest]);
  head.writeBigUInt64BE(BigInt(epoch), 8);
  return { epoch, head, add, keep: add.map(({ id }) => id) };
}

/** A commit whose head names a new log. */
function headOf(epoch: number, log: string): VaultCommit {
  const commit = commitOf(epoch);
  Buffer.from(commit.head.buffer, commit.head.byteOffset).set(Buffer.from(log, "hex"), 24);
  return { ...commit, newLog: log };
}

function frame(): Frame {
  return encodeRecord({ type: "remove", name: randomBytes(4).toString("hex"), at: 1 });
}

async function withVaults(
  open: () => VaultStore,
  count: number,
  work: (vaults: Vault[]) => Promise<void>,
): Promise<void> {
  const vaults: Vault[] = [];
  try {
    for (let i = 0; i < count; i++)
      vaults.push(await openVault({ store: open(), key: new Uint8Array(32).fill(5), create: true, autoLock: false }));
    await work(vaults);
  } finally {
    for (const vault of vaults) await vault.close();
  }
}
