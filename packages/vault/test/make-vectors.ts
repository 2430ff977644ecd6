// Writes docs/reference/vault-vectors.json. Run by hand when the format changes: keys and nonces are new every time.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualClock } from "@seaworthy/core/testing";
import { fileStore, openVault, type Vault } from "../src/index.ts";
import { RootKeys } from "../src/internal/crypto/root-keys.ts";
import { decodeHead, encodeHead, type Head } from "../src/internal/format/head.ts";
import { encodeEnd, encodeEntry, type LogEntry, readLog } from "../src/internal/format/log.ts";
import { encodeRecord, Frame, splitFrames } from "../src/internal/format/record.ts";
import { keysOf } from "./independent-reader.ts";

const raw = Buffer.from("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "hex");
const kdf = { memory: "19mib", passes: 1, lanes: 1 } as const;
const clock = manualClock(Date.UTC(2026, 0, 1));
const directory = await mkdtemp(join(tmpdir(), "vault-vectors-"));
type Files = Record<string, string>;

async function filesOf(path: string): Promise<Files> {
  const files: Files = { head: (await readFile(path)).toString("base64") };
  const { segments, log } = decodeHead(await readFile(path));
  const named = [...segments.map(({ id }) => `s${id}`), ...(log === undefined ? [] : [`l${log}`])];
  for (const name of named) files[name] = (await readFile(join(`${path}.d`, name))).toString("base64");
  return files;
}

async function entriesOf(vault: Vault): Promise<object[]> {
  const versions = vault.list().flatMap(({ name }) => vault.history(name));
  return Promise.all(
    versions.map(async (version) => {
      const value = await vault.getBytes(version.name, { version: version.version, allowExpired: true });
      return { ...version, value: Buffer.from(value.reveal()).toString("base64") };
    }),
  );
}

const headOf = ({ files }: { files: Files }): Buffer => Buffer.from(files.head as string, "base64");

interface Good {
  name: string;
  credential: Record<string, string>;
  epoch: number;
  files: Files;
  entries: object[];
}

async function good(
  name: string,
  credential: Record<string, string>,
  fill: (vault: Vault) => Promise<Record<string, string> | undefined>,
  hasLog = false,
): Promise<Good> {
  const path = join(directory, name.replaceAll(" ", "-"), "v");
  const options = { store: fileStore(path), ...credential, kdf, clock, keep: 3, autoLock: false as const };
  const filled = await openVault({ ...options, create: true });
  const other = await fill(filled);
  if (!hasLog) await filled.close(); // folds the log
  await using vault = hasLog ? filled : await openVault(options);
  return {
    name,
    credential: other ?? credential,
    epoch: vault.epoch,
    files: await filesOf(path),
    entries: await entriesOf(vault),
  };
}

const key = { key: raw.toString("hex") };
const goods: Good[] = [
  await good("an empty vault", key, async () => undefined),
  await good("one entry under a password that NFKC changes", { password: "ﬁrst ünï 密码" }, async (vault) => {
    await vault.set("api-key", "sk-live-4242424242", {
      expiresAt: Date.UTC(2099, 0, 1),
      rotateAfter: "90d",
      labels: { b: "2", a: "ü" },
    });
    return undefined;
  }),
  await good("a recovery code among three slots", key, async (vault) => {
    await vault.addKey({ password: "another password" });
    const { code } = await vault.addKey({ recovery: true });
    await vault.set("a", "one");
    return { recovery: code.reveal() };
  }),
  await good("every type of record", key, async (vault) => {
    for (let i = 1; i <= 5; i++) await vault.set("many", `version ${i}`);
    await vault.destroy("many", 4);
    await vault.set("gone", "x");
    await vault.remove("gone");
    await vault.set("described", "value");
    await vault.setMetadata("described", { labels: { changed: "yes" } });
    await vault.set("bytes", new Uint8Array([0, 255, 128]));
    await vault.set("", "x").catch(() => undefined);
    await vault.set("naïve/名前", "");
    return undefined;
  }),
  await good("segments and a tail after the root key was replaced", key, async (vault) => {
    for (let i = 0; i < 3; i++) await vault.set(`big/${i}`, `${i}`.repeat(6000));
    await vault.rotateKeys();
    await vault.set("small", "in the tail");
    return undefined;
  }),
];

goods.push(
  await good(
    "a log of five entries",
    key,
    async (vault) => {
      for (let i = 0; i < 7; i++) await vault.set("logged", `version ${i}`);
      return undefined;
    },
    true,
  ),
);
const logged = goods.at(-1) as Good;
const logName = Object.keys(logged.files).find((name) => name.startsWith("l")) as string;
const logBytes = Buffer.from(logged.files[logName] as string, "base64");
const withLog = (bytes: Buffer): Files => ({ ...logged.files, [logName]: bytes.toString("base64") });
const logEntries = readLog(logBytes, logName.slice(1), decodeHead(headOf(logged)).epoch).entries;
const [first, second, third, fourth, fifth] = logEntries.map(({ end }, at) =>
  logBytes.subarray(logEntries[at - 1]?.end ?? 0, end),
) as [Buffer, Buffer, Buffer, Buffer, Buffer];
const { epoch: lastEpoch, mac: lastMac } = logEntries.at(-1) as LogEntry;
const end = encodeEnd({ last: lastMac, epoch: lastEpoch });
for (const [name, bytes] of [
  ["a log that ends with a write that was cut short", Buffer.concat([logBytes, first.subarray(0, 100)])],
  [
    "a log with entries of writers that were too late",
    Buffer.concat([first, first, second, third, second, fourth, fifth]),
  ],
  ["a log that has ended, and an entry behind its end", Buffer.concat([logBytes, end, fifth])],
  [
    "a log with a cut write, and an end that follows the last entry",
    Buffer.concat([logBytes, first.subarray(0, 100), end]),
  ],
] as const)
  goods.push({ ...logged, name, files: withLog(bytes) });

const [, , , , segmented] = goods as [Good, Good, Good, Good, Good];
const small = goods[3] as Good;
const broken: object[] = [];

function breakOne(name: string, code: string, files: Files, credential: Record<string, string> = key): void {
  broken.push({ name, code, credential, files });
}

const sealed = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, -32), createHash("sha256").update(bytes.subarray(0, -32)).digest()]);
const withHead = (from: Good, head: Buffer): Files => ({ ...from.files, head: head.toString("base64") });
function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

