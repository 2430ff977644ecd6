import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { errors } from "../src/errors.ts";
import {
  type AuditSigner,
  type AuditStore,
  createAudit,
  ed25519Signer,
  fileAuditStore,
  generateSignerKey,
  memoryAuditKeys,
  memoryAuditStore,
  toCef,
} from "../src/index.ts";
import { parseEntry } from "../src/internal/entry-format.ts";

let path: string;
beforeEach(() => {
  path = join(tmpdir(), `seaworthy-audit-${crypto.randomUUID()}.log`);
});
afterEach(async () => {
  for (const suffix of ["", ".lock", ".seals", ".new"]) await rm(`${path}${suffix}`, { force: true });
});
const signer = ed25519Signer({ name: "x", key: generateSignerKey() });
const one = { type: "a", outcome: "success" } as const;

test("an entry that was kept is an event without the entry in it", async () => {
  using telemetry = captureTelemetry();
  const began = performance.now();
  await createAudit({ store: memoryAuditStore() }).record(one);
  const [event] = telemetry.of("audit.record");
  expect(event?.labels).toEqual({ outcome: "kept" });
  expect(event?.value).toBeLessThanOrEqual((performance.now() - began) / 1000);
  expect(event).not.toHaveProperty("details");
});

test("a verification is an event with its seconds and its outcome", async () => {
  using telemetry = captureTelemetry();
  const store = memoryAuditStore();
  const audit = createAudit({ store });
  await audit.record(one);
  const began = performance.now();
  await audit.verify();
  const changed = createAudit({ store: { ...store, head: async () => ({ sequence: 2, hash: "h" }) } });
  await changed.verify();
  const events = telemetry.of("audit.verify");
  expect(events).toMatchObject([
    { labels: { outcome: "sound" }, details: { entries: 1 } },
    { labels: { outcome: "tampered" }, details: { fault: { sequence: 2, kind: "truncated" } } },
  ]);
  for (const { value } of events) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual((performance.now() - began) / 1000);
  }
});

test("what was buffered comes into the trail with the next entry that the store keeps", async () => {
  const store = memoryAuditStore();
  let isBroken = false;
  const append: AuditStore["append"] = (make) =>
    isBroken ? Promise.reject(new Error("disk full")) : store.append(make);
  const audit = createAudit({ store: { ...store, append }, onFailure: "buffer", bufferPath: path });
  await audit.record({ ...one, type: "one" });
  isBroken = true;
  await audit.record({ ...one, type: "two" });
  isBroken = false;
  await audit.record({ ...one, type: "three" });
  expect((await audit.query()).entries.map(({ type }) => type)).toEqual(["one", "two", "three"]);
});

test("lines of a buffer that are not entries do not come into the trail", async () => {
  const good = { type: "a", outcome: "denied", at: 1 };
  const lines = [7, null, "a", [good], { ...good, type: 7 }, { ...good, outcome: 7 }, { ...good, at: "1" }, good];
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const audit = createAudit({ store: memoryAuditStore(), onFailure: "buffer", bufferPath: path });
  await audit.record(one);
  expect((await audit.query()).entries.map(({ outcome }) => outcome)).toEqual(["denied", "success"]);
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 });
});

test("a call may be repeated if the store could not keep the entry", async () => {
  const store: AuditStore = { ...memoryAuditStore(), append: () => Promise.reject(new Error("disk")) };
  await expect(createAudit({ store }).record(one)).rejects.toMatchObject({ retryable: true, expose: false });
});

test.each(Object.entries(errors))("%s is not shown to the clients of the service", (code, make) => {
  expect(make()).toMatchObject({ code, expose: false, retryable: code === "AUDIT_WRITE_FAILED" });
});

test("a checkpoint is refused if something follows its signature on the same line", async () => {
  const audit = createAudit({ store: memoryAuditStore(), signer });
  const note = await audit.checkpoint();
  await expect(audit.verify({ checkpoint: note })).resolves.toMatchObject({ ok: true });
  for (const changed of [`${note.trimEnd()} more\n`, note.replace("\u2014 ", "x \u2014 ")])
    await expect(audit.verify({ checkpoint: changed })).rejects.toMatchObject({ code: "AUDIT_CHECKPOINT_INVALID" });
});

