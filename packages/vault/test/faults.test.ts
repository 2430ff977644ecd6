import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openVault, type Vault, type VaultStore } from "../src/index.ts";
import { type FileSystem, nodeFiles } from "../src/internal/files.ts";
import { fileStoreOn } from "./file-store-on.ts";

const key = new Uint8Array(32).fill(3);
const kdf = { memory: "19mib", passes: 1, lanes: 1 } as const;
const passwords = ["first password", "second password"] as const;
const MUTATING = ["create", "append", "chmod", "link", "rename", "unlink", "makeDirectory", "syncDirectory"];
let directory: string;
const templates: Record<string, string> = {};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-faults-"));
  for (const title of ["without a log", "with a log"]) {
    const template = join(directory, title.replaceAll(" ", "-"));
    const vault = await open(fileStoreOn(nodeFiles, join(template, "v")), true);
    await vault.addKey({ password: passwords[0] });
    await vault.set("a", "before");
    await vault.set("b", "stays".padEnd(60_000, "."));
    await vault.set("c", "also stays");
    if (title === "without a log") await vault.close();
    else await vault.set("c", "also stays, appended");
    templates[title] = template;
  }
});
afterAll(() => rm(directory, { recursive: true }));

function open(store: VaultStore, create = false): Promise<Vault> {
  return openVault({ store, key, create, kdf, autoLock: false, busyTimeout: 0 });
}

/** What a caller can see of the vault. */
async function seen(files: FileSystem, path: string, tried: readonly string[] = []): Promise<string> {
  const opensWith = async (password: string): Promise<boolean> =>
    openVault({ store: fileStoreOn(files, path), password }).then(
      (vault) => vault.close().then(() => true),
      () => false,
    );
  const vault = await open(fileStoreOn(files, path)).catch((error: { code: string }) => error.code);
  if (typeof vault === "string") return vault;
  const values = vault
    .list()
    .map(async ({ name, version }) => [name, version, (await vault.get(name)).reveal().length]);
  const state = { values: await Promise.all(values), keys: vault.keys().length };
  await vault.close();
  return JSON.stringify({ ...state, opens: await Promise.all(tried.map(opensWith)) });
}

const TIMES = ["before", "midway", "after"] as const;
type When = (typeof TIMES)[number];

/** A file system of which one call fails, before or after it has had its effect; what is appended also in the middle. */
function failing(at: number, when: When): { files: FileSystem; calls: string[]; arm(): void } {
  const calls: string[] = [];
  let isArmed = false;
  const arm = (): void => {
    isArmed = true;
  };
  const failure = (): Error => Object.assign(new Error("input/output error"), { code: "EIO", syscall: "test" });
  const entries = Object.entries(nodeFiles).map(([name, call]) => [
    name,
    async (...args: unknown[]): Promise<unknown> => {
      if (!isArmed) return (call as (...args: unknown[]) => Promise<unknown>)(...args);
      calls.push(name);
      const isFatal = calls.length === at;
      if (isFatal && when === "midway" && name === "append")
        await appendHalf(...(args as Parameters<FileSystem["append"]>));
      if (isFatal && when !== "after") throw failure();
      const result = await (call as (...args: unknown[]) => Promise<unknown>)(...args);
      if (!isFatal) return result;
      await (result as { close?: () => Promise<void> } | undefined)?.close?.();
      throw failure();
    },
  ]);
  return { files: Object.fromEntries(entries) as FileSystem, calls, arm };
}

async function appendHalf(path: string, bytes: Uint8Array, at: number): Promise<void> {
  await nodeFiles.append(path, bytes.subarray(0, bytes.length / 2), at);
}

/** A file system that can only be read. */
const readOnly = {
  ...nodeFiles,
  ...Object.fromEntries(
    MUTATING.map((name) => [
      name,
      async () => {
        throw Object.assign(new Error("read-only file system"), { code: "EROFS", syscall: name });
      },
    ]),
  ),
} as FileSystem;

