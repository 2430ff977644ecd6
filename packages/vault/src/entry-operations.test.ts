import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStore, openVault, type Vault, type VaultOptions, type VaultStore } from "./index.ts";

const key = new Uint8Array(32).fill(3);
const code = (expected: string): object => expect.objectContaining({ code: expected });
const open = (store: VaultStore = memoryStore(), more: Partial<VaultOptions> = {}): Promise<Vault> =>
  openVault({ store, key, create: true, autoLock: false, ...more });

/** A store that counts its writes. */
function counting(): { store: VaultStore; writes: () => number } {
  const inner = memoryStore();
  let writes = 0;
  const store: VaultStore = {
    ...inner,
    commit: (expected, next) => {
      writes += 1;
      return inner.commit(expected, next);
    },
  };
  return { store, writes: () => writes };
}

describe("writes that wait at the same time", () => {
  it("become one, and each learns of its own version", async () => {
    const { store, writes } = counting();
    await using vault = await open(store);
    const before = writes();
    const entries = await Promise.all(
      Array.from({ length: 200 }, (_, at) => vault.set(at % 2 === 0 ? "same" : `entry/${at}`, `${at}`)),
    );
    expect(writes() - before).toBeLessThanOrEqual(2);
    expect(entries.filter(({ name }) => name === "same").map(({ version }) => version)).toEqual(
      Array.from({ length: 100 }, (_, at) => at + 1),
    );
    expect((await vault.get("same")).reveal()).toBe("198");
    expect(await vault.verify()).toMatchObject({ entries: 101, versions: 110 });
  });

  it("fail one by one where one of them cannot be done", async () => {
    await using vault = await open();
    await vault.set("a", "one");
    const outcomes = await Promise.allSettled([
      vault.set("b", "two"),
      vault.set("a", "three", { ifVersion: 7 }),
      vault.remove("missing"),
      vault.rotateKeys(),
      vault.set("c", "four"),
      vault.remove("b"),
    ]);
    expect(outcomes.map((one) => (one.status === "rejected" ? one.reason.code : "done"))).toEqual([
      "done",
      "VAULT_CONFLICT",
      "VAULT_NOT_FOUND",
      "done",
      "done",
      "done",
    ]);
    expect(vault.list().map(({ name }) => name)).toEqual(["a", "c"]);
  });

  it("lose nothing and leave a vault that opens, in any mixture and from two vaults at once", async () => {
    const names = ["a", "b", "c"];
    const step = fc.record({
      vault: fc.nat(1),
      name: fc.constantFrom(...names),
      kind: fc.constantFrom("set", "remove", "undelete", "rename", "destroy", "metadata", "rotate", "reencrypt"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(3), async (steps, waits) => {
        const store = memoryStore();
        const vaults = [await open(store, { keep: 3 }), await open(store, { keep: 3 })] as const;
        const work = ({ kind, name }: { kind: string; name: string }, vault: Vault, at: number): Promise<unknown> => {
          if (kind === "set") return vault.set(name, `${name} ${at}`);
          if (kind === "remove") return vault.remove(name);
          if (kind === "undelete") return vault.undelete(name);
          if (kind === "rename") return vault.rename(name, `${name}/${at}`);
          if (kind === "destroy") return vault.destroy(name, 1);
          if (kind === "metadata") return vault.setMetadata(name, { labels: { at: `${at}` } });
          return kind === "rotate" ? vault.refresh() : vault.reencrypt();
        };
        const pending: Promise<unknown>[] = [];
        for (const [at, one] of steps.entries()) {
          const allowed = ["VAULT_NOT_FOUND", "VAULT_CONFLICT"];
          const run = work(one, vaults[one.vault as 0], at).catch((error: { code: string }) => {
            expect(allowed).toContain(error.code);
          });
          pending.push(run);
          if (at % (waits + 1) === 0) await run;
        }
        await Promise.all(pending);
        const [first] = vaults;
        await first.verify();
        await using fresh = await open(store);
        expect(fresh.list()).toEqual(first.list());
        for (const { name } of fresh.list()) expect(fresh.history(name)).toEqual(first.history(name));
      }),
      { numRuns: 60 },
    );
  });
});

describe("setMany", () => {
  it("writes all of its entries in one write, or none", async () => {
    const { store, writes } = counting();
    await using vault = await open(store);
    const before = writes();
    const entries = await vault.setMany([
      { name: "a", value: "one", labels: { team: "x" } },
      { name: "b", value: new Uint8Array([1, 255]), rotateAfter: "1d" },
    ]);
    expect(entries.map(({ name, version, versions }) => [name, version, versions])).toEqual([
      ["a", 1, 1],
      ["b", 1, 1],
    ]);
    expect(writes() - before).toBe(1);
    await expect(
      vault.setMany([
        { name: "c", value: "x" },
        { name: "a", value: "y", ifVersion: 0 },
      ]),
    ).rejects.toThrow(code("VAULT_CONFLICT"));
    expect(vault.list().map(({ name }) => name)).toEqual(["a", "b"]);
    expect(await vault.setMany([])).toEqual([]);
    expect(writes() - before).toBe(1);
  });

  it.each([
    [
      [
        { name: "a", value: "1" },
        { name: "a", value: "2" },
      ],
      /different names/,
    ],
    [[{ name: "a", value: 7 }], /value must be a string, bytes/],
    [[{ name: "", value: "x" }], /name must be/],
    [[{ name: "a", value: "x", color: "red" }], /no option "color"/],
    [7, /entries must be an array/],
  ])("refuses %j", async (entries, message) => {
    await using vault = await open();
    await expect(vault.setMany(entries as never)).rejects.toThrow(TypeError);
    await expect(vault.setMany(entries as never)).rejects.toThrow(message);
    expect(vault.epoch).toBe(1);
  });
});

describe("an entry", () => {
  it("is written only at the version that the caller expects", async () => {
    await using vault = await open();
    await vault.set("a", "one", { ifVersion: 0 });
    await expect(vault.set("a", "two", { ifVersion: 0 })).rejects.toMatchObject({
      code: "VAULT_CONFLICT",
      context: { name: "a", version: 1, expected: 0 },
    });
    expect(await vault.set("a", "two", { ifVersion: 1 })).toMatchObject({ version: 2 });
    const both = await Promise.allSettled([
      vault.set("a", "x", { ifVersion: 2 }),
      vault.set("a", "y", { ifVersion: 2 }),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    await expect(vault.set("a", "x", { ifVersion: -1 })).rejects.toThrow(/ifVersion/);
  });

  it("gets other metadata without another value or version, also in what is read anew", async () => {
    const clock = manualClock(1_000_000);
    const store = memoryStore();
    await using vault = await open(store, { clock });
    await vault.set("a", "one");
    await vault.set("a", "two", { expiresAt: 2_000_000, rotateAfter: "1d", labels: { team: "x" } });
    expect(await vault.setMetadata("a", { labels: { team: "y" } })).toMatchObject({
      version: 2,
      versions: 2,
      expiresAt: 2_000_000,
      labels: { team: "y" },
    });
    const changed = await vault.setMetadata("a", { expiresAt: false, rotateAfter: false, ifVersion: 2 });
    expect(changed).not.toHaveProperty("expiresAt");
    expect(changed).not.toHaveProperty("rotateAt");
    await expect(vault.setMetadata("a", { labels: {}, ifVersion: 1 })).rejects.toThrow(code("VAULT_CONFLICT"));
    await expect(vault.setMetadata("b", { labels: {} })).rejects.toThrow(code("VAULT_NOT_FOUND"));
    await using again = await open(store, { clock });
    expect(again.list()).toEqual([changed]);
    expect((await again.get("a")).reveal()).toBe("two");
    expect((await again.get("a", { version: 1 })).reveal()).toBe("one");
  });

  it("that was removed can be brought back until its name is used again or everything is encrypted anew", async () => {
    const store = memoryStore();
    await using vault = await open(store);
    for (const value of ["one", "two"]) await vault.set("a", value);
    await vault.remove("a");
    expect(vault.list({ removed: true })).toMatchObject([{ name: "a", version: 2, versions: 2 }]);
    await using other = await open(store);
    expect(await other.undelete("a")).toMatchObject({ version: 2, versions: 2 });
    expect((await vault.get("a", { version: 1 })).reveal()).toBe("one");
    await expect(vault.undelete("a")).rejects.toThrow(code("VAULT_CONFLICT"));
    await vault.remove("a");
    await vault.set("a", "three");
    await vault.remove("a");
    expect(await vault.undelete("a")).toMatchObject({ version: 1 });
    await vault.remove("a");
    await vault.reencrypt();
    await expect(vault.undelete("a")).rejects.toThrow(code("VAULT_NOT_FOUND"));
    await expect(vault.undelete("b")).rejects.toThrow(code("VAULT_NOT_FOUND"));
  });

  it("that was removed never comes back from a vault whose store has dropped it", async () => {
    const store = memoryStore();
    await using vault = await open(store, { keep: 1 });
    await vault.set("a", "one");
    await vault.remove("a");
    for (let i = 0; i < 40; i++) await vault.set("b", `${i}`.padEnd(4000, "."));
    await using fresh = await open(store);
    expect(vault.list({ removed: true })).toEqual(fresh.list({ removed: true }));
  });

  it("moves to another name with all of its versions", async () => {
    const store = memoryStore();
    await using vault = await open(store);
    for (const value of ["one", "two"]) await vault.set("a", value, { labels: { is: value } });
    await vault.set("b", "other");
    await expect(vault.rename("a", "b")).rejects.toMatchObject({
      code: "VAULT_CONFLICT",
      context: { name: "b", version: 1 },
    });
    await expect(vault.rename("c", "d")).rejects.toThrow(code("VAULT_NOT_FOUND"));
    expect(await vault.rename("a", "c")).toMatchObject({ name: "c", version: 2, versions: 2, labels: { is: "two" } });
    await using fresh = await open(store);
    expect(fresh.list().map(({ name }) => name)).toEqual(["b", "c"]);
    expect((await fresh.get("c", { version: 1 })).reveal()).toBe("one");
    expect(await fresh.set("c", "three")).toMatchObject({ version: 3 });
  });

  it("loses one version for good, but not the current one", async () => {
    const store = memoryStore();
    await using vault = await open(store);
    for (const value of ["one", "two", "three"]) await vault.set("a", value);
    await vault.destroy("a", 2);
    expect(vault.history("a").map(({ version }) => version)).toEqual([1, 3]);
    await expect(vault.get("a", { version: 2 })).rejects.toThrow(code("VAULT_NOT_FOUND"));
    await expect(vault.destroy("a", 2)).rejects.toThrow(code("VAULT_NOT_FOUND"));
    await expect(vault.destroy("a", 3)).rejects.toThrow(code("VAULT_CONFLICT"));
    expect(await vault.set("a", "four")).toMatchObject({ version: 4, versions: 3 });
    await using fresh = await open(store);
    expect(fresh.history("a").map(({ version }) => version)).toEqual([1, 3, 4]);
  });

  it("is listed by prefix and by label", async () => {
    await using vault = await open();
    await vault.set("db/one", "x", { labels: { team: "a", tier: "1" } });
    await vault.set("db/two", "x", { labels: { team: "b" } });
    await vault.set("api", "x", { labels: { team: "a" } });
    const names = (filter?: object): string[] => vault.list(filter).map(({ name }) => name);
    expect(names()).toEqual(["api", "db/one", "db/two"]);
    expect(names({ prefix: "db/" })).toEqual(["db/one", "db/two"]);
    expect(names({ labels: { team: "a" } })).toEqual(["api", "db/one"]);
    expect(names({ prefix: "db/", labels: { team: "a", tier: "1" } })).toEqual(["db/one"]);
    expect(() => vault.list({ name: "x" } as object)).toThrow(/no option "name"/);
    expect(() => vault.list({ prefix: 7 } as never)).toThrow(/prefix must be a string; got 7/);
  });
});

describe("a long operation", () => {
  it("lets the event loop have its turns, and ends with VAULT_LOCKED if the vault is locked in one of them", async () => {
    await using vault = await open();
    await vault.setMany(Array.from({ length: 3000 }, (_, at) => ({ name: `entry/${at}`, value: "value" })));
    for (const work of [() => vault.verify(), () => vault.rotateKeys(), () => vault.reencrypt()]) {
      let turns = 0;
      let isDone = false;
      const turn = (): void => {
        turns += 1;
        if (!isDone) setImmediate(turn);
      };
      setImmediate(turn);
      await work().finally(() => {
        isDone = true;
      });
      expect(turns).toBeGreaterThan(4);
    }
    const cut = vault.reencrypt();
    const failed = expect(cut).rejects.toThrow(code("VAULT_LOCKED"));
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    vault.lock();
    await failed;
    await vault.unlock({ key });
    expect(await vault.verify()).toMatchObject({ entries: 3000 });
  });
});
