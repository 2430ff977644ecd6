import { execFile, spawn } from "node:child_process";
import { constants } from "node:fs";
import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileStore, openVault, type Vault, type VaultStore } from "../src/index.ts";
import { lastGoodCopyIn } from "../src/internal/file-names.ts";
import { type FileSystem, nodeFiles } from "../src/internal/files.ts";
import { fileStoreOn } from "./file-store-on.ts";

const key = new Uint8Array(32).fill(3);
const code = (expected: string): object => expect.objectContaining({ code: expected });
let directory: string;
let path: string;
let side: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-file-"));
  path = join(directory, "credentials.vault");
  side = `${path}.d`;
});
afterEach(() => rm(directory, { recursive: true }));

function open(store: VaultStore = fileStore(path)): Promise<Vault> {
  return openVault({ store, key, create: true, autoLock: false });
}
async function made(): Promise<void> {
  await using vault = await open();
  await vault.set("a", "one");
}
const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

describe("permissions", () => {
  it("are 0600 for files and 0700 for directories, whatever the umask is", async () => {
    for (const umask of [0, 0o277]) {
      const before = process.umask(umask);
      try {
        path = join(directory, `umask-${umask}`, "deep", "credentials.vault");
        await made();
      } finally {
        process.umask(before);
      }
      if (umask !== 0) continue;
      for (const place of [join(path, ".."), `${path}.d`]) expect(await modeOf(place)).toBe(0o700);
      for (const name of await readdir(`${path}.d`)) expect(await modeOf(join(`${path}.d`, name))).toBe(0o600);
      expect(await modeOf(path)).toBe(0o600);
    }
  });

  it.runIf(process.platform === "linux")("where no directory can be made fail at once", async () => {
    await expect(open(fileStore("/proc/none/credentials.vault"))).rejects.toThrow(code("VAULT_STORE_FAILED"));
  });

  it.each([
    ["the file", () => path, 0o640],
    ["the file", () => path, 0o602],
    ["the directory", () => directory, 0o750],
    ["the directory", () => directory, 0o701],
    ["the directory beside", () => side, 0o770],
  ])("of %s that are too loose are refused, or repaired when asked", async (_, place, mode) => {
    await made();
    await chmod(place(), mode);
    await expect(open()).rejects.toMatchObject({ code: "VAULT_PERMISSIONS", context: { path: place() } });
    expect(await modeOf(place())).toBe(mode);
    const vault = await open(fileStore(path, { repair: true }));
    expect((await vault.get("a")).reveal()).toBe("one");
    await vault.close();
    expect(await modeOf(place())).toBe(mode & 0o700);
    await (await open()).close();
  });

  it("are set on each new file: the mode of one that is there already would stay as it is", async () => {
    await made();
    await chmod(path, 0o644);
    await using vault = await open(fileStore(path, { repair: true }));
    await vault.set("a", "two");
    expect(await modeOf(path)).toBe(0o600);
  });

  it("are looked at again while the vault is open", async () => {
    await using vault = await open();
    await vault.set("a", "one");
    await chmod(path, 0o666);
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_PERMISSIONS"));
    await expect(vault.set("a", "two")).rejects.toThrow(code("VAULT_PERMISSIONS"));
  });

  it("do not count for a symbolic link, which is refused wherever it stands", async () => {
    await made();
    const real = `${path}.real`;
    for (const place of [path, side]) {
      await rename(place, real);
      await symlink(real, place);
      for (const repair of [false, true])
        await expect(open(fileStore(path, { repair }))).rejects.toThrow(code("VAULT_PERMISSIONS"));
      await unlink(place);
      await rename(real, place);
    }
    const alias = `${directory}-alias`;
    await symlink(directory, alias);
    await expect(open(fileStore(join(alias, "credentials.vault")))).rejects.toThrow(code("VAULT_PERMISSIONS"));
    await unlink(alias);
    await (await open()).close();
  });

  it.skipIf(process.getuid?.() !== 0)("do not count for what belongs to another account", async () => {
    await made();
    for (const place of [path, directory, side]) {
      await chown(place, 12345, 12345);
      for (const repair of [false, true])
        await expect(open(fileStore(path, { repair }))).rejects.toThrow(code("VAULT_PERMISSIONS"));
      await chown(place, 0, 0);
    }
    await (await open()).close();
  });

  it("of a directory that all accounts share are not repaired", async () => {
    const shared = join(directory, "shared");
    await mkdir(shared);
    await chmod(shared, 0o1777);
    await expect(open(fileStore(join(shared, "credentials.vault"), { repair: true }))).rejects.toMatchObject({
      code: "VAULT_PERMISSIONS",
      message: expect.stringContaining("a directory of its own"),
    });
    expect((await stat(shared)).mode & 0o7777).toBe(0o1777);
  });

  it("that keep this account out are named, whichever call meets them first", async () => {
    await made();
    for (const name of ["lstat", "open", "makeDirectory"]) {
      const closed = async (): Promise<never> => {
        throw Object.assign(new Error("permission denied"), { code: "EACCES" });
      };
      const store = (): VaultStore => fileStoreOn({ ...nodeFiles, [name]: closed }, path);
      const attempts = [
        async () => openVault({ store: store(), key }),
        async () => open(store()).then((vault) => vault.set("a", "two")),
      ];
      const met = await Promise.allSettled(attempts.map((attempt) => attempt()));
      const codes = met.map((one) => (one.status === "rejected" ? one.reason.code : "done"));
      expect(codes, name).toEqual([name === "makeDirectory" ? "done" : "VAULT_PERMISSIONS", "VAULT_PERMISSIONS"]);
    }
  });

  it("do not count for a pipe in the file's place, without waiting for a writer", async () => {
    await promisify(execFile)("mkfifo", ["-m", "600", path]);
    await expect(open()).rejects.toThrow(code("VAULT_PERMISSIONS"));
  });

  it("do not count for a directory in the file's place", async () => {
    await mkdir(path, { mode: 0o700 });
    await expect(open()).rejects.toThrow(code("VAULT_PERMISSIONS"));
  });
});