test("a checkpoint is refused if the id of the verifier is not that of its key", async () => {
  const [name, , key] = signer.verifier.split("+");
  const text = `audit\n1\n${Buffer.alloc(32).toString("base64")}\n`;
  const signature = Buffer.concat([Buffer.alloc(4), await signer.sign(Buffer.from(text))]).toString("base64");
  const audit = createAudit({ store: memoryAuditStore(), verifier: `${name}+00000000+${key}` });
  await expect(audit.verify({ checkpoint: `${text}\n\u2014 ${name} ${signature}\n` })).rejects.toMatchObject({
    code: "AUDIT_CHECKPOINT_INVALID",
  });
});

test("entries are found by their subject, also together with an actor", async () => {
  const audit = createAudit({ store: memoryAuditStore() });
  await audit.record({ ...one, actor: "u-1", subject: "o-1" });
  await audit.record({ ...one, actor: "u-1", subject: "o-2" });
  await audit.record({ ...one, actor: "u-2", subject: "o-2" });
  const found = async (query: object): Promise<number[]> =>
    (await audit.query(query)).entries.map(({ sequence }) => sequence);
  expect(await found({ subject: "o-2" })).toEqual([2, 3]);
  expect(await found({ actor: "u-1", subject: "o-2" })).toEqual([2]);
  expect(await found({ subject: "o-3" })).toEqual([]);
});

test.each([
  [{ from: 2 }, [2, 3]],
  [{ to: 2 }, [1]],
  [{ from: 2, to: 2 }, []],
  [{ after: 3 }, []],
  [{ limit: 3 }, [1, 2, 3]],
  [{ limit: 2 }, [1, 2]],
  [{ outcome: "denied" }, []],
])("the query %o ends at its bounds", async (query, expected) => {
  const audit = createAudit({ store: memoryAuditStore() });
  for (const at of [1, 2, 3]) await audit.record({ ...one, at });
  const page = await audit.query(query as object);
  expect(page.entries.map(({ sequence }) => sequence)).toEqual(expected);
  // The last entry of a full page is not followed by an empty page.
  expect(page.next).toBe(expected.length === 2 && "limit" in query ? 2 : undefined);
});

describe("checkpoints", () => {
  test("are made by themselves only if there is a sink for them", async () => {
    let signatures = 0;
    const counting: AuditSigner = {
      ...signer,
      sign: (bytes) => {
        signatures++;
        return signer.sign(bytes);
      },
    };
    const audit = createAudit({ store: memoryAuditStore(), signer: counting, checkpointEvery: { entries: 1 } });
    await audit.record(one);
    await audit.record(one);
    await audit.close();
    expect(signatures).toBe(0);
  });

  test("are not made at the end if nothing was recorded since the last one", async () => {
    const notes: string[] = [];
    const sink = async (note: string): Promise<void> => void notes.push(note);
    const audit = createAudit({ store: memoryAuditStore(), signer, sink });
    await audit.record(one);
    await audit.checkpoint();
    await audit.close();
    expect(notes).toHaveLength(1);
  });

  test("wait for the sink up to ten seconds", async () => {
    const clock = manualClock();
    const called: (() => void)[] = [];
    const sink = (): Promise<void> => new Promise((resolve) => void called.push(resolve));
    const audit = createAudit({ store: memoryAuditStore(), signer, clock, sink });
    const made = audit.checkpoint();
    await expect.poll(() => called.length).toBe(1);
    await clock.advance("9s");
    called[0]?.();
    await expect(made).resolves.toContain("audit\n0\n");
    const late = audit.checkpoint();
    const refused = expect(late).rejects.toThrow("the sink did not answer within 10000 ms");
    await expect.poll(() => called.length).toBe(2);
    await clock.advance("10s");
    await refused;
  });
});