// Damage that the checksum shows.
const base = headOf(small);
breakOne("an empty file", "VAULT_CORRUPT", { head: "" });
breakOne("eight bytes", "VAULT_CORRUPT", withHead(small, base.subarray(0, 8)));
for (const length of [40, 57, 100, 300, base.length - 33, base.length - 1])
  breakOne(`cut after ${length} bytes`, "VAULT_CORRUPT", withHead(small, base.subarray(0, length)));
breakOne("one byte too many", "VAULT_CORRUPT", withHead(small, Buffer.concat([base, Buffer.alloc(1)])));
for (const [what, at] of [
  ["magic", 0],
  ["epoch", 15],
  ["epoch before", 23],
  ["log's id", 30],
  ["vault id", 40],
  ["key id", 56],
  ["creation", 79],
  ["slot", 94],
  ["tail", 400],
  ["MAC", base.length - 64],
  ["checksum", base.length - 1],
] as const)
  breakOne(`one bit of the ${what}, with the old checksum`, "VAULT_CORRUPT", withHead(small, flipped(base, at)));

// Changes by somebody who repairs the checksum.
const at = {
  slotCount: 80,
  slot: 83,
  kind: 91,
  created: 92,
  text: 101,
  commitment: 101 + 36,
  wrapped: 101 + 36 + 32,
  kept: 101 + 36 + 32 + 72,
};
breakOne("another magic", "VAULT_CORRUPT", withHead(small, sealed(flipped(base, 7))));
breakOne("another epoch", "VAULT_TAMPERED", withHead(small, sealed(flipped(base, 15))));
breakOne("an epoch beyond 53 bits", "VAULT_CORRUPT", withHead(small, sealed(flipped(base, 8))));
breakOne("another vault id", "VAULT_UNLOCK_FAILED", withHead(small, sealed(flipped(base, 40))));
breakOne("another epoch before", "VAULT_TAMPERED", withHead(small, sealed(flipped(base, 23))));
breakOne("a log that is missing", "VAULT_CORRUPT", withHead(small, sealed(flipped(base, 24))));
breakOne("another key id", "VAULT_TAMPERED", withHead(small, sealed(flipped(base, 57))));
breakOne("another creation", "VAULT_TAMPERED", withHead(small, sealed(flipped(base, 79))));
breakOne("no key slots", "VAULT_CORRUPT", withHead(small, sealed(flipped(base, at.slotCount))));
breakOne("another slot id", "VAULT_UNLOCK_FAILED", withHead(small, sealed(flipped(base, at.slot))));
breakOne("an unknown kind of slot", "VAULT_CORRUPT", withHead(small, sealed(Buffer.from(base.with(at.kind, 9)))));
breakOne(
  "a slot of another kind than its derivation",
  "VAULT_CORRUPT",
  withHead(small, sealed(Buffer.from(base.with(at.kind, 1)))),
);
breakOne("another slot creation", "VAULT_UNLOCK_FAILED", withHead(small, sealed(flipped(base, at.created + 7))));
breakOne("another derivation", "VAULT_CORRUPT", withHead(small, sealed(flipped(base, at.text + 3))));
breakOne(
  "another salt",
  "VAULT_UNLOCK_FAILED",
  withHead(small, sealed(Buffer.from(base.with(at.text + 20, base[at.text + 20] === 65 ? 66 : 65)))),
);
breakOne("another commitment", "VAULT_UNLOCK_FAILED", withHead(small, sealed(flipped(base, at.commitment))));
breakOne("another wrapped root", "VAULT_UNLOCK_FAILED", withHead(small, sealed(flipped(base, at.wrapped + 30))));
breakOne("another kept key", "VAULT_TAMPERED", withHead(small, sealed(flipped(base, at.kept + 30))));
breakOne("another MAC", "VAULT_TAMPERED", withHead(small, sealed(flipped(base, base.length - 64))));
breakOne("another byte in a record", "VAULT_TAMPERED", withHead(small, sealed(flipped(base, base.length - 80))));
breakOne("another key", "VAULT_UNLOCK_FAILED", small.files, { key: "ff".repeat(32) });
breakOne("a password where there is none", "VAULT_UNLOCK_FAILED", small.files, { password: "none" });