describe("the file", () => {
  it("alone is the vault: copied somewhere else it opens there", async () => {
    await made();
    const copy = join(directory, "copy.vault");
    await copyFile(path, copy);
    await using vault = await open(fileStore(copy));
    expect((await vault.get("a")).reveal()).toBe("one");
    await vault.set("a", "two");
  });

  it("has the state before beside it, as the last good copy", async () => {
    const vault = await open();
    for (const value of ["one", "two", "three"]) await vault.set("a", value);
    await vault.close();
    const names = await readdir(side);
    expect(names.filter((name) => !name.startsWith("l")).sort()).toEqual(["e3", "e5"]);
    expect(names).toHaveLength(3);
    await writeFile(path, "a disk full of nothing");
    await expect(open()).rejects.toThrow(code("VAULT_CORRUPT"));
    await copyFile(join(side, "e3"), path);
    await using restored = await open();
    // What was appended to it is beside it as well.
    expect((await restored.get("a")).reveal()).toBe("three");
    for (const value of ["4", "5"]) await restored.set("a", value);
    expect(await restored.verify()).toMatchObject({ versions: 5 });
  });

  it("put back from before is a rollback for a vault that has seen more, and can be continued by others", async () => {
    const old = join(directory, "old");
    const vault = await open();
    await vault.set("a", "one");
    await copyFile(path, old, constants.COPYFILE_EXCL);
    for (const value of ["two", "three", "four"]) await vault.set("a", value);
    const { epoch } = vault;
    await rename(old, path);
    await chmod(path, 0o600);
    await expect(vault.get("a")).rejects.toThrow(code("VAULT_ROLLBACK"));
    await vault.close();
    await expect(openVault({ store: fileStore(path), key, expectedEpoch: epoch })).rejects.toThrow(
      code("VAULT_ROLLBACK"),
    );
    await using unaware = await open();
    expect((await unaware.get("a")).reveal()).toBe("one");
    // Through the epochs that were there once, and beyond them.
    for (let i = 0; i < 6; i++) await unaware.set("a", `again ${i}`);
    expect(await unaware.verify()).toMatchObject({ epoch: 8, versions: 7 });
  });

  it("of random bytes gives a clear code", async () => {
    await made();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        await writeFile(path, bytes);
        await expect(open()).rejects.toThrow(code("VAULT_CORRUPT"));
      }),
      { numRuns: 100 },
    );
  });

  it("of 100 GB is refused before it is read", async () => {
    await made();
    await truncate(path, 100e9);
    const before = process.memoryUsage().rss;
    await expect(open()).rejects.toThrow(code("VAULT_CORRUPT"));
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20);
  });

  it("is found damaged when a segment is missing, cut, changed or another's", async () => {
    const vault = await open();
    for (let i = 0; i < 6; i++) await vault.set(`big/${i}`, `${i}`.repeat(50_000));
    await vault.close();
    const segments = (await readdir(side)).filter((name) => name.startsWith("s"));
    expect(segments.length).toBeGreaterThan(1);
    const [first, second] = segments.map((name) => join(side, name)) as [string, string];
    const bytes = await readFile(first);
    const spoil: (() => Promise<void>)[] = [
      () => unlink(first),
      () => truncate(first, 100),
      () => copyFile(second, first),
      () => writeFile(first, Buffer.from(bytes.map((byte, at) => (at === 5000 ? byte ^ 1 : byte)))),
      () => truncate(first, 50e9),
    ];
    for (const damage of spoil) {
      await damage();
      await expect(open()).rejects.toThrow(code("VAULT_CORRUPT"));
      await rm(first, { force: true });
      await writeFile(first, bytes, { mode: 0o600 });
    }
    await (await open()).close();
  });
});