describe("seals", () => {
  test("that are known but not signed do not allow entries to be removed", async () => {
    const store = memoryAuditStore();
    const audit = createAudit({ store, signer });
    await audit.record({ ...one, at: 1 });
    const unsigned = await createAudit({ store }).seal(2);
    await expect(audit.prune(unsigned as NonNullable<typeof unsigned>)).rejects.toMatchObject({
      code: "AUDIT_NOT_SEALED",
    });
    expect((await audit.query()).entries[0]?.sequence).toBe(1);
  });

  test("that are signed but not kept by this store do not allow entries to be removed", async () => {
    const [here, there] = [memoryAuditStore(), memoryAuditStore()];
    for (const store of [here, there]) await createAudit({ store, signer }).record({ ...one, at: 1 });
    const foreign = await createAudit({ store: there, signer }).seal(2);
    const audit = createAudit({ store: here, signer });
    await expect(audit.prune(foreign as NonNullable<typeof foreign>)).rejects.toMatchObject({
      code: "AUDIT_NOT_SEALED",
    });
  });

  test.each([
    "null",
    "7",
    '{"sequence":"1","hash":"h","at":"x"}',
    '{"sequence":1,"hash":7,"at":"x"}',
    '{"hash":"h"}',
    "not JSON",
  ])("of a file with the line %s are reported as changed", async (line) => {
    await writeFile(path, "");
    await writeFile(`${path}.seals`, `${line}\n`);
    const audit = createAudit({ store: fileAuditStore(path) });
    await expect(audit.verify()).rejects.toMatchObject({ code: "AUDIT_TAMPERED" });
  });

  test("do not include an entry of the same moment", async () => {
    const audit = createAudit({ store: memoryAuditStore() });
    for (const at of [1, 2]) await audit.record({ ...one, at });
    expect((await audit.seal(2))?.sequence).toBe(1);
  });
});

describe("a line of a file", () => {
  const entry = { v: 1, seq: 1, prev: "p", at: "2026-01-02T00:00:00.000Z", type: "a", outcome: "success" };
  const parse = (value: unknown): unknown => parseEntry(Buffer.from(JSON.stringify(value)));

  test("is an entry if it has all members that an entry needs", () => {
    expect(parse({ ...entry, actor: "u" })).toEqual({
      sequence: 1,
      previous: "p",
      at: Date.UTC(2026, 0, 2),
      ...{ type: "a", outcome: "success", actor: "u" },
    });
    for (const outcome of ["failure", "denied"]) expect(parse({ ...entry, outcome })).toMatchObject({ outcome });
  });

  test.each([
    { v: 2 },
    { v: "1" },
    { seq: "1" },
    { seq: 1.5 },
    { seq: 2 ** 53 },
    { prev: 7 },
    { at: 7 },
    { at: "soon" },
    { type: 7 },
    { outcome: "kept" },
    { outcome: undefined },
  ])("is not an entry with %o", (change) => {
    expect(parse({ ...entry, ...change })).toBeUndefined();
  });

  test.each([null, 7, "a", [entry]])("that is %o is not an entry", (value) => {
    expect(parse(value)).toBeUndefined();
  });

  test("that is not UTF-8 is not an entry", () => {
    const text = JSON.stringify({ ...entry, actor: "\u00e9" });
    expect(parseEntry(Buffer.from(text, "latin1"))).toBeUndefined();
    expect(parseEntry(Buffer.from(text))).toMatchObject({ actor: "\u00e9" });
  });
});

describe("personal members", () => {
  test("make no key for an entry that has none of them", async () => {
    const keys = memoryAuditKeys();
    const audit = createAudit({ store: memoryAuditStore(), personal: { keys } });
    await audit.record({ ...one, actor: "u-1" });
    expect(await keys.get("u-1")).toBeUndefined();
    const [entry] = (await audit.query()).entries;
    expect(entry).not.toHaveProperty("erased");
    expect(entry).not.toHaveProperty("encrypted");
  });

  test("of somebody without a key can be erased, and the erasure is recorded", async () => {
    const audit = createAudit({ store: memoryAuditStore(), personal: { keys: memoryAuditKeys() } });
    await audit.erase("u-9");
    expect((await audit.query()).entries).toMatchObject([{ type: "audit.erase", subject: "u-9", outcome: "success" }]);
  });

  test.each(["", 7, undefined])("are not erased for the owner %o", async (owner) => {
    const audit = createAudit({ store: memoryAuditStore(), personal: { keys: memoryAuditKeys() } });
    await expect(audit.erase(owner as never)).rejects.toThrow("owner must be a string");
    expect((await audit.query()).entries).toEqual([]);
  });

  test("belong to the subject if the entry has no actor", async () => {
    const keys = memoryAuditKeys();
    const audit = createAudit({ store: memoryAuditStore(), personal: { keys } });
    await audit.record({ ...one, subject: "u-2", address: "192.0.2.1" });
    expect(await keys.get("u-2")).toBeDefined();
    await audit.erase("u-2");
    expect((await audit.query()).entries[0]).toMatchObject({ erased: true });
  });
});