// Heads of the holder of the keys that break a rule.
const place = join(directory, "authentic");
await writeFile(place, base);
const { root } = await keysOf(place, { raw });
const keys = new RootKeys(Buffer.from(root as Buffer), decodeHead(base).vaultId);
const head: Head = decodeHead(base);
const authentic = (tail: readonly Frame[], facts: Partial<Head> = {}): Files =>
  withHead(small, encodeHead({ ...head, ...facts }, tail, keys.mac));
const put = head.tail.filter(({ record }) => record.type === "put" && record.name === "described").at(-1) as Frame;
const renamed = (version: number): Frame => encodeRecord({ ...(put.record as object), version } as never);
breakOne("records in another order", "VAULT_CORRUPT", authentic([...head.tail].reverse()));
breakOne("a version below the last", "VAULT_CORRUPT", authentic([renamed(2), renamed(1)]));
breakOne("version 0", "VAULT_CORRUPT", authentic([renamed(0)]));
breakOne(
  "the removal of what does not exist",
  "VAULT_CORRUPT",
  authentic([encodeRecord({ type: "remove", name: "x", at: 1 })]),
);
for (const type of ["prune", "destroy"] as const) {
  breakOne(
    `a ${type} of what does not exist`,
    "VAULT_CORRUPT",
    authentic([encodeRecord({ type, name: "x", version: 1 })]),
  );
  breakOne(
    `a ${type} that drops nothing`,
    "VAULT_CORRUPT",
    authentic([put, encodeRecord({ type, name: "described", version: type === "prune" ? 1 : 7 })]),
  );
  breakOne(
    `a ${type} of the last version`,
    "VAULT_CORRUPT",
    authentic([put, encodeRecord({ type, name: "described", version: type === "prune" ? 2 : 1 })]),
  );
}
breakOne("an unknown type of record", "VAULT_CORRUPT", authentic([new Frame(Buffer.from(put.bytes.with(4, 9)))]));
breakOne("a record with a byte too many", "VAULT_CORRUPT", authentic([longer(put)]));
breakOne("a name that is not UTF-8", "VAULT_CORRUPT", authentic([new Frame(Buffer.from(put.bytes.with(7, 0xff)))]));
breakOne("a record without a length", "VAULT_CORRUPT", authentic([new Frame(Buffer.alloc(4))]));

