import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { open, readdir, readFile, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileStore, memoryStore, openVault, type Vault } from "@seaworthy/vault";
import { openFields } from "@seaworthy/vault/fields";
import { compare } from "./harness.ts";

const ENTRIES = 10_000;
const key = randomBytes(32);
const value = randomBytes(24).toString("base64url");
const directory = mkdtempSync(join(tmpdir(), "bench-vault-"));

try {
  await unlocking();
  const { path, bundle } = await fill();
  await reading(path, bundle);
  await opening(path);
  await listing(path);
  await writing(path);
  await growing();
  await sealing();
} finally {
  rmSync(directory, { recursive: true });
}

/** A file of 10 000 entries, and the same as a bundle. */
async function fill(): Promise<{ path: string; bundle: Uint8Array }> {
  await using source = await openVault({ store: memoryStore(), key, create: true, autoLock: false });
  for (let i = 0; i < ENTRIES; i++) await source.set(`service/${i}/api-key`, value);
  const bundle = await source.exportTo({ key });
  const path = join(directory, "large", "credentials.vault");
  await using vault = await openVault({ store: fileStore(path), key, create: true, autoLock: false });
  await vault.importFrom(bundle, { key });
  return { path, bundle };
}

async function unlocking(): Promise<void> {
  const kdf = { memory: "64mib", passes: 3, lanes: 4 };
  const withPassword = memoryStore();
  const withKey = memoryStore();
  await (await openVault({ store: withPassword, password: "correct horse", kdf, create: true })).close();
  await (await openVault({ store: withKey, key, create: true })).close();
  const cycle = async (store: typeof withKey, credential: object): Promise<void> =>
    (await openVault({ store, ...credential, autoLock: false })).close();
  await compare(
    "open and unlock an empty vault",
    {
      "password, 64 MiB, 3 passes, 4 lanes": () => cycle(withPassword, { password: "correct horse" }),
      "raw key": () => cycle(withKey, { key }),
    },
    { asynchronous: true, rounds: 15 },
  );
}

async function reading(path: string, bundle: Uint8Array): Promise<void> {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
  const box = Buffer.concat([cipher.update(value), cipher.final()]);
  const tag = cipher.getAuthTag();
  const bare = (): string => {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
    decipher.setAuthTag(tag);
    return decipher.update(box, undefined, "utf8") + decipher.final("utf8");
  };
  const options = { key, autoLock: false as const };
  await using inMemory = await openVault({ store: memoryStore(bundle), ...options });
  await using inFile = await openVault({ store: fileStore(path), ...options });
  await using relaxed = await openVault({ store: fileStore(path), ...options, refreshEvery: "1s" });
  let turn = 0;
  // A value that is in use is given out again; fewer calls than there are entries, so that none of these is.
  const fresh = (vault: Vault) => () => vault.get(`service/${turn++ % ENTRIES}/api-key`);
  const again = (vault: Vault) => () => vault.get("service/5000/api-key");
  await compare(
    "get one of 10 000 entries",
    {
      "bare AES-256-GCM decrypt": bare,
      "get a value that is not in use, memory": fresh(inMemory),
      "get a value that is in use, memory": again(inMemory),
      "get a value that is in use, file, refreshEvery 1s": again(relaxed),
      "get a value that is in use, file, looks at the file each time": again(inFile),
    },
    { asynchronous: true },
  );
}

async function opening(path: string): Promise<void> {
  const files = [
    path,
    ...(await readdir(`${path}.d`)).filter((name) => name.startsWith("s")).map((name) => join(`${path}.d`, name)),
  ];
  const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
  await compare(
    `open ${ENTRIES} entries, ${(size / 1e6).toFixed(1)} MB in ${files.length} files`,
    {
      "read the files and hash them once": async () => {
        for (const file of files) hash("sha256", await readFile(file));
      },
      "open with a raw key, everything authenticated": async () =>
        (await openVault({ store: fileStore(path), key, autoLock: false })).close(),
    },
    { asynchronous: true, rounds: 15 },
  );
}

async function listing(path: string): Promise<void> {
  await using vault = await openVault({ store: fileStore(path), key, autoLock: false });
  await compare(`list ${ENTRIES} entries`, { list: () => vault.list().length }, { rounds: 15 });
}

