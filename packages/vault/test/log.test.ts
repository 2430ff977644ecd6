import { createHash } from "node:crypto";
import { copyFile, cp, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileStore, openVault, type Vault, type VaultStore } from "../src/index.ts";
import { type FileSystem, nodeFiles } from "../src/internal/files.ts";
import { fileStoreOn } from "./file-store-on.ts";

const key = new Uint8Array(32).fill(3);
const CLEAR = ["VAULT_CORRUPT", "VAULT_TAMPERED"];
let directory: string;
let path: string;
let side: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-log-"));
  path = join(directory, "v");
  side = `${path}.d`;
});
afterEach(() => rm(directory, { recursive: true }));

function open(store: VaultStore = fileStore(path)): Promise<Vault> {
  return openVault({ store, key, create: true, autoLock: false });
}

/** A vault as a process leaves it that is killed after its last write: with a log of `entries` entries. */
async function leave(entries: number): Promise<{ log: string; ends: number[] }> {
  const vault = await open();
  const ends: number[] = [];
  for (let i = -2; i < entries; i++) {
    await vault.set("a", `${i}`);
    const [log] = await logs();
    if (log !== undefined) ends.push((await stat(log)).size);
  }
  const [log = ""] = await logs();
  await keep();
  await vault.close();
  await restore();
  return { log, ends };
}

async function logs(): Promise<string[]> {
  return (await readdir(side)).filter((name) => name.startsWith("l")).map((name) => join(side, name));
}
async function keep(): Promise<void> {
  await cp(path, `${path}.kept`);
  await cp(side, `${path}.kept.d`, { recursive: true });
}
async function restore(): Promise<void> {
  await rm(side, { recursive: true });
  await cp(`${path}.kept.d`, side, { recursive: true });
  await rm(path);
  await copyFile(`${path}.kept`, path);
}

