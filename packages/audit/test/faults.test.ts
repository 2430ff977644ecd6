import { link, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type AuditStore,
  createAudit,
  ed25519Signer,
  fileAuditStore,
  folderAuditKeys,
  generateSignerKey,
  memoryAuditKeys,
  memoryAuditStore,
  toCef,
} from "../src/index.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "seaworthy-audit-")));
  path = join(folder, "audit.log");
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const signer = ed25519Signer({ name: "x", key: generateSignerKey() });
const one = { type: "a", outcome: "success" } as const;

describe("a file", () => {
  test("whose process was killed while it wrote a seal can be written and sealed again", async () => {
    const first = createAudit({ store: fileAuditStore(path), signer });
    for (const at of [1, 2, 3]) await first.record({ ...one, at });
    await first.seal(2);
    await first.close();
    const whole = await readFile(`${path}.seals`, "utf8");
    await writeFile(`${path}.seals`, `${whole}{"sequence":2,"ha`);
    await using audit = createAudit({ store: fileAuditStore(path), signer });
    await audit.record({ ...one, at: 4 });
    const seal = await audit.seal(3);
    expect(seal?.sequence).toBe(2);
    expect((await readFile(`${path}.seals`, "utf8")).split("\n")).toHaveLength(3);
    await audit.prune(seal as NonNullable<typeof seal>);
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  test("whose seals cannot be read is not taken for one without seals", async () => {
    await using audit = createAudit({ store: fileAuditStore(path) });
    await audit.record(one);
    await rm(`${path}.seals`, { force: true });
    await symlink(".", `${path}.seals`); // a directory: EISDIR
    await expect(audit.verify()).rejects.toMatchObject({ code: "EISDIR" });
  });

  test("of a process whose number another process has now can be written", async () => {
    // In a container, the service has the same number after every start.
    await writeFile(`${path}.lock`, `${process.pid} 1 0000000000000000`);
    await using audit = createAudit({ store: fileAuditStore(path) });
    await audit.record(one);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 1 });
    expect((await readdir(folder)).sort()).toEqual(["audit.log", "audit.log.lock"]);
  });

  test("has one writer and one content under two names", async () => {
    const name = join(folder, "link.log");
    await symlink(path, name);
    const audit = createAudit({ store: fileAuditStore(name) });
    await audit.record({ ...one, at: 1 });
    await audit.record({ ...one, at: 2 });
    const other = createAudit({ store: fileAuditStore(path) });
    await expect(other.record(one)).rejects.toMatchObject({ cause: { code: "AUDIT_BUSY" } });
    const seal = await audit.seal(2);
    await audit.prune(seal as NonNullable<typeof seal>);
    // What was removed is removed from the file, and not only from the name.
    expect(await readFile(path, "utf8")).not.toContain('"seq":1,');
    expect(await other.verify()).toMatchObject({ ok: true, entries: 3 });
    await audit.close();
  });

  test("goes on after its entries were removed, and is closed once it was closed", async () => {
    const store = fileAuditStore(path);
    const audit = createAudit({ store });
    await Promise.all([1, 2, 3].map((at) => audit.record({ ...one, at })));
    const seal = (await audit.seal(3)) as NonNullable<Awaited<ReturnType<typeof audit.seal>>>;
    const later = Array.from({ length: 30 }, (_, n) => audit.record({ ...one, at: 10 + n }));
    const reading = audit.verify();
    await Promise.all([...later, audit.prune(seal)]);
    expect(await reading).toMatchObject({ ok: true });
    expect(await audit.verify()).toMatchObject({ ok: true });
    await audit.close();
    await expect(store.remove(seal)).rejects.toMatchObject({ code: "AUDIT_CLOSED" });
    await expect(store.seal(seal)).rejects.toMatchObject({ code: "AUDIT_CLOSED" });
    expect((await readdir(folder)).sort()).toEqual(["audit.log", "audit.log.seals"]);
  });

  test("keeps the entries that can be made if one of the same moment cannot", async () => {
    const store = fileAuditStore(path);
    const bytes = Buffer.from("{}");
    const outcomes = await Promise.allSettled([
      store.append(({ sequence }) => [{ sequence: sequence + 1, bytes }]),
      store.append(() => {
        throw new Error("cannot be made");
      }),
      store.append(({ sequence }) => [{ sequence: sequence + 1, bytes }]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await readFile(path, "utf8")).toBe("{}\n{}\n");
    await store.close();
  });

  test("can be read while it is being opened", async () => {
    const first = createAudit({ store: fileAuditStore(path) });
    for (let n = 0; n < 300; n++) await first.record({ ...one, at: n });
    await first.close();
    const store = fileAuditStore(path);
    await using audit = createAudit({ store });
    const sealing = audit.seal(5);
    const recording = audit.record(one);
    for (let n = 0; n < 10; n++) expect(await audit.verify()).toMatchObject({ ok: true });
    await Promise.all([sealing, recording]);
  });
});

describe("verify", () => {
  test("does not take entries that are pruned meanwhile for missing ones", async () => {
    const store = memoryAuditStore();
    const audit = createAudit({ store, signer });
    for (let at = 1; at <= 5; at++) await audit.record({ ...one, at });
    let isFirst = true;
    const slow: AuditStore = {
      ...store,
      async *read(from) {
        if (isFirst) {
          isFirst = false;
          const seal = await audit.seal(4);
          await audit.prune(seal as NonNullable<typeof seal>);
        }
        yield* store.read(from);
      },
    };
    expect(await createAudit({ store: slow, signer }).verify()).toMatchObject({ ok: true, entries: 4 });
  });

  test("finds entries behind the head of the store", async () => {
    const store = memoryAuditStore();
    const audit = createAudit({ store });
    await audit.record(one);
    const head = await store.head();
    await audit.record(one);
    const stuck = createAudit({ store: { ...store, head: () => Promise.resolve(head) } });
    expect(await stuck.verify()).toMatchObject({ ok: false, fault: { sequence: 2, kind: "forked" } });
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  test("refuses options that it does not know, so that a misspelled checkpoint is not left out", async () => {
    const audit = createAudit({ store: memoryAuditStore(), signer });
    await expect(audit.verify({ checkpont: "x" } as never)).rejects.toThrow('no option "checkpont"');
  });
});

test("a type that cannot be recorded is refused before the operation happens", () => {
  const audit = createAudit({ store: memoryAuditStore() });
  expect(() => audit.wrap("has blank", async () => 1)).toThrow("type must be a dotted name");
});

test("an operation that throws at once is recorded as a failure", async () => {
  const audit = createAudit({ store: memoryAuditStore() });
  const failing = audit.wrap("a", () => {
    throw Object.assign(new Error("no"), { code: "NO" });
  });
  await expect(failing()).rejects.toMatchObject({ code: "NO" });
  expect((await audit.query()).entries).toMatchObject([{ outcome: "failure", data: { error: "NO" } }]);
});

describe("the buffer", () => {
  const broken = (): AuditStore => ({ ...memoryAuditStore(), append: () => Promise.reject(new Error("disk full")) });
  const bufferPath = (): string => join(folder, "buffer");

  test("does not lose an entry behind a line that was torn, and is not held up by one that is malformed", async () => {
    const torn = [
      '{"type":"b","outcome":"success","at":"soon"}',
      '{"type":"b","outcome":"no","at":1}',
      '{"type":"torn',
    ];
    await writeFile(bufferPath(), torn.join("\n"));
    await createAudit({ store: broken(), onFailure: "buffer", bufferPath: bufferPath() }).record(one);
    const audit = createAudit({ store: memoryAuditStore(), onFailure: "buffer", bufferPath: bufferPath() });
    await audit.record({ ...one, type: "last" });
    expect((await audit.query()).entries.map(({ type }) => type)).toEqual(["a", "last"]);
  });

  test("keeps every entry once and in order if the store fails again and again", async () => {
    const store = memoryAuditStore();
    let calls = 0;
    const flaky: AuditStore = {
      ...store,
      append: (make) => (++calls % 3 === 0 ? store.append(make) : Promise.reject(new Error("away"))),
    };
    const audit = createAudit({ store: flaky, onFailure: "buffer", bufferPath: bufferPath() });
    await Promise.all(Array.from({ length: 40 }, (_, n) => audit.record({ ...one, data: { n } })));
    await createAudit({ store, onFailure: "buffer", bufferPath: bufferPath() }).record({ ...one, data: { n: 40 } });
    const numbers = (await audit.query()).entries.map(({ data }) => Number(data?.n));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 41 }, (_, n) => n));
  });
});

describe("personal members", () => {
  test("are never encrypted with a key of zeros if the person is erased at that moment", async () => {
    const keys = memoryAuditKeys();
    const key = await keys.getOrCreate("u-1");
    const read = await keys.get("u-1");
    await keys.destroy("u-1");
    for (const bytes of [key, read]) expect(Buffer.from(bytes ?? []).every((byte) => byte === 0)).toBe(false);
  });

  test("are erased with what a process that was killed has left of the key", async () => {
    const keys = folderAuditKeys(folder);
    await keys.getOrCreate("u-1");
    const [name = ""] = await readdir(folder);
    await link(join(folder, name), join(folder, `.${name.replace(".key", "")}.0123456789abcdef`));
    await keys.destroy("u-1");
    expect(await readdir(folder)).toEqual([]);
  });

  test("can be recorded while the person is erased, with keys in a folder", async () => {
    const audit = createAudit({ store: memoryAuditStore(), personal: { keys: folderAuditKeys(join(folder, "keys")) } });
    const work = Array.from({ length: 40 }, (_, n) =>
      n % 2 === 0 ? audit.record({ ...one, actor: "u-1", address: "192.0.2.1" }) : audit.erase("u-1"),
    );
    await Promise.all(work);
    expect((await audit.query({ type: "a" })).entries).toHaveLength(20);
  });

  test("of an owner and a name that is __proto__ are kept", async () => {
    const audit = createAudit({
      store: memoryAuditStore(),
      personal: { keys: memoryAuditKeys(), members: ["data.__proto__", "address"] },
    });
    const data: Record<string, unknown> = JSON.parse('{"__proto__":"x","n":1}');
    await audit.record({ ...one, actor: "__proto__", address: "192.0.2.1", data });
    const [entry] = (await audit.query({ actor: "__proto__" })).entries;
    expect(entry?.address).toBe("192.0.2.1");
    expect(JSON.stringify(entry?.data)).toBe('{"n":1,"__proto__":"x"}');
  });

  test("are not called erased by a reader that does not have the keys", async () => {
    const store = memoryAuditStore();
    const audit = createAudit({ store, personal: { keys: memoryAuditKeys() } });
    await audit.record({ ...one, actor: "u-1", address: "192.0.2.1" });
    const [entry] = (await createAudit({ store }).query()).entries;
    expect(entry).toMatchObject({ encrypted: true });
    expect(entry).not.toHaveProperty("erased");
  });

  test("of an owner that is not a string are refused rather than lost", async () => {
    const ownerOf = (): never => 7 as never;
    const audit = createAudit({ store: memoryAuditStore(), personal: { keys: memoryAuditKeys(), ownerOf } });
    await expect(audit.record({ ...one, address: "192.0.2.1" })).rejects.toMatchObject({ code: "AUDIT_WRITE_FAILED" });
  });
});

describe("a sink", () => {
  test("that does not answer does not hold up the close", async () => {
    const clock = manualClock();
    using telemetry = captureTelemetry();
    const audit = createAudit({ store: memoryAuditStore(), signer, clock, sink: () => new Promise(() => undefined) });
    await audit.record(one);
    const closing = audit.close();
    await clock.advance("11s");
    await closing;
    expect(telemetry.of("audit.checkpoint").map(({ labels }) => labels.outcome)).toEqual(["failed"]);
    expect(clock.pending).toBe(0);
  });

  test("that failed gets the end of the trail at the close", async () => {
    const notes: string[] = [];
    let isAway = true;
    const sink = async (note: string): Promise<void> => {
      if (isAway) throw new Error("away");
      notes.push(note);
    };
    const audit = createAudit({ store: memoryAuditStore(), signer, sink });
    await audit.record(one);
    await expect(audit.checkpoint()).rejects.toThrow("away");
    isAway = false;
    await audit.close();
    expect(notes).toHaveLength(1);
  });
});

test("CEF has no control characters, which end a line for some readers", () => {
  const line = toCef({
    ...one,
    sequence: 1,
    previous: "p",
    at: 0,
    type: "a\u0000b\u0085c",
    userAgent: "x\u001b[2J\u2028y\u0000\r\nz",
  });
  expect(line).toContain("|a b c|");
  expect(line).toContain("requestClientApplication=x [2J y \\r\\nz");
});