describe("a write", () => {
  it("is on the disk before it counts: file, link, rename, directory, in this order", async () => {
    await made();
    const calls: string[] = [];
    const shown = (argument: unknown): string => (typeof argument === "string" ? argument.replace(directory, "") : "");
    const spied = Object.entries(nodeFiles).map(([name, call]) => [
      name,
      async (...args: unknown[]) => {
        const result = await (call as (...args: unknown[]) => Promise<unknown>)(...args);
        if (!["lstat", "open", "list"].includes(name)) calls.push(`${name} ${shown(args[0])} ${shown(args[1])}`.trim());
        return result;
      },
    ]);
    const vault = await open(fileStoreOn(Object.fromEntries(spied) as unknown as FileSystem, path));
    await vault.set("a", "two");
    await vault.close();
    const side = "/credentials.vault.d";
    expect(calls.map((call) => call.replace(/t3-[0-9a-f]{16}/, "t3"))).toEqual([
      `makeDirectory ${side}`,
      `create ${side}/lock`,
      `create ${side}/t3`,
      `link ${side}/t3 ${side}/e3`,
      `rename ${side}/t3 /credentials.vault`,
      "syncDirectory",
      `unlink ${side}/e1`,
      `unlink ${side}/lock`,
    ]);
  });
});

describe("a write after the first one of a process", () => {
  it("is one call that changes anything: it is appended to the log, without a lock", async () => {
    const changes: string[] = [];
    const changing = ["create", "append", "chmod", "link", "rename", "unlink", "makeDirectory", "syncDirectory"];
    const spied = Object.entries(nodeFiles).map(([name, call]) => [
      name,
      async (...args: unknown[]) => {
        if (changing.includes(name)) changes.push(name);
        return (call as (...args: unknown[]) => Promise<unknown>)(...args);
      },
    ]);
    await using vault = await open(fileStoreOn(Object.fromEntries(spied) as FileSystem, path));
    await vault.set("a", "one");
    await vault.set("a", "two");
    changes.length = 0;
    await vault.set("a", "three");
    await vault.remove("a");
    expect(changes).toEqual(["append", "append"]);
  });
});

describe("directories that a store makes", () => {
  it("are on the disk before anything in them counts", async () => {
    const synced: string[] = [];
    const spying: FileSystem = {
      ...nodeFiles,
      async syncDirectory(place) {
        synced.push(place.replace(directory, ""));
        await nodeFiles.syncDirectory(place);
      },
    };
    const vault = await open(fileStoreOn(spying, join(directory, "a", "b", "credentials.vault")));
    await vault.close();
    expect(synced).toEqual(["/a", "", "/a/b"]);
  });
});