async function writing(path: string): Promise<void> {
  const small = join(directory, "small", "credentials.vault");
  await using few = await openVault({ store: fileStore(small), key, create: true, autoLock: false });
  for (let i = 0; i < 50; i++) await few.set(`entry/${i}`, value);
  await using many = await openVault({ store: fileStore(path), key, autoLock: false });
  const bytes = await readFile(small);
  const insert = sqlite(join(directory, "entries.db"));
  let turn = 0;
  await compare(
    "set",
    {
      "bare atomic write of the small vault's bytes": () => atomicWrite(join(directory, "bare"), bytes),
      "insert into SQLite, WAL, synchronous = FULL": () => insert(`entry/${turn++ % 50}`),
      "set in a vault of 50 entries": () => few.set(`entry/${turn++ % 50}`, value),
      "set in a vault of 10 000 entries": () => many.set(`service/${turn++ % ENTRIES}/api-key`, value),
      "100 sets at once in a vault of 50 entries": () =>
        Promise.all(Array.from({ length: 100 }, (_, i) => few.set(`entry/${i % 50}`, value))),
      "setMany of 100 values in a vault of 50 entries": () =>
        few.setMany(Array.from({ length: 100 }, (_, i) => ({ name: `more/${i}`, value }))),
    },
    { asynchronous: true, rounds: 15, iterations: 20 },
  );
}

/** A column of 100 000 rows, with one unlock. */
async function sealing(): Promise<void> {
  const rows = 100_000;
  const vault = await openVault({ store: memoryStore(), key, create: true });
  using fields = await openFields({ vault, name: "fields/rows", scope: "rows", create: true });
  await vault.close();
  const secretKey = createSecretKey(randomBytes(32));
  const bare = (): string => {
    const cipher = createCipheriv("aes-256-gcm", secretKey, randomBytes(12), { authTagLength: 16 });
    return Buffer.concat([cipher.update(value), cipher.final(), cipher.getAuthTag()]).toString("base64url");
  };
  let row = 0;
  const sealed = fields.seal("secret", 7, value);
  await compare("fields", {
    "bare AES-256-GCM encrypt": bare,
    seal: () => fields.seal("secret", row++, value),
    open: () => fields.open("secret", 7, sealed),
    "blind index": () => fields.index("secret", value),
  });
  const begun = performance.now();
  const column = Array.from({ length: rows }, (_, id) => fields.seal("secret", id, value));
  const between = performance.now();
  for (const [id, one] of column.entries()) fields.open("secret", id, one);
  const [seal, open] = [between - begun, performance.now() - between];
  console.log(`\n${rows} rows with one unlock\n  seal ${seal.toFixed(0)} ms, open ${open.toFixed(0)} ms`);
}

/** One durable statement per call; as many bytes as a record of the vault. */
function sqlite(path: string): (name: string) => void {
  const database = new DatabaseSync(path);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE entries (name TEXT PRIMARY KEY, box BLOB)",
  );
  const statement = database.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?)");
  const box = randomBytes(250);
  return (name) => void statement.run(name, box);
}

/** What a vault's bytes cost as it is filled: linear is 2, quadratic is 4. */
async function growing(): Promise<void> {
  const written: number[] = [];
  for (const count of [ENTRIES / 2, ENTRIES]) {
    const store = memoryStore();
    let bytes = 0;
    const counting: typeof store = {
      ...store,
      commit: (expected, next) => {
        bytes += next.head.length + next.add.reduce((sum, segment) => sum + segment.bytes.length, 0);
        return store.commit(expected, next);
      },
    };
    await using vault = await openVault({ store: counting, key, create: true, autoLock: false });
    for (let i = 0; i < count; i++) await vault.set(`entry/${i}`, value);
    written.push(bytes);
  }
  const [half, whole] = written as [number, number];
  console.log(
    `\nbytes written to fill a vault by single sets\n  ${ENTRIES / 2} entries: ${(half / 1e6).toFixed(0)} MB, ${ENTRIES}: ${(whole / 1e6).toFixed(0)} MB, ${(whole / half).toFixed(2)} ×`,
  );
}

async function atomicWrite(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(`${path}.tmp`, "w", 0o600);
  await handle.writeFile(bytes);
  await handle.sync();
  await handle.close();
  await rename(`${path}.tmp`, path);
  const parent = await open(directory, "r");
  await parent.sync();
  await parent.close();
}