/** The value, or the code of what opening the vault throws. */
async function outcome(): Promise<string> {
  try {
    await using vault = await openVault({ store: fileStore(path), key, autoLock: false });
    return (await vault.get("a")).reveal();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** The same bytes with their checksums repaired, as by somebody who knows the format but no key. */
function repaired(log: Buffer, ends: readonly number[]): Buffer {
  ends.slice(1).forEach((end, at) => {
    const before = log.subarray(ends[at] as number, end - 8);
    log.set(createHash("sha256").update(before).digest().subarray(0, 8), end - 8);
  });
  return log;
}

describe("a log", () => {
  it("that is cut anywhere has the writes that are still whole, and the next write goes on from them", async () => {
    const { log, ends } = await leave(4);
    const bytes = await readFile(log);
    for (let length = 0; length <= bytes.length; length++) {
      await writeFile(log, bytes.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      expect(await outcome(), `${length} bytes`).toBe(`${whole - 2}`);
      if (length % 50 > 0) continue;
      await using vault = await open();
      await vault.set("b", "goes on");
      expect(await vault.verify(), `${length} bytes`).toMatchObject({ entries: 2, versions: whole + 2 });
      await restore();
    }
  });

  it("with one flipped bit before its last entry is damaged; in the last entry, that write was cut short", async () => {
    const { log, ends } = await leave(4);
    const bytes = await readFile(log);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      await writeFile(log, changed);
      if (at < (ends.at(-2) as number)) expect(CLEAR, `byte ${at}`).toContain(await outcome());
      else expect(await outcome(), `byte ${at}`).toBe("2");
    }
  });

  it("that somebody without the key has changed, with repaired checksums, gives a clear code", async () => {
    const { log, ends } = await leave(4);
    const bytes = await readFile(log);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      const end = ends.find((one) => at < one) as number;
      await writeFile(log, repaired(changed, ends));
      const found = await outcome();
      // A length or a checksum of the last entry makes it a write that was cut short.
      if (end === bytes.length) expect([...CLEAR, "2", "3"], `byte ${at}`).toContain(found);
      else if (at < end - 8) expect(CLEAR, `byte ${at}`).toContain(found);
    }
  });

  it.each(["deleted", "swapped", "doubled"])("whose entries were %s gives a clear code", async (how) => {
    const { log, ends } = await leave(4);
    const bytes = await readFile(log);
    const [zero = 0, one = 0, two = 0, three = 0] = ends;
    const [first, second, rest] = [bytes.subarray(zero, one), bytes.subarray(one, two), bytes.subarray(two)];
    expect(three).toBeGreaterThan(two);
    const parts = { deleted: [first, rest], swapped: [second, first, rest], doubled: [first, first, second, rest] }[
      how
    ];
    await writeFile(log, Buffer.concat(parts ?? []));
    // An entry that comes again follows an old one, as that of a writer that was too late.
    expect(await outcome()).toBe(how === "doubled" ? "3" : "VAULT_CORRUPT");
  });

  it("that is missing, or that belongs to another head, is damage", async () => {
    const { log } = await leave(4);
    const bytes = await readFile(log);
    await unlink(log);
    expect(await outcome()).toBe("VAULT_CORRUPT");
    await using other = await open(fileStore(join(directory, "other")));
    for (let i = 0; i < 4; i++) await other.set("a", `${i}`);
    const [name = ""] = (await readdir(join(directory, "other.d"))).filter((one) => one.startsWith("l"));
    await copyFile(join(directory, "other.d", name), log);
    expect(await outcome()).toBe("VAULT_CORRUPT");
    await writeFile(log, bytes);
    expect(await outcome()).toBe("3");
  });

  it("is bounded, and so are the files: 1000 writes", { timeout: 60_000 }, async () => {
    await using vault = await open();
    let [longest, most] = [0, 0];
    for (let i = 0; i < 1000; i++) {
      await vault.set(`entry/${i % 100}`, `${i}`.padEnd(200, "."));
      if (i % 25 > 0) continue;
      for (const log of await logs()) longest = Math.max(longest, (await stat(log)).size);
      most = Math.max(most, (await readdir(side)).length);
    }
    expect(longest).toBeGreaterThan(30_000);
    expect(longest).toBeLessThan(66_000);
    expect(most).toBeLessThan(30);
    expect(await vault.verify()).toMatchObject({ entries: 100, versions: 1000 });
  });

  it("is folded into the head when the vault is closed, so that the file alone is the vault", async () => {
    const vault = await open();
    for (let i = 0; i < 5; i++) await vault.set("a", `${i}`);
    await vault.close();
    await rm(side, { recursive: true });
    expect(await outcome()).toBe("4");
  });

  it("is not begun by a process that writes once", async () => {
    for (let i = 0; i < 3; i++) {
      await using vault = await open();
      await vault.set("a", `${i}`);
    }
    expect(await logs()).toEqual([]);
  });

  it("is left as it is when a locked vault is closed", async () => {
    const vault = await open();
    for (let i = 0; i < 5; i++) await vault.set("a", `${i}`);
    vault.lock();
    await vault.close();
    expect(await logs()).toHaveLength(1);
    expect(await outcome()).toBe("4");
  });

  it("keeps no removed value after everything was encrypted anew", async () => {
    const vault = await open();
    for (let i = 0; i < 5; i++) await vault.set("removed/secret", `${i}`);
    await vault.remove("removed/secret");
    await vault.reencrypt();
    expect(await logs()).toEqual([]);
    for (const file of [path, ...(await readdir(side)).map((name) => join(side, name))])
      expect((await readFile(file)).includes("removed/secret")).toBe(false);
    await vault.close();
  });
});

describe("a writer that is overtaken while it appends", () => {
  /** A store of which the first append of an entry goes as `how` says, and a vault on it that has a log. */
  async function overtaken(how: (append: () => Promise<boolean>, file: string, bytes: Uint8Array) => Promise<boolean>) {
    let isArmed = false;
    const files: FileSystem = {
      ...nodeFiles,
      async append(file, bytes, at) {
        const append = (): Promise<boolean> => nodeFiles.append(file, bytes, at);
        if (!isArmed) return append();
        isArmed = false;
        return how(append, file, bytes);
      },
    };
    const vault = await open(fileStoreOn(files, path));
    await vault.set("a", "one");
    await vault.set("a", "two");
    isArmed = true;
    return vault;
  }

  it("by an entry writes its own after it", async () => {
    await using vault = await overtaken(async (append) => {
      const other = await open();
      await other.set("b", "other");
      return append();
    });
    await vault.set("a", "three");
    expect((await vault.get("b")).reveal()).toBe("other");
    expect(await vault.verify()).toMatchObject({ epoch: 5, entries: 2, versions: 4 });
  });

  it.each(["a new password", "a longer value"])("by a new head, with %s, writes on top of that", async (what) => {
    await using vault = await overtaken(async (append) => {
      await using other = await open();
      if (what === "a new password") await other.addKey({ key: new Uint8Array(32).fill(4) });
      else await other.set("b", "other".padEnd(30_000));
      return append();
    });
    await vault.set("a", "three");
    expect((await vault.get("a")).reveal()).toBe("three");
    expect(await vault.verify()).toMatchObject({ epoch: 5, versions: what === "a new password" ? 3 : 4 });
  });

  it("in the middle of its bytes has not written, although the rest of them follows", async () => {
    await using vault = await overtaken(async (_append, file, bytes) => {
      const half = Math.floor(bytes.length / 2);
      const begin = (await stat(file)).size;
      await nodeFiles.append(file, bytes.subarray(0, half), begin);
      // What another writer finds is not an entry, and it may become one any moment.
      await using other = await open();
      await other.set("b", "other");
      await nodeFiles.append(file, bytes.subarray(half), begin + half);
      return (await readFile(file)).subarray(begin, begin + bytes.length).equals(bytes);
    });
    await vault.set("a", "three");
    expect((await vault.get("b")).reveal()).toBe("other");
    expect((await vault.get("a")).reveal()).toBe("three");
    expect(await vault.verify()).toMatchObject({ entries: 2, versions: 4 });
  });

  it("loses nothing when many vaults write at once", async () => {
    await using first = await open();
    await first.set("a", "one");
    await first.set("a", "two");
    const write = async (writer: number): Promise<void> => {
      const vault = await open();
      for (let i = 0; i < 25; i++) await vault.set(`${writer}/${i}`, "value");
      await vault.close();
    };
    await Promise.all([0, 1, 2, 3].map(write));
    expect(await first.verify()).toMatchObject({ entries: 101, versions: 102 });
  });
});

describe("a write that the disk does not confirm", () => {
  const failure = Object.assign(new Error("input/output error"), { code: "EIO", syscall: "fdatasync" });

  it("has an unknown outcome, and the next write puts what can be read into a new head", async () => {
    let isArmed = false;
    const files: FileSystem = {
      ...nodeFiles,
      async append(file, bytes, at) {
        await nodeFiles.append(file, bytes, at);
        if (!isArmed) return true;
        isArmed = false;
        throw failure;
      },
    };
    await using vault = await open(fileStoreOn(files, path));
    await vault.set("a", "one");
    await vault.set("a", "two");
    const [log] = await logs();
    isArmed = true;
    await expect(vault.set("a", "three")).rejects.toMatchObject({ code: "VAULT_OUTCOME_UNKNOWN" });
    expect((await vault.get("a")).reveal()).toBe("three");
    await vault.set("a", "four");
    expect((await logs()).length).toBe(2);
    expect(await logs()).toContain(log);
    expect(await vault.verify()).toMatchObject({ versions: 4 });
  });
});