describe("a write that dies at any of its calls", () => {
  it("leaves exactly the state before or after it, and the next writer is not disturbed", async () => {
    const outcomes = { before: 0, after: 0 };
    for (let fatal = 1; ; fatal++) {
      const place = join(directory, `dies-${fatal}`, "credentials.vault");
      await using setup = await open(fileStore(place));
      await setup.set("a", "before");
      await setup.set("big", "x".repeat(60_000));
      const { files, isDead } = mortal(fatal);
      const doomed = await open(fileStoreOn(files.off, place));
      files.arm();
      const attempt = doomed.set("a", "after".padEnd(30_000, ".")).then(
        () => true,
        () => false,
      );
      const isDone = await attempt;
      await doomed.close();
      // A dead process has no lock: its holder's file is judged by that, here by taking it away.
      if (isDead()) await rm(join(`${place}.d`, "lock"), { force: true });
      await using vault = await open(fileStore(place));
      const value = (await vault.get("a")).reveal();
      expect(["before", "after".padEnd(30_000, ".")]).toContain(value);
      if (isDone) expect(value).not.toBe("before");
      outcomes[value === "before" ? "before" : "after"]++;
      await vault.set("b", "goes on");
      expect(await vault.verify()).toMatchObject({ entries: 3 });
      expect((await vault.get("a")).reveal()).toBe(value);
      if (!isDead()) break;
    }
    expect(outcomes.before).toBeGreaterThan(5);
    expect(outcomes.after).toBeGreaterThan(5);
  });

  it("is finished by a reader where it had claimed its epoch, so that all readers agree", async () => {
    await using vault = await open();
    await vault.set("a", "before");
    // The claim of the next epoch, as a writer leaves it that dies before the rename.
    const other = join(directory, "other", "credentials.vault");
    await mkdir(join(directory, "other"), { mode: 0o700 });
    await copyFile(path, other);
    await using ahead = await open(fileStore(other));
    await ahead.set("a", "after");
    const temporary = join(side, `t3-${"0".repeat(16)}`);
    await copyFile(other, temporary);
    await chmod(temporary, 0o600);
    await link(temporary, join(side, "e3"));
    const readers = await Promise.all(Array.from({ length: 5 }, () => open()));
    for (const reader of readers) {
      expect((await reader.get("a")).reveal()).toBe("after");
      await reader.close();
    }
    expect(await readdir(side)).not.toContain(`t3-${"0".repeat(16)}`);
    expect((await vault.get("a")).reveal()).toBe("after");
  });
});

describe("a write whose claim a reader puts in place first", () => {
  it("is done, and is not done a second time", async () => {
    await made();
    // A reader that opens the vault between the writer's link and its rename.
    const overtaken: FileSystem = {
      ...nodeFiles,
      async link(from, to) {
        await nodeFiles.link(from, to);
        await fileStore(path).read();
      },
    };
    await using vault = await open(fileStoreOn(overtaken, path));
    expect(await vault.set("a", "two")).toMatchObject({ version: 2, versions: 2 });
    await vault.remove("a");
    expect(vault.epoch).toBe(4);
    expect(await vault.verify()).toMatchObject({ epoch: 4, entries: 0 });
  });

  it("is done even if another writer has gone on from it by then", async () => {
    await made();
    let isFirst = true;
    const overtaken: FileSystem = {
      ...nodeFiles,
      async link(from, to) {
        await nodeFiles.link(from, to);
        if (!isFirst) return;
        isFirst = false;
        await rm(join(side, "lock")); // broken, as that of a process that was stopped for long
        await using other = await open();
        await other.set("b", "other");
      },
    };
    await using vault = await open(fileStoreOn(overtaken, path));
    await vault.set("a", "two");
    expect((await vault.get("b")).reveal()).toBe("other");
    expect(await vault.verify()).toEqual({ epoch: 4, entries: 2, versions: 3 });
  });
});

