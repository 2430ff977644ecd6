import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Readable } from "node:stream";
import { readGauges } from "@seaworthy/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { main } from "../src/cli/main.ts";
import type { Backup } from "../src/index.ts";
import { createBackups, folderStorage, insertMany, sql } from "../src/index.ts";
import { surplusOf } from "../src/internal/backup/retention.ts";
import { type TestDatabase, testDatabase } from "../src/testing.ts";
import { ENGINES, SERVER } from "./engines.ts";

const hasPrograms = ["pg_dump", "pg_restore"].every((program) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program))),
);
if (!hasPrograms && process.env.CI === "true") throw new Error("pg_dump and pg_restore are missing, which CI needs");

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-backups-"));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!ENGINES.includes("pg") || !hasPrograms)("backups", () => {
  let source: TestDatabase;
  beforeAll(async () => {
    source = await testDatabase({ server: SERVER });
    await source.db.query(`create schema app; create table app.notes (id int primary key, text text, at timestamptz, doc jsonb);
      create table "Odd ""name" (x float8); create sequence numbers; create view app.v as select id from app.notes`);
    await insertMany(
      source.db,
      ["app", "notes"],
      Array.from({ length: 500 }, (_, id) => ({ id, text: `note ${id}`, at: new Date(id), doc: { id } })),
    );
    await source.db.query(`insert into "Odd ""name" values (0.1), ('NaN'), (1e300)`);
  });
  afterAll(() => source.close());
  const open = (folder: string) =>
    createBackups({ url: source.url, storage: folderStorage(folder), scratchServer: SERVER });

  test("a storage that hangs is given up after the timeout", async () => {
    const folder = folderStorage(await newFolder());
    const never = (): Promise<never> => new Promise(() => undefined);
    for (const hung of ["put", "list"] as const) {
      await using backups = createBackups({ url: source.url, storage: { ...folder, [hung]: never }, timeout: "3s" });
      await expect(backups.run()).rejects.toMatchObject({
        code: "POSTGRES_BACKUP_FAILED",
        message: `storage.${hung} did not end within 3000 ms`,
      });
    }
    const stalled = async (): Promise<Readable> => new Readable({ read: () => undefined });
    await using backups = createBackups({ url: source.url, storage: { ...folder, get: stalled }, timeout: "3s" });
    await expect(backups.list()).rejects.toThrow("storage.get did not end within 3000 ms");
  });

  test("the transaction of the snapshot may be idle for as long as the dump takes", async () => {
    const url = new URL(source.url);
    url.searchParams.set("options", "-c idle_in_transaction_session_timeout=1500");
    const storage = folderStorage(await newFolder());
    let states: unknown[] = [];
    const slow = async (name: string, content: Readable): Promise<void> => {
      const { rows } = await source.db.query(
        "select state from pg_stat_activity where application_name = 'backup' and datname = current_database()",
      );
      states = rows;
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await storage.put(name, content);
    };
    await using backups = createBackups({ url: url.href, storage: { ...storage, put: slow } });
    expect((await backups.run()).version).toBe(1);
    expect(states).toEqual([{ state: "idle in transaction" }]);
  });

  test("a change is found in a table with a column of the name that the query gives to rows", async () => {
    const folder = await newFolder();
    await using backups = open(folder);
    await source.db.query("create table entries (entry int, other int); insert into entries values (1, 1)");
    const before = (await backups.run()).tables.find(({ table }) => table.includes("entries"));
    await source.db.query("update entries set other = 2");
    const after = (await backups.run()).tables.find(({ table }) => table.includes("entries"));
    await source.db.query("drop table entries");
    expect(before?.checksum).not.toBe(after?.checksum);
  });

  test.each(["30d", 0, "soon"])("timeout %s is refused", (timeout) => {
    const storage = folderStorage("unused");
    expect(() => createBackups({ url: SERVER, storage, timeout: timeout as never })).toThrow("timeout must");
  });

  test("a backup is verified by restoring it, and restored into an empty database", async () => {
    const folder = await newFolder();
    await using backups = open(folder);
    const manifest = await backups.run();
    expect(manifest).toMatchObject({
      version: 1,
      size: (await stat(join(folder, `${manifest.id}.dump`))).size,
      tables: [
        { table: '"app"."notes"', rows: "500", checksum: expect.stringMatching(/^-?\d+$/) },
        { table: '"public"."Odd ""name"', rows: "3", checksum: expect.any(String) },
      ],
    });
    expect(await backups.verify()).toMatchObject({ ok: true, restoreTime: expect.any(Number) });
    const status = await backups.status();
    expect(status).toMatchObject({
      last: { id: manifest.id },
      lastVerified: { id: manifest.id },
      recoveryTime: expect.any(Number),
    });
    expect(status.recoveryPoint).toBeGreaterThan(0);
    const ages = readGauges().filter(({ definition }) => definition.name === "postgres.backup_age");
    expect(ages.map(({ labels }) => labels.state).sort()).toEqual(["complete", "verified"]);
    await using target = await testDatabase({ server: SERVER });
    await backups.restore(manifest.id, target.url);
    const { rows } = await target.db.query("select count(*)::int as n, max(doc->>'id') as doc from app.notes");
    expect(rows[0]).toEqual({ n: 500, doc: "99" });
    await expect(backups.restore(manifest.id, target.url)).rejects.toThrow('not empty: it has the table "app"."notes"');
  });

  test("the manifest is of the dump's snapshot although rows are written meanwhile", async () => {
    await using backups = open(await newFolder());
    const storage = folderStorage(folders[0] ?? "");
    let writing = true;
    const writer = (async () => {
      for (let id = 10_000; writing; id++) await source.db.query(sql`insert into app.notes (id) values (${id})`);
    })();
    await backups.run();
    writing = false;
    await writer;
    expect(await backups.verify()).toMatchObject({ ok: true });
    await source.db.query("delete from app.notes where id >= 10000");
    expect(await storage.list()).toHaveLength(3);
  });

  test.each([
    ["cut in half", (file: string, size: number) => truncate(file, Math.floor(size / 2)), "bytes in place of"],
    ["longer", (file: string) => appendFile(file, "x"), "more than the"],
    [
      "changed in one byte",
      async (file: string, size: number) => {
        const bytes = await readFile(file);
        const at = Math.floor(size / 2);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        await writeFile(file, bytes);
      },
      "SHA-256",
    ],
    ["missing", (file: string) => rm(file), "cannot be read"],
  ])("a dump that is %s is found out, and the outcome is kept", async (_, damage, message) => {
    const folder = await newFolder();
    await using backups = open(folder);
    const { id, size } = await backups.run();
    await damage(join(folder, `${id}.dump`), size);
    const verified = backups.verify();
    await expect(verified).rejects.toMatchObject({ code: "POSTGRES_BACKUP_INVALID" });
    await expect(verified).rejects.toThrow(message);
    expect((await backups.list())[0]?.verification).toMatchObject({
      ok: false,
      fault: expect.stringContaining(message),
    });
    expect((await backups.status()).lastVerified).toBeUndefined();
  });

  test("a dump whose hash was adapted to the damage is found out by what was restored", async () => {
    const folder = await newFolder();
    await using backups = open(folder);
    const { id } = await backups.run();
    const file = join(folder, `${id}.dump`);
    await truncate(file, Math.floor((await stat(file)).size * 0.8));
    const path = join(folder, `${id}.manifest.json`);
    const manifest = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    const bytes = await readFile(file);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await writeFile(path, JSON.stringify({ ...manifest, size: bytes.length, sha256 }));
    await expect(backups.verify(id)).rejects.toMatchObject({ code: "POSTGRES_BACKUP_INVALID" });
  });

  test("a manifest that promises other rows is found out", async () => {
    const folder = await newFolder();
    await using backups = open(folder);
    const { id } = await backups.run();
    const path = join(folder, `${id}.manifest.json`);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace('"rows": "500"', '"rows": "501"'));
    await expect(backups.verify(id)).rejects.toThrow('table "app"."notes" has 500 rows in place of 501');
  });

  test("nothing is left of a backup that could not be made", async () => {
    const folder = await newFolder();
    await using refused = createBackups({ url: source.url, storage: folderStorage(folder), programs: "/nowhere" });
    await expect(refused.run()).rejects.toMatchObject({
      code: "POSTGRES_BACKUP_FAILED",
      message: expect.stringContaining("was not found"),
    });
    await using full = createBackups({
      url: source.url,
      storage: {
        ...folderStorage(folder),
        put: () => Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" })),
      },
    });
    await expect(full.run()).rejects.toMatchObject({
      code: "POSTGRES_BACKUP_FAILED",
      message: expect.stringContaining("no space"),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test("scratch databases are removed, also after a failure", async () => {
    await using backups = open(await newFolder());
    await backups.run();
    await backups.verify();
    await truncate(join(folders[0] ?? "", `${(await backups.list())[0]?.id}.dump`), 10);
    await backups.verify().catch(() => undefined);
    const { rows } = await source.db.query(
      "select count(*)::int as n from pg_database where datname like 'seaworthy_verify_%'",
    );
    expect(rows[0]?.n).toBe(0);
  });

  test("old backups are removed, and never the last one or the last verified one", async () => {
    const folder = await newFolder();
    await using backups = createBackups({
      url: source.url,
      storage: folderStorage(folder),
      keep: { daily: 1, weekly: 0 },
      scratchServer: SERVER,
    });
    const first = await backups.run();
    await backups.verify();
    const second = await backups.run();
    const third = await backups.run();
    expect((await backups.list()).map(({ id }) => id).sort()).toEqual([first.id, third.id].sort());
    expect((await readdir(folder)).filter((name) => name.startsWith(second.id))).toEqual([]);
  });

  test("the program makes, lists, verifies and restores", async () => {
    const folder = await newFolder();
    const lines: string[] = [];
    const place = {
      env: { DATABASE_URL: source.url },
      out: (line: string) => void lines.push(line),
      err: (line: string) => void lines.push(line),
    };
    expect(await main(["backup", folder], place)).toBe(0);
    expect(await main(["list", folder], place)).toBe(0);
    expect(lines[1]).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{8} {2}\d+ bytes {2}2 tables {2}not verified$/);
    expect(await main(["verify", folder], place)).toBe(0);
    const [id = ""] = (lines[1] ?? "").split(" ");
    await using target = await testDatabase({ server: SERVER });
    expect(await main(["restore", folder, id, "--to", target.url], place)).toBe(0);
    expect((await target.db.query("select count(*)::int as n from app.notes")).rows[0]?.n).toBe(500);
    expect(await main(["restore", folder, id], place)).toBe(2);
    expect(await main(["restore", folder, id, "--to", target.url], place)).toBe(1);
    expect(lines.at(-1)).toContain("(POSTGRES_BACKUP_FAILED)");
  });
});

describe("retention", () => {
  const backup = (day: string, hour: number, ok?: boolean): Backup => {
    const startedAt = `${day}T${String(hour).padStart(2, "0")}:00:00.000Z`;
    const id = `${startedAt.replace(/[-:]|\.\d+/g, "")}-00000000`;
    return {
      id,
      manifest: { startedAt } as never,
      ...(ok === undefined ? undefined : { verification: { version: 1, at: startedAt, ok } }),
    };
  };
  const kept = (backups: Backup[], daily: number, weekly: number): string[] => {
    const surplus = new Set(surplusOf(backups, { daily, weekly }));
    return backups
      .filter((one) => !surplus.has(one))
      .map(({ id }) => id.slice(6, 11))
      .sort();
  };

  test("keeps the last backup of each day and of each week", () => {
    // 2 and 9 November 2026 are Mondays.
    const all = [
      backup("2026-11-01", 9),
      backup("2026-11-02", 9),
      backup("2026-11-08", 9),
      backup("2026-11-09", 8),
      backup("2026-11-09", 9),
      backup("2026-11-10", 9),
    ];
    expect(kept(all, 2, 0)).toEqual(["09T09", "10T09"]);
    expect(kept(all, 1, 3)).toEqual(["01T09", "08T09", "10T09"]);
    expect(kept(all, 10, 0)).toEqual(["01T09", "02T09", "08T09", "09T09", "10T09"]);
  });

  test("a backup that failed its verification does not stand for its day", () => {
    const all = [backup("2026-11-01", 8, true), backup("2026-11-01", 9, false), backup("2026-11-02", 9)];
    expect(kept(all, 2, 0)).toEqual(["01T08", "02T09"]);
  });

  test("the last verified backup stays, however old it is", () => {
    const all = [backup("2025-01-01", 9, true), ...[1, 2, 3, 4].map((day) => backup(`2026-11-0${day}`, 9))];
    expect(kept(all, 1, 0)).toEqual(["01T09", "04T09"]);
  });
});

describe("a folder of backups", () => {
  test("refuses names that lead out of it, and keeps nothing of a stream that fails", async () => {
    const folder = await newFolder();
    const storage = folderStorage(join(folder, "made"));
    expect(await storage.list()).toEqual([]);
    for (const name of ["../x", "a/b", "", ".hidden", "x".repeat(201)])
      await expect(storage.put(name, Readable.from(["x"]))).rejects.toThrow("name must have");
    const failing = Readable.from(
      (function* () {
        yield Buffer.from("half");
        throw new Error("cut");
      })(),
    );
    await expect(storage.put("whole", failing)).rejects.toThrow("cut");
    expect(await readdir(join(folder, "made"))).toEqual([]);
    await storage.put("whole", Readable.from([Buffer.from("all")]));
    expect((await stat(join(folder, "made", "whole"))).mode & 0o777).toBe(0o600);
    await expect(storage.get("other")).rejects.toMatchObject({ code: "ENOENT" });
    await storage.remove("whole");
    await storage.remove("whole");
  });

  test("malformed options of backups are refused, and no password is shown", () => {
    const url = "postgres://u:hunter-22@h/x";
    const storage = folderStorage(tmpdir());
    const wrong: [object, string][] = [
      [{ storage }, "url must be a URL"],
      [{ url: "pglite://memory", storage }, "url must be a URL"],
      [{ url, storage: {} }, "storage.put must be a function"],
      [{ url, storage, keep: { daily: 0 } }, "keep.daily must be"],
      [{ url, storage, keep: { hourly: 1 } }, 'no option "hourly"'],
      [{ url, storage, timeout: "soon" }, "timeout must be"],
    ];
    for (const [options, message] of wrong) {
      expect(() => createBackups(options as never)).toThrow(message);
      expect(() => createBackups(options as never)).not.toThrow("hunter-22");
    }
  });
});