const operations: Record<string, (vault: Vault) => Promise<unknown>> = {
  "a small value": (vault) => vault.set("a", "after, and longer"),
  "a value that makes a segment": (vault) => vault.set("a", "after".padEnd(70_000, ".")),
  "a removal": (vault) => vault.remove("b"),
  "another password": (vault) => vault.changePassword(passwords[1]),
  "a new root key": (vault) => vault.rotateKeys(),
  "a new encryption of everything": (vault) => vault.reencrypt(),
};

describe.each(["without a log", "with a log"])("of the calls of a write in a vault %s, each fails once:", (kind) => {
  it.each(Object.keys(operations))("%s", { timeout: 120_000 }, async (title) => {
    const template = templates[kind] as string;
    const isAppended = kind === "with a log" && ["a small value", "a removal"].includes(title);
    const operation = operations[title] as (vault: Vault) => Promise<unknown>;
    const tried = title === "another password" ? passwords : [];
    const before = await seen(nodeFiles, join(template, "v"), tried);
    const after = await outcomeWithoutFault(template, operation, tried);
    const codes = new Set<string>();
    let isReached = true;
    let at = 1;
    for (; isReached; at++) {
      for (const when of TIMES) {
        const place = join(directory, "place", kind, title);
        await cp(template, place, { recursive: true });
        const path = join(place, "v");
        const { files, calls: made, arm } = failing(at, when);
        const credential = title === "another password" ? { password: passwords[0] } : { key };
        const doomed = await openVault({ store: fileStoreOn(files, path), ...credential, kdf, autoLock: false });
        arm();
        const code = await operation(doomed).then(
          () => "done",
          (error: { code?: string }) => String(error.code),
        );
        isReached = made.length >= at;
        const where = `${when} call ${at}, ${made[at - 1]}: ${code}`;
        codes.add(code);
        // Readers never need to write, and see the outcome that the caller got.
        if (code === "done" && kind === "with a log") expect(made.includes("append"), where).toBe(true);
        const found = await seen(readOnly, path, tried);
        if (code === "done") expect(found, where).toBe(after);
        else if (code === "VAULT_OUTCOME_UNKNOWN") expect([before, after], where).toContain(found);
        else expect(found, where).toBe(before);
        // What the process itself has left does not keep others from writing, and the next writes leave nothing over.
        const side = `${path}.d`;
        if (code !== "VAULT_OUTCOME_UNKNOWN")
          expect(
            (await readdir(side)).filter((name) => /^(t|lock)/.test(name)),
            where,
          ).toEqual([]);
        await using next = await open(fileStoreOn(nodeFiles, path, { lockTimeout: 0 }));
        expect(await seen(nodeFiles, path, tried), where).toBe(found);
        const { epoch } = next;
        await next.set("d", "goes on".padEnd(70_000, "."));
        await next.set("d", "and on");
        expect(await next.verify(), where).toMatchObject({ epoch: epoch + 2 });
        const names = await readdir(side);
        expect(names.filter((name) => !/^[sl]/.test(name)).sort(), where).toEqual([`e${epoch + 1}`, `e${epoch + 2}`]);
        expect(names.filter((name) => name.startsWith("l")).length, where).toBe(1);
        expect(names.filter((name) => name.startsWith("s")).length, where).toBeLessThanOrEqual(4);
        await doomed.close();
        await rm(place, { recursive: true });
      }
    }
    expect(at).toBeGreaterThan(isAppended ? 3 : 12);
    expect([...codes].sort()).toEqual(["VAULT_OUTCOME_UNKNOWN", "VAULT_STORE_FAILED", "done"]);
  });

  async function outcomeWithoutFault(
    template: string,
    operation: (vault: Vault) => Promise<unknown>,
    tried: readonly string[],
  ): Promise<string> {
    const place = join(directory, "well");
    await cp(template, place, { recursive: true });
    const vault = await openVault({ store: fileStoreOn(nodeFiles, join(place, "v")), password: passwords[0], kdf });
    await operation(vault);
    await vault.close();
    const found = await seen(nodeFiles, join(place, "v"), tried);
    await rm(place, { recursive: true });
    return found;
  }
});