function longer(frame: Frame): Frame {
  const bytes = Buffer.concat([frame.bytes, Buffer.alloc(1)]);
  bytes.writeUInt32BE(bytes.length - 4, 0);
  return new Frame(bytes);
}

// Segments.
const firstSegment = Object.keys(segmented.files).find((name) => name !== "head") as string;
const bytesOf = (name: string): Buffer => Buffer.from(segmented.files[name] as string, "base64");
const { [firstSegment]: _, ...without } = segmented.files;
breakOne("a missing segment", "VAULT_CORRUPT", without);
breakOne("a segment cut short", "VAULT_CORRUPT", {
  ...segmented.files,
  [firstSegment]: bytesOf(firstSegment).subarray(0, -1).toString("base64"),
});
breakOne("one bit of a segment", "VAULT_CORRUPT", {
  ...segmented.files,
  [firstSegment]: flipped(bytesOf(firstSegment), 900).toString("base64"),
});
const frames = splitFrames(bytesOf(firstSegment), 1000);
breakOne("a segment's records in another order", "VAULT_CORRUPT", {
  ...segmented.files,
  [firstSegment]: Buffer.concat([...frames].reverse().map(({ bytes }) => bytes)).toString("base64"),
});

// Logs.
const { [logName]: _log, ...withoutLog } = logged.files;
breakOne("a head without its log", "VAULT_CORRUPT", withoutLog);
breakOne("one bit of an entry of the log that others follow", "VAULT_CORRUPT", withLog(flipped(logBytes, 200)));
breakOne(
  "the same with its checksum repaired",
  "VAULT_TAMPERED",
  withLog(Buffer.concat([resealed(flipped(first, 60)), second, third, fourth, fifth])),
);
breakOne("a log without its second entry", "VAULT_CORRUPT", withLog(Buffer.concat([first, third, fourth, fifth])));
breakOne("a log in another order", "VAULT_CORRUPT", withLog(Buffer.concat([first, third, second, fourth, fifth])));
breakOne("a log without its first entry", "VAULT_CORRUPT", withLog(Buffer.concat([second, third, fourth, fifth])));
breakOne(
  "another MAC in the log",
  "VAULT_TAMPERED",
  withLog(Buffer.concat([resealed(flipped(first, first.length - 20))])),
);
breakOne("another epoch in the log", "VAULT_CORRUPT", withLog(resealed(flipped(first, 43))));
await writeFile(place, headOf(logged));
const { log: logKey } = await keysOf(place, { raw });
const remove = encodeRecord({ type: "remove", name: "x", at: 1 });
const wrong = (epoch: number): Buffer => encodeEntry(lastMac, epoch, [remove], logKey as Buffer).bytes;
breakOne(
  "an authentic entry with an epoch too high",
  "VAULT_CORRUPT",
  withLog(Buffer.concat([logBytes, wrong(lastEpoch + 2)])),
);
breakOne(
  "an authentic entry that breaks a rule",
  "VAULT_CORRUPT",
  withLog(Buffer.concat([logBytes, wrong(lastEpoch + 1)])),
);

function resealed(entry: Buffer): Buffer {
  const before = entry.subarray(0, -8);
  return Buffer.concat([before, createHash("sha256").update(before).digest().subarray(0, 8)]);
}

const text = JSON.stringify({ format: 2, good: goods, broken }, undefined, 2);
await writeFile(join(import.meta.dirname, "../../../docs/reference/vault-vectors.json"), `${text}\n`);
await rm(directory, { recursive: true });
console.log(`${goods.length} vaults, ${broken.length} broken ones, ${text.length} bytes`);