describe("the lock", () => {
  const holder = (fields: object): string =>
    JSON.stringify({ token: "x", realm: "elsewhere", pid: 1, started: "1", ...fields });

  it("is broken at once when its holder is dead", async () => {
    await made();
    let seen = "";
    const spying: FileSystem = {
      ...nodeFiles,
      async create(file, bytes, options) {
        if (file.endsWith("lock")) seen = Buffer.from(bytes).toString();
        await nodeFiles.create(file, bytes, options);
      },
    };
    const vault = await open(fileStoreOn(spying, path));
    await vault.set("a", "two");
    // These values are too long for the log, which needs no lock. The same process id, started at another time: the id was used again.
    await writeFile(join(side, "lock"), JSON.stringify({ ...JSON.parse(seen), token: "dead", started: "1" }), {
      mode: 0o600,
    });
    await vault.set("a", "three".padEnd(20_000));
    // A process id that does not exist.
    await writeFile(join(side, "lock"), JSON.stringify({ ...JSON.parse(seen), token: "dead", pid: 2 ** 22 + 5 }), {
      mode: 0o600,
    });
    await vault.set("a", "four".padEnd(20_000));
    expect(await readdir(side)).not.toContain("lock");
    await vault.close();
  });

  it("that this process took and failed to remove is broken by its next write", async () => {
    await made();
    let failures = 2;
    const failing: FileSystem = {
      ...nodeFiles,
      async unlink(file) {
        if (file.endsWith("lock") && failures-- > 0)
          throw Object.assign(new Error("input/output error"), { code: "EIO", syscall: "unlink" });
        await nodeFiles.unlink(file);
      },
    };
    await using vault = await open(fileStoreOn(failing, path, { lockTimeout: 0 }));
    await vault.set("a", "two");
    expect(await readdir(side)).toContain("lock");
    await vault.set("a", "three");
    await using other = await open(fileStore(path, { lockTimeout: 0 }));
    await other.set("a", "four");
    expect(await readdir(side)).not.toContain("lock");
  });

  it.runIf(process.platform === "linux")(
    "of a living process is broken after a minute, which no write takes",
    async () => {
      await made();
      const clock = manualClock(Date.now());
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
      try {
        let seen = "";
        const spying: FileSystem = {
          ...nodeFiles,
          async create(file, bytes, options) {
            if (file.endsWith("lock")) seen = Buffer.from(bytes).toString();
            await nodeFiles.create(file, bytes, options);
          },
        };
        await using vault = await open(fileStoreOn(spying, path, { clock, lockTimeout: 0 }));
        await vault.set("a", "two");
        const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
        const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
        const foreign = { ...JSON.parse(seen), token: "other", pid: child.pid, started };
        await writeFile(join(side, "lock"), JSON.stringify(foreign), { mode: 0o600 });
        await expect(vault.set("a", "three")).rejects.toThrow(code("VAULT_BUSY"));
        await clock.advance("61s");
        await vault.set("a", "four");
      } finally {
        child.kill();
      }
    },
  );

  it("of a holder that cannot be asked, as after a restart in another container, is respected for five seconds", async () => {
    await made();
    await writeFile(join(side, "lock"), holder({}), { mode: 0o600 });
    const clock = manualClock(Date.now());
    const vault = await open(fileStore(path, { clock, lockTimeout: 0 }));
    await expect(vault.set("a", "two")).rejects.toMatchObject({ code: "VAULT_BUSY", retryable: true });
    expect((await vault.get("a")).reveal()).toBe("one");
    await clock.advance("6s");
    await vault.set("a", "three");
    await vault.close();
  });

  it("from the future, as when the wall clock is put back, does not stay for long", async () => {
    await made();
    const lock = join(side, "lock");
    for (const holding of [holder({}), ""]) {
      await writeFile(lock, holding, { mode: 0o600 });
      const handle = await openFile(lock);
      await handle.utimes(Date.now() / 1000 + 3600, Date.now() / 1000 + 3600);
      await handle.close();
      const vault = await open(fileStore(path, { lockTimeout: 0 }));
      await vault.set("a", "two");
      await vault.close();
    }
  });

  it("without a holder's name is respected for two seconds", async () => {
    await made();
    await writeFile(join(side, "lock"), "", { mode: 0o600 });
    const clock = manualClock(Date.now());
    const vault = await open(fileStore(path, { clock, lockTimeout: 0 }));
    await expect(vault.set("a", "two")).rejects.toThrow(code("VAULT_BUSY"));
    await clock.advance("3s");
    await vault.set("a", "three");
    await vault.close();
  });

  it("is not needed for the truth: without any, writers at once still lose nothing", async () => {
    const unlocked = (): VaultStore => {
      const { exclusive: _, ...store } = wrapped(fileStore(path));
      return store;
    };
    await (await open()).close();
    const write = async (writer: number): Promise<void> => {
      await using vault = await open(unlocked());
      for (let i = 0; i < 25; i++) await vault.set(`${writer}/${i}`, "value");
    };
    await Promise.all([0, 1, 2].map(write));
    await using vault = await open();
    expect(await vault.verify()).toEqual({ epoch: 76, entries: 75, versions: 75 });
  });
});