describe("of the calls that fold a log when a vault is closed, each fails once:", () => {
  it("closing never fails, and loses nothing", { timeout: 60_000 }, async () => {
    let isReached = true;
    let at = 1;
    for (; isReached; at++) {
      for (const when of TIMES) {
        const place = join(directory, "closing");
        await cp(templates["with a log"] as string, place, { recursive: true });
        const path = join(place, "v");
        const { files, calls: made, arm } = failing(at, when);
        const vault = await open(fileStoreOn(files, path));
        await vault.set("a", "after");
        const before = await seen(readOnly, path);
        arm();
        await vault.close();
        isReached = made.length >= at;
        const where = `${when} call ${at}, ${made[at - 1]}`;
        expect(await seen(readOnly, path), where).toBe(before);
        await using next = await open(fileStoreOn(nodeFiles, path));
        await next.set("d", "goes on");
        expect(await next.verify(), where).toMatchObject({ entries: 4 });
        await rm(place, { recursive: true });
      }
    }
    expect(at).toBeGreaterThan(12);
  });
});

describe("of the calls of a vault's creation, each fails once, before and after its effect", () => {
  it("and what is rejected is not there", { timeout: 60_000 }, async () => {
    let isReached = true;
    let at = 1;
    for (; isReached; at++) {
      for (const when of ["before", "after"] as const) {
        const place = join(directory, "new");
        const path = join(place, "v");
        const { files, calls: made, arm } = failing(at, when);
        arm();
        const code = await open(fileStoreOn(files, path), true).then(
          (vault) => vault.close().then(() => "done"),
          (error: { code?: string }) => String(error.code),
        );
        isReached = made.length >= at;
        const where = `${when} call ${at}, ${made[at - 1]}: ${code}`;
        const found = await seen(readOnly, path);
        if (code === "VAULT_STORE_FAILED") expect(found, where).toBe("VAULT_MISSING");
        else if (code === "done") expect(found, where).toContain('"values":[]');
        else expect(code, where).toBe("VAULT_OUTCOME_UNKNOWN");
        await using vault = await open(fileStoreOn(nodeFiles, path), true);
        await vault.set("a", "one");
        expect(await vault.verify(), where).toMatchObject({ entries: 1 });
        await rm(place, { recursive: true });
      }
    }
    expect(at).toBeGreaterThan(8);
  });
});

describe("a head that cannot be replaced", () => {
  const busy = {
    ...nodeFiles,
    rename: async () => {
      throw Object.assign(new Error("resource busy"), { code: "EBUSY", syscall: "rename" });
    },
  };

  it("as one that is a mount of its own: the refused password never opens the vault, and the old one does", async () => {
    const place = join(directory, "mount");
    await cp(templates["without a log"] as string, place, { recursive: true });
    const path = join(place, "v");
    await using vault = await openVault({ store: fileStoreOn(busy, path), password: passwords[0], kdf });
    await expect(vault.changePassword(passwords[1])).rejects.toMatchObject({
      code: "VAULT_STORE_FAILED",
      context: { reason: "EBUSY" },
    });
    for (const files of [busy, readOnly, nodeFiles])
      expect(await seen(files, path, passwords)).toContain('"opens":[true,false]');
    await (await open(fileStoreOn(nodeFiles, path))).set("c", "goes on");
    expect(await seen(nodeFiles, path, passwords)).toContain('"opens":[true,false]');
  });

  it("whose writer dies after its claim: readers go on with the head that is there", async () => {
    const place = join(directory, "claimed");
    await cp(templates["without a log"] as string, place, { recursive: true });
    const path = join(place, "v");
    const stuck = { ...busy, unlink: busy.rename };
    await using vault = await open(fileStoreOn(stuck, path));
    await expect(vault.set("a", "limbo")).rejects.toMatchObject({ code: "VAULT_OUTCOME_UNKNOWN" });
    expect((await readdir(`${path}.d`)).filter((name) => name.startsWith("t"))).toHaveLength(1);
    for (const files of [readOnly, busy]) {
      await using reader = await open(fileStoreOn(files, path));
      expect((await reader.get("a")).reveal()).toBe("before");
    }
  });
});