test("the lock of a process that has ended does not keep the next one from writing", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  await writeFile(`${path}.lock`, `${pid} 1 0000000000000000`);
  await using audit = createAudit({ store: fileAuditStore(path) });
  await audit.record(one);
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 1 });
});

test("the lock of a process that belongs to another user is respected", async () => {
  await writeFile(`${path}.lock`, "4194303  0000000000000000");
  const kill = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("not permitted"), { code: "EPERM" });
  });
  await expect(createAudit({ store: fileAuditStore(path) }).record(one)).rejects.toMatchObject({
    cause: { code: "AUDIT_BUSY", context: { process: 4194303 } },
  });
  kill.mockRestore();
});

test.each([
  ["a size with a leading zero", "audit\n01\nHASH\n"],
  ["a size that is not a number", "audit\nx\nHASH\n"],
  ["a size beyond all integers", "audit\n99999999999999999\nHASH\n"],
  ["a hash that is too short", "audit\n1\nAAAA\n"],
  ["a further line", "audit\n1\nHASH\nmore\n"],
  ["no hash", "audit\n1\n"],
])("a checkpoint with %s is refused, although its signature is right", async (_, template) => {
  const text = template.replace("HASH", Buffer.alloc(32).toString("base64"));
  const signature = await signer.sign(Buffer.from(text));
  const note = `${text}\n\u2014 ${signer.name} ${Buffer.concat([signer.keyId, signature]).toString("base64")}\n`;
  const audit = createAudit({ store: memoryAuditStore(), signer });
  await expect(audit.verify({ checkpoint: note })).rejects.toMatchObject({
    code: "AUDIT_CHECKPOINT_INVALID",
    context: { reason: "its text is not that of a checkpoint" },
  });
});

test("CEF has only the fields that the entry has", () => {
  expect(toCef({ ...one, sequence: 1, previous: "p", at: 5 })).toBe(
    "CEF:0|Seaworthy|audit|1|a|a|3|rt=5 externalId=1 outcome=success",
  );
});

test.each([7, null, {}, ["audit"], "x".repeat(4097)])("a checkpoint that is %o is refused", async (checkpoint) => {
  const audit = createAudit({ store: memoryAuditStore(), signer });
  await expect(audit.verify({ checkpoint: checkpoint as never })).rejects.toMatchObject({
    code: "AUDIT_CHECKPOINT_INVALID",
    context: { reason: "it is not a string, or it is too long" },
  });
});

test("an append of no entry leaves the head of the memory store as it is", async () => {
  const store = memoryAuditStore();
  await createAudit({ store }).record(one);
  const head = await store.head();
  await store.append(() => []);
  expect(await store.head()).toEqual(head);
});

test("a trail whose lock file was removed by hand can be closed", async () => {
  const audit = createAudit({ store: fileAuditStore(path) });
  await audit.record(one);
  await rm(`${path}.lock`);
  await audit.close();
  expect((await readFile(path, "utf8")).split("\n")).toHaveLength(2);
});

test("the program is a process that writes to its streams and ends with its exit code", async () => {
  const program = join(import.meta.dirname, "../src/cli.ts");
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ["--conditions=@seaworthy/source", "--no-warnings", program, ...args], {
      encoding: "utf8",
    });
  const audit = createAudit({ store: fileAuditStore(path) });
  await audit.record(one);
  await audit.close();
  expect(run("verify", path)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^sound: 1 entries, not anchored\n/),
    stderr: "",
  });
  expect(run("verify", `${path}.none`)).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringContaining("there is no file"),
  });
});