describe("what is left over", () => {
  const stray = (digit: string): string => join(side, `s${digit.repeat(32)}`);

  it("from writers that died is removed by later writes, and nothing else is", async () => {
    await made();
    await writeFile(stray("a"), "x");
    await writeFile(join(side, `t1-${"0".repeat(16)}`), "x");
    await writeFile(join(side, `lock.${"0".repeat(16)}`), "x");
    await writeFile(join(side, "README"), "not ours");
    const files: FileSystem = {
      ...nodeFiles,
      // A writer that comes after this write has claimed its epoch may need its segment.
      async link(from, to) {
        await nodeFiles.link(from, to);
        await writeFile(stray("b"), "x");
      },
    };
    await using vault = await open(fileStoreOn(files, path));
    await vault.set("a", "two");
    expect((await readdir(side)).sort()).toEqual(["README", "e2", "e3", `s${"b".repeat(32)}`]);
  });

  it("of what was superseded is bounded: 600 writes of one large value", { timeout: 60_000 }, async () => {
    await using vault = await openVault({ store: fileStore(path), key, create: true, keep: 1, autoLock: false });
    let most = 0;
    for (let i = 0; i < 600; i++) {
      await vault.set("large", `${i}`.padEnd(90_000, "."));
      if (i % 20 !== 19) continue;
      const sizes = (await readdir(side)).map(async (name) => (await stat(join(side, name))).size);
      const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, (await stat(path)).size);
      most = Math.max(most, total / 90_000);
    }
    expect(most).toBeLessThan(6);
  });

  it("of a removed entry is nothing, in no file, once everything was encrypted anew", async () => {
    await using vault = await open();
    const name = "removed/secret";
    for (let i = 0; i < 4; i++) await vault.set(name, `${i}`.padEnd(60_000, "."));
    await vault.set("other", "stays");
    await vault.remove(name);
    const naming = async (): Promise<string[]> => {
      const places = [path, ...(await readdir(side)).map((file) => join(side, file))];
      const found = await Promise.all(places.map(async (file) => (await readFile(file)).includes(name)));
      return places.filter((_, at) => found[at]);
    };
    expect((await naming()).length).toBeGreaterThan(0);
    await vault.reencrypt();
    expect(await naming()).toEqual([]);
    expect((await readdir(side)).filter((file) => file.startsWith("s"))).toEqual([]);
    await vault.set("other", "goes on");
    expect(await vault.verify()).toMatchObject({ entries: 1 });
  });
});

