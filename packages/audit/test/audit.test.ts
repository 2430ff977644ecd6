import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runWithContext, secret } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { afterEach, describe, expect, test } from "vitest";
import {
  type AuditOptions,
  type AuditStore,
  createAudit,
  ed25519Signer,
  folderAuditKeys,
  generateSignerKey,
  memoryAuditKeys,
  memoryAuditStore,
  toCef,
  toJsonLine,
} from "../src/index.ts";
import { expectAudited } from "../src/testing.ts";

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-audit-"));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
const signer = ed25519Signer({ name: "shop.example/audit", key: generateSignerKey() });

describe("record", () => {
  test("takes what is missing from the context", async () => {
    const audit = createAudit({ store: memoryAuditStore(), clock: manualClock(1000) });
    const context = {
      correlationId: "r-1",
      principal: { id: "u-7" },
      client: { address: "192.0.2.1", userAgent: "curl" },
    };
    await runWithContext(context, () => audit.record({ type: "order.create", outcome: "success", subject: "o-1" }));
    await runWithContext(context, () => audit.record({ type: "order.create", outcome: "denied", actor: "u-8", at: 5 }));
    expect((await audit.query()).entries).toMatchObject([
      {
        sequence: 1,
        at: 1000,
        type: "order.create",
        outcome: "success",
        actor: "u-7",
        subject: "o-1",
        correlationId: "r-1",
        address: "192.0.2.1",
        userAgent: "curl",
      },
      { sequence: 2, at: 5, outcome: "denied", actor: "u-8" },
    ]);
  });

  test("data becomes JSON without secrets, cycles and getters that throw", async () => {
    const audit = createAudit({ store: memoryAuditStore() });
    const cyclic: Record<string, unknown> = { password: "hunter2", token: secret("sk-live-123456"), n: Number.NaN };
    cyclic.self = cyclic;
    Object.defineProperty(cyclic, "bad", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    await audit.record({ type: "a", outcome: "success", data: cyclic });
    const text = JSON.stringify((await audit.query()).entries);
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain("sk-live-123456");
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  test("a user agent of any length and form does not lose the entry", async () => {
    const audit = createAudit({ store: memoryAuditStore() });
    await audit.record({ type: "a", outcome: "success", userAgent: `\ud800${"x".repeat(100_000)}` });
    expect((await audit.query()).entries[0]?.userAgent).toHaveLength(1024);
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  test.each([
    [{ outcome: "success" }, "type must be a dotted name"],
    [{ type: "has blank", outcome: "success" }, "type must be a dotted name"],
    [{ type: "a".repeat(201), outcome: "success" }, "type must be a dotted name"],
    [{ type: "a", outcome: "ok" }, "outcome must be one of"],
    [{ type: "a", outcome: "success", actor: 7 }, "actor must be"],
    [{ type: "a", outcome: "success", subject: "" }, "subject must be"],
    [{ type: "a", outcome: "success", data: [1] }, "data must be an object"],
    [{ type: "a", outcome: "success", at: Number.NaN }, "at must be"],
    [{ type: "a", outcome: "success", user: "x" }, 'no option "user"'],
    [undefined, "options must be an object"],
  ])("%o is refused and leaves nothing", async (entry, message) => {
    const audit = createAudit({ store: memoryAuditStore() });
    await expect(audit.record(entry as never)).rejects.toThrow(TypeError);
    await expect(audit.record(entry as never)).rejects.toThrow(message);
    expect((await audit.query()).entries).toEqual([]);
  });
});

describe("wrap", () => {
  test("records success, and failure with the code, and keeps result and error", async () => {
    const audit = createAudit({ store: memoryAuditStore() });
    const pay = audit.wrap("order.pay", async (amount: number) => {
      if (amount > 10) throw Object.assign(new Error("too much"), { code: "LIMIT" });
      return amount;
    });
    expect(await pay(5)).toBe(5);
    await expect(pay(50)).rejects.toMatchObject({ code: "LIMIT" });
    expect((await audit.query()).entries.map(({ outcome, data }) => [outcome, data])).toEqual([
      ["success", undefined],
      ["failure", { error: "LIMIT" }],
    ]);
  });

  test("a success that cannot be recorded is not reported as one; an error stays the operation's own", async () => {
    const audit = createAudit({ store: { ...memoryAuditStore(), append: () => Promise.reject(new Error("disk")) } });
    await expect(audit.wrap("a", async () => 1)()).rejects.toMatchObject({ code: "AUDIT_WRITE_FAILED" });
    await expect(audit.wrap("a", () => Promise.reject(new Error("own")))()).rejects.toThrow("own");
  });
});

describe("query", () => {
  test("finds by every member and pages through the rest", async () => {
    const audit = createAudit({ store: memoryAuditStore() });
    for (let n = 1; n <= 25; n++)
      await audit.record({
        type: n % 2 === 0 ? "auth.login" : "auth.logout",
        outcome: n % 5 === 0 ? "denied" : "success",
        actor: `u-${n % 3}`,
        subject: "s",
        at: n,
      });
    const found = async (query: object): Promise<number> => (await audit.query(query)).entries.length;
    expect(await found({ type: "auth.login" })).toBe(12);
    expect(await found({ type: "auth.*" })).toBe(25);
    expect(await found({ type: "aut" })).toBe(0);
    expect(await found({ actor: "u-0", outcome: "denied" })).toBe(1);
    expect(await found({ from: 5, to: 8 })).toBe(3);
    const seen: number[] = [];
    let after = 0;
    for (;;) {
      const { entries, next } = await audit.query({ limit: 10, after, type: "auth.logout" });
      seen.push(...entries.map(({ sequence }) => sequence));
      if (next === undefined) break;
      after = next;
    }
    expect(seen).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25]);
    await expect(audit.query({ limit: 1001 })).rejects.toThrow("limit must be");
    await expect(audit.query({ limit: 0 })).rejects.toThrow("limit must be");
    await expect(audit.query({ who: "x" } as never)).rejects.toThrow('no option "who"');
  });
});

describe("personal members", () => {
  test("are readable until the person is erased, and the chain still verifies", async () => {
    const store = memoryAuditStore();
    const keys = memoryAuditKeys();
    const audit = createAudit({ store, personal: { keys, members: ["address", "userAgent", "data.email"] } });
    await audit.record({
      type: "auth.login",
      outcome: "success",
      actor: "u-1",
      address: "192.0.2.9",
      data: { email: "a@b.example", tries: 1 },
    });
    await audit.record({ type: "auth.login", outcome: "success", actor: "u-2", address: "192.0.2.7" });
    for await (const { bytes } of store.read(1))
      expect(Buffer.from(bytes).toString()).not.toMatch(/192\.0\.2|b\.example/);
    expect((await audit.query()).entries[0]).toMatchObject({
      address: "192.0.2.9",
      data: { email: "a@b.example", tries: 1 },
    });
    await audit.erase("u-1");
    const { entries } = await audit.query();
    expect(entries[0]).toMatchObject({ actor: "u-1", erased: true, data: { tries: 1 } });
    expect(entries[0]).not.toHaveProperty("address");
    expect(entries[1]).toMatchObject({ actor: "u-2", address: "192.0.2.7" });
    expect(entries[2]).toMatchObject({ type: "audit.erase", subject: "u-1" });
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 3 });
    // A new key for the same person does not open what the old one closed.
    await audit.record({ type: "auth.login", outcome: "success", actor: "u-1", address: "192.0.2.10" });
    expect((await audit.query()).entries.map(({ erased }) => erased)).toEqual([true, undefined, undefined, undefined]);
  });

  test("of an actor can be searched for by their value", async () => {
    const audit = createAudit({ store: memoryAuditStore(), personal: { keys: memoryAuditKeys(), members: ["actor"] } });
    await audit.record({ type: "a", outcome: "success", actor: "u-1" });
    expect((await audit.query({ actor: "u-1" })).entries).toMatchObject([{ actor: "u-1" }]);
  });

  test("keys of a folder are private, one per person, and gone once destroyed", async () => {
    const folder = join(await newFolder(), "keys");
    const keys = folderAuditKeys(folder);
    expect(await keys.get("u/../1")).toBeUndefined();
    const made = await Promise.all(Array.from({ length: 20 }, () => keys.getOrCreate("u/../1")));
    expect(new Set(made.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
    const files = await readdir(folder);
    expect(files).toHaveLength(1);
    expect((await stat(join(folder, files[0] ?? ""))).mode & 0o777).toBe(0o600);
    await keys.destroy("u/../1");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("if the store cannot keep an entry", () => {
  const failing = (): { store: AuditStore; fail: (value: boolean) => void } => {
    const store = memoryAuditStore();
    let broken = false;
    return {
      store: { ...store, append: (make) => (broken ? Promise.reject(new Error("disk full")) : store.append(make)) },
      fail: (value) => {
        broken = value;
      },
    };
  };

  test("deny rejects the call", async () => {
    const { store, fail } = failing();
    const audit = createAudit({ store });
    fail(true);
    await expect(audit.record({ type: "a", outcome: "success" })).rejects.toMatchObject({
      code: "AUDIT_WRITE_FAILED",
      status: 503,
      cause: { message: "disk full" },
    });
  });

  test("log goes on, and an event has the entry", async () => {
    const { store, fail } = failing();
    const audit = createAudit({ store, onFailure: "log" });
    fail(true);
    using telemetry = captureTelemetry();
    await audit.record({ type: "a", outcome: "success", actor: "u-1" });
    expect(telemetry.of("audit.record")).toMatchObject([
      { labels: { outcome: "lost" }, details: { entry: { type: "a", actor: "u-1" } } },
    ]);
  });

  test("buffer keeps them on the disk and in the trail later, in their order, also after a restart", async () => {
    const { store, fail } = failing();
    const bufferPath = join(await newFolder(), "buffer");
    const options: AuditOptions = { store, onFailure: "buffer", bufferPath };
    const audit = createAudit(options);
    await audit.record({ type: "one", outcome: "success" });
    fail(true);
    await audit.record({ type: "two", outcome: "success", at: 7 });
    await audit.record({ type: "three", outcome: "success" });
    expect((await readFile(bufferPath, "utf8")).split("\n")).toHaveLength(3);
    expect((await stat(bufferPath)).mode & 0o777).toBe(0o600);
    fail(false);
    const restarted = createAudit(options);
    await restarted.record({ type: "four", outcome: "success" });
    expect((await restarted.query()).entries.map(({ type }) => type)).toEqual(["one", "two", "three", "four"]);
    expect((await restarted.query({ type: "two" })).entries[0]?.at).toBe(7);
    expect(await readdir(join(bufferPath, ".."))).toEqual([]);
    expect(await restarted.verify()).toMatchObject({ ok: true, entries: 4 });
  });

  test("a buffer that cannot be written denies", async () => {
    const { store, fail } = failing();
    const audit = createAudit({ store, onFailure: "buffer", bufferPath: "/dev/full/buffer" });
    fail(true);
    await expect(audit.record({ type: "a", outcome: "success" })).rejects.toMatchObject({ code: "AUDIT_WRITE_FAILED" });
  });
});

describe("checkpoints", () => {
  test("are signed notes of the head, and confirm a trail", async () => {
    const notes: string[] = [];
    const audit = createAudit({
      store: memoryAuditStore(),
      origin: "shop",
      signer,
      sink: async (note) => void notes.push(note),
    });
    await audit.record({ type: "a", outcome: "success" });
    const note = await audit.checkpoint();
    expect(notes).toEqual([note]);
    expect(note).toMatch(/^shop\n1\n[A-Za-z0-9+/]{43}=\n\n— shop\.example\/audit [A-Za-z0-9+/]+=*\n$/);
    await audit.record({ type: "b", outcome: "success" });
    expect(await audit.verify({ checkpoint: note })).toEqual({ ok: true, entries: 2, anchored: true });
    await audit.close();
  });

  test("show that a trail was written anew or that its end was cut off", async () => {
    const first = createAudit({ store: memoryAuditStore(), signer });
    for (const type of ["a", "b", "c"]) await first.record({ type, outcome: "success" });
    const checkpoint = await first.checkpoint();
    const forged = createAudit({ store: memoryAuditStore(), signer });
    for (const type of ["a", "x", "c"]) await forged.record({ type, outcome: "success" });
    expect(await forged.verify()).toEqual({ ok: true, entries: 3, anchored: false });
    expect(await forged.verify({ checkpoint })).toMatchObject({ ok: false, fault: { sequence: 3, kind: "edited" } });
    const shorter = createAudit({ store: memoryAuditStore(), signer });
    await shorter.record({ type: "a", outcome: "success" });
    expect(await shorter.verify({ checkpoint })).toMatchObject({
      ok: false,
      fault: { sequence: 2, kind: "truncated" },
    });
  });

  test("of another key, another trail or with another text are refused", async () => {
    const audit = createAudit({ store: memoryAuditStore(), signer });
    await audit.record({ type: "a", outcome: "success" });
    const note = await audit.checkpoint();
    const stranger = createAudit({
      store: memoryAuditStore(),
      signer: ed25519Signer({ name: signer.name, key: generateSignerKey() }),
    });
    const other = createAudit({ store: memoryAuditStore(), origin: "other", signer });
    const forged = [
      await stranger.checkpoint(),
      await other.checkpoint(),
      note.replace("\n1\n", "\n2\n"),
      note.replace("audit\n1", "audit\n01"),
      note.slice(0, -10),
      "",
      "x\n\n— y z\n",
      note.replace(/— .*\n$/, ""),
    ];
    for (const checkpoint of forged)
      await expect(audit.verify({ checkpoint }), checkpoint).rejects.toMatchObject({
        code: "AUDIT_CHECKPOINT_INVALID",
      });
    const reader = createAudit({ store: memoryAuditStore(), verifier: signer.verifier });
    await expect(reader.verify({ checkpoint: note })).resolves.toMatchObject({
      ok: false,
      fault: { kind: "truncated" },
    });
    const blind = createAudit({ store: memoryAuditStore() });
    await expect(blind.verify({ checkpoint: note })).rejects.toThrow("needs a signer or a verifier");
    await expect(blind.checkpoint()).rejects.toThrow("checkpoint needs a signer");
  });

  test("are made after so many entries, after some time also while idle, and at the end", async () => {
    const clock = manualClock();
    const sizes: number[] = [];
    const sink = async (note: string): Promise<void> => void sizes.push(Number(note.split("\n")[1]));
    const audit = createAudit({
      store: memoryAuditStore(),
      signer,
      sink,
      clock,
      checkpointEvery: { entries: 3, time: "10s" },
    });
    for (let n = 0; n < 3; n++) await audit.record({ type: "a", outcome: "success" });
    await clock.advance("1s");
    expect(sizes).toEqual([3]);
    await clock.advance("20s");
    expect(sizes).toEqual([3, 3, 3]);
    await audit.record({ type: "a", outcome: "success" });
    await audit.close();
    expect(sizes).toEqual([3, 3, 3, 4]);
    expect(clock.pending).toBe(0);
  });

  test("a sink that fails is an event, and the trail goes on", async () => {
    using telemetry = captureTelemetry();
    const audit = createAudit({
      store: memoryAuditStore(),
      signer,
      sink: () => Promise.reject(new Error("away")),
      checkpointEvery: { entries: 1 },
    });
    await audit.record({ type: "a", outcome: "success" });
    await audit.record({ type: "a", outcome: "success" });
    await audit.close();
    expect(telemetry.of("audit.checkpoint").map(({ labels }) => labels.outcome)).toContain("failed");
  });
});

describe("seals", () => {
  test("let old entries be removed; the trail still verifies, and only with the seal", async () => {
    const audit = createAudit({ store: memoryAuditStore(), signer });
    for (let n = 1; n <= 5; n++) await audit.record({ type: `e${n}`, outcome: "success", at: n });
    expect(await audit.seal(1)).toBeUndefined();
    const seal = await audit.seal(4);
    expect(seal).toMatchObject({ sequence: 3, note: expect.stringContaining("audit seal\n3\n") });
    await expect(audit.prune({ ...(seal as NonNullable<typeof seal>), sequence: 4 })).rejects.toMatchObject({
      code: "AUDIT_NOT_SEALED",
    });
    await audit.prune(seal as NonNullable<typeof seal>);
    expect((await audit.query()).entries.map(({ type }) => type)).toEqual(["e4", "e5", "audit.seal", "audit.prune"]);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 4 });
    const again = await audit.seal(Number.MAX_SAFE_INTEGER);
    expect(again?.sequence).toBe(7);
  });

  test("of a trail with a signer count only with its signature", async () => {
    const store = memoryAuditStore();
    const audit = createAudit({ store, signer });
    for (let n = 1; n <= 3; n++) await audit.record({ type: "e", outcome: "success", at: n });
    const unsigned = await createAudit({ store }).seal(3);
    expect(unsigned).toMatchObject({ sequence: 2 });
    await store.remove(unsigned as NonNullable<typeof unsigned>);
    expect(await audit.verify()).toMatchObject({ ok: false, fault: { sequence: 1, kind: "missing" } });
  });
});

describe("options", () => {
  const store = memoryAuditStore();
  test.each([
    [{}, "store.append must be a function"],
    [{ store: {} }, "store.append must be a function"],
    [{ store, origin: "a\nb" }, "origin must not have line ends"],
    [{ store, onFailure: "ignore" }, "onFailure must be one of"],
    [{ store, onFailure: "buffer" }, "bufferPath must be given"],
    [{ store, bufferPath: "x" }, "bufferPath must be given"],
    [{ store, sink: async () => undefined }, "sink needs a signer"],
    [{ store, signer: {} }, "signer.sign must be a function"],
    [{ store, checkpointEvery: { entries: 0 } }, "checkpointEvery.entries must be"],
    [{ store, checkpointEvery: { time: 0 } }, "checkpointEvery.time must be more than 0"],
    [{ store, personal: { keys: {} } }, "personal.keys.get must be a function"],
    [{ store, personal: { keys: memoryAuditKeys(), members: ["type"] } }, "personal.members must be"],
    [{ store, clock: null }, "clock must"],
    [{ store, chain: true }, 'no option "chain"'],
  ])("%o is refused", (options, message) => {
    expect(() => createAudit(options as never)).toThrow(TypeError);
    expect(() => createAudit(options as never)).toThrow(message);
  });

  test("a key that is not Ed25519 is refused and not shown", () => {
    for (const key of ["hunter2", "", 5, undefined])
      expect(() => ed25519Signer({ name: "x", key: key as never })).toThrow("key must be an Ed25519 private key");
    expect(() => ed25519Signer({ name: "a b", key: generateSignerKey() })).toThrow("name must not have blanks");
  });

  test("after close, nothing is recorded", async () => {
    const audit = createAudit({ store: memoryAuditStore() });
    await Promise.all([audit.close(), audit.close()]);
    await expect(audit.record({ type: "a", outcome: "success" })).rejects.toMatchObject({ code: "AUDIT_CLOSED" });
  });
});

describe("formats for other systems", () => {
  const entry = {
    sequence: 7,
    previous: "p",
    at: Date.UTC(2026, 0, 2),
    type: "auth.login",
    outcome: "denied" as const,
    actor: "u=1|2",
    address: "192.0.2.1",
    userAgent: "a\\b=c\nd",
    correlationId: "r-1",
    data: { a: "x=y" },
  };

  test("CEF escapes what would end a field", () => {
    expect(toCef(entry)).toBe(
      'CEF:0|Seaworthy|audit|1|auth.login|auth.login|7|rt=1767312000000 externalId=7 outcome=denied suid=u\\=1|2 src=192.0.2.1 requestClientApplication=a\\\\b\\=c\\nd cs1Label=correlationId cs1=r-1 msg={"a":"x\\=y"}',
    );
  });

  test("a JSON line is one line", () => {
    expect(JSON.parse(toJsonLine(entry))).toMatchObject({ sequence: 7, at: "2026-01-02T00:00:00.000Z" });
    expect(toJsonLine(entry)).not.toContain("\n");
  });
});

describe("expectAudited", () => {
  test("names every operation and way that left no entry", async () => {
    const audit = createAudit({ store: memoryAuditStore() });
    const good = audit.wrap("good", async (ok: boolean) => (ok ? 1 : Promise.reject(new Error("no"))));
    const operations = [
      { type: "good", succeed: () => good(true), fail: () => good(false) },
      { type: "silent", succeed: async () => 1, fail: () => audit.record({ type: "silent", outcome: "success" }) },
    ];
    await expectAudited(audit, operations.slice(0, 1));
    await expect(expectAudited(audit, operations)).rejects.toThrow(
      "these left no entry in the audit trail: silent (success), silent (failure)",
    );
    await expect(expectAudited(audit, [])).rejects.toThrow("at least one operation");
  });
});