describe("a lost head", () => {
  beforeEach(async () => {
    await using vault = await open();
    for (let i = 0; i < 60; i++) await vault.set(`entry/${i}`, `${i}`.padEnd(3000, "."));
    await unlink(path);
  });

  it("beside what is left of its vault is damage, names the last good copy, and nothing is made in its place", async () => {
    const before = (await readdir(side)).sort();
    for (const create of [true, false])
      await expect(openVault({ store: fileStore(path), key, create })).rejects.toMatchObject({
        code: "VAULT_CORRUPT",
        context: { reason: "the head is missing", lastGoodCopy: join(side, lastGoodCopyIn(before) as string) },
      });
    expect((await readdir(side)).sort()).toEqual(before);
    await copyFile(join(side, lastGoodCopyIn(before) as string), path);
    await using vault = await open();
    expect(await vault.verify()).toMatchObject({ epoch: 61, entries: 60 });
  });

  it("is not confused with a vault whose first write was cut short", async () => {
    for (const name of await readdir(side)) await unlink(join(side, name));
    await writeFile(join(side, `t1-${"0".repeat(16)}`), "half", { mode: 0o600 });
    await using vault = await open();
    expect(vault.epoch).toBe(1);
  });
});

describe("a head with one flipped bit", () => {
  it("costs the last good copy nothing", async () => {
    const vault = await open();
    for (let i = 0; i < 13; i++) await vault.set("a", `${i}`);
    await vault.close();
    const bytes = await readFile(path);
    expect(bytes.readBigUInt64BE(8)).toBe(15n);
    bytes.writeBigUInt64BE(12n, 8);
    await writeFile(path, bytes);
    await expect(open()).rejects.toThrow(code("VAULT_CORRUPT"));
    await copyFile(join(side, "e3"), path);
    await using restored = await open();
    expect((await restored.get("a")).reveal()).toBe("12");
  });
});

describe("a writer that was stopped for long after its write", () => {
  it("removes nothing that a later head needs", async () => {
    await made();
    const clock = manualClock(Date.now() + 11 * 60_000); // by which time all files look abandoned
    let isFirst = true;
    const stopped: FileSystem = {
      ...nodeFiles,
      async syncDirectory(place) {
        await nodeFiles.syncDirectory(place);
        if (!isFirst || place !== directory) return;
        isFirst = false;
        await rm(join(side, "lock"));
        await using other = await open();
        for (let i = 0; i < 4; i++) await other.set(`big/${i}`, "x".repeat(30_000));
      },
    };
    await using vault = await open(fileStoreOn(stopped, path, { clock }));
    await vault.set("a", "two");
    expect((await readdir(side)).filter((name) => name.startsWith("s"))).not.toEqual([]);
    expect(await vault.verify()).toMatchObject({ entries: 5 });
  });
});

describe("options", () => {
  it.each([
    ["", {}, /path must be/],
    ["a\0b", {}, /path must be/],
    [7, {}, /path must be/],
    ["a", { repair: "yes" }, /repair must be/],
    ["a", { lockTimeout: null }, /lockTimeout/],
    ["a", { clock: {} }, /clock must have/],
    ["a", { random: 4 }, /random must be/],
    ["a", { lockTimeout: Number.NaN }, /lockTimeout/],
    ["a", { mode: 0o644 }, /no option "mode"/],
  ])("refuse path %j with %o", (wrong, options, message) => {
    expect(() => fileStore(wrong as string, options as object)).toThrow(TypeError);
    expect(() => fileStore(wrong as string, options as object)).toThrow(message);
  });
});

/** A file system on which everything fails from the n-th change on, as it does for a process that was killed. */
function mortal(fatal: number): { files: { off: FileSystem; arm(): void }; isDead(): boolean } {
  let calls = 0;
  let isArmed = false;
  const dies = (): boolean => {
    if (isArmed) calls += 1;
    return isArmed && calls >= fatal;
  };
  const wrap =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (dies()) throw new Error("killed");
      return call(...args);
    };
  const entries = Object.entries(nodeFiles).map(([name, call]) => [name, wrap(call as () => Promise<unknown>)]);
  return {
    files: {
      off: Object.fromEntries(entries) as unknown as FileSystem,
      arm: () => {
        isArmed = true;
      },
    },
    isDead: () => calls >= fatal,
  };
}

/** A store's methods as plain members, so that one can be left out. */
function wrapped(store: VaultStore): VaultStore {
  return {
    kind: store.kind,
    read: () => store.read(),
    epoch: () => store.epoch(),
    readSegment: (id) => store.readSegment(id),
    commit: (expected, next) => store.commit(expected, next),
  };
}
