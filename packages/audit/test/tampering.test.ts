import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureTelemetry } from "@seaworthy/core/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../src/cli/main.ts";
import { createAudit, ed25519Signer, fileAuditStore, generateSignerKey } from "../src/index.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-audit-"));
  path = join(folder, "audit.log");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(count: number): Promise<string[]> {
  await using audit = createAudit({ store: fileAuditStore(path) });
  for (let n = 1; n <= count; n++) await audit.record({ type: `e${n}`, outcome: "success", data: { n } });
  return (await readFile(path, "utf8")).trimEnd().split("\n");
}
async function verifyLines(lines: readonly string[]): Promise<object> {
  await writeFile(path, lines.map((line) => `${line}\n`).join(""));
  const audit = createAudit({ store: fileAuditStore(path) });
  return audit.verify().finally(() => audit.close());
}

describe("verify names the first entry that is not as it was written", () => {
  test("after any change of a byte in any entry but the last", async () => {
    const lines = await write(8);
    await fc.assert(
      fc.asyncProperty(fc.nat(6), fc.nat(10_000), fc.constantFrom("x", "0", "}", "é"), async (at, place, character) => {
        const line = lines[at] ?? "";
        const index = place % line.length;
        fc.pre(line[index] !== character);
        const changed = lines.with(at, line.slice(0, index) + character + line.slice(index + 1));
        const outcome = (await verifyLines(changed)) as { ok: boolean; fault?: { sequence: number } };
        expect(outcome.ok).toBe(false);
        // A changed number or hash of the one before may look like a fault of a neighbor.
        expect(Math.abs((outcome.fault?.sequence ?? 0) - (at + 1))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });

  test("an edited value is edited there and not elsewhere", async () => {
    const lines = await write(5);
    const edited = lines.with(2, (lines[2] ?? "").replace('"n":3', '"n":4'));
    expect(await verifyLines(edited)).toMatchObject({ ok: false, fault: { sequence: 3, kind: "edited" } });
  });

  test("removed, swapped, repeated and added entries", async () => {
    const lines = await write(6);
    const [a = "", b = "", c = "", d = "", e = "", f = ""] = lines;
    expect(await verifyLines([a, b, d, e, f])).toMatchObject({ fault: { sequence: 3, kind: "missing" } });
    expect(await verifyLines([b, c, d, e, f])).toMatchObject({ fault: { sequence: 1, kind: "missing" } });
    expect(await verifyLines([a, c, b, d, e, f])).toMatchObject({ fault: { sequence: 2, kind: "reordered" } });
    expect(await verifyLines([a, b, b, c, d, e, f])).toMatchObject({ fault: { sequence: 2, kind: "forked" } });
    expect(await verifyLines([a, b, "not JSON", d, e, f])).toMatchObject({ fault: { sequence: 3, kind: "edited" } });
    expect(await verifyLines([a, b, "", c])).toMatchObject({ fault: { sequence: 3, kind: "edited" } });
    expect(await verifyLines(lines)).toEqual({ ok: true, entries: 6, anchored: false });
  });

  test("only a checkpoint shows a cut end, and the outcome says so", async () => {
    const signer = ed25519Signer({ name: "x", key: generateSignerKey() });
    const audit = createAudit({ store: fileAuditStore(path), signer });
    for (let n = 0; n < 4; n++) await audit.record({ type: "e", outcome: "success" });
    const checkpoint = await audit.checkpoint();
    await audit.close();
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    await writeFile(path, `${lines.slice(0, 2).join("\n")}\n`);
    const reader = createAudit({ store: fileAuditStore(path), verifier: signer.verifier });
    expect(await reader.verify()).toEqual({ ok: true, entries: 2, anchored: false });
    expect(await reader.verify({ checkpoint })).toMatchObject({ ok: false, fault: { sequence: 3, kind: "truncated" } });
  });
});

describe("a file", () => {
  test("whose last line was torn by a kill is recovered, which is an event, and nothing else is repaired", async () => {
    const lines = await write(3);
    await appendFile(path, '{"v":1,"seq":4,"prev":"abc","at":"20');
    using telemetry = captureTelemetry();
    await using audit = createAudit({ store: fileAuditStore(path) });
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 3 }); // reading repairs nothing
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(4);
    await audit.record({ type: "e4", outcome: "success" });
    expect(telemetry.of("audit.recover")).toMatchObject([{ details: { bytes: 36 } }]);
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 4 });
    expect((await readFile(path, "utf8")).split("\n").slice(0, 3)).toEqual(lines);
  });

  test("with a line that is not an entry keeps it for verify, and appends go on behind it", async () => {
    await write(2);
    await appendFile(path, "garbage\n");
    await using audit = createAudit({ store: fileAuditStore(path) });
    await audit.record({ type: "next", outcome: "success" });
    expect(await audit.verify()).toMatchObject({ ok: false, fault: { sequence: 3, kind: "edited" } });
  });

  test("is private and has one writer", async () => {
    const first = createAudit({ store: fileAuditStore(path) });
    await first.record({ type: "a", outcome: "success" });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const second = createAudit({ store: fileAuditStore(path) });
    await expect(second.record({ type: "b", outcome: "success" })).rejects.toMatchObject({
      code: "AUDIT_WRITE_FAILED",
      cause: { code: "AUDIT_BUSY" },
    });
    expect(await second.verify()).toMatchObject({ ok: true, entries: 1 }); // a reader needs no lock
    await first.close();
    await second.record({ type: "b", outcome: "success" });
    expect(await second.verify()).toMatchObject({ ok: true, entries: 2 });
    await second.close();
  });

  test("can be verified while it is written", async () => {
    await using audit = createAudit({ store: fileAuditStore(path) });
    const reader = createAudit({ store: fileAuditStore(path) });
    const writing = (async () => {
      for (let n = 0; n < 100; n++) await audit.record({ type: "e", outcome: "success" });
    })();
    for (let n = 0; n < 20; n++) {
      expect(await reader.verify()).toMatchObject({ ok: true });
      expect(await audit.verify()).toMatchObject({ ok: true });
    }
    await writing;
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 100 });
  });

  test("of a process that is killed has every entry that was acknowledged, and the next writer goes on", async () => {
    const script = join(import.meta.dirname, "writer.ts");
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ["--conditions=@seaworthy/source", "--no-warnings", script, path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let acknowledged = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        acknowledged += chunk.toString().split("\n").length - 1;
      });
      while (acknowledged < 20) await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "close");
      await using audit = createAudit({ store: fileAuditStore(path) });
      const types: number[] = [];
      for await (const { data } of audit.entries({ type: `p${child.pid}` })) types.push(Number(data?.n));
      expect(types.length).toBeGreaterThanOrEqual(acknowledged);
      expect(types).toEqual(types.map((_, index) => index));
      await audit.record({ type: "between", outcome: "success" });
      expect(await audit.verify()).toMatchObject({ ok: true });
    }
  });
});

describe("seaworthy-audit", () => {
  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await main(args, { out: (line) => void out.push(line), err: (line) => void err.push(line) });
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  test("verifies: 0 if sound, 1 if changed, 2 if it cannot be judged", async () => {
    const lines = await write(3);
    expect(await run("verify", path)).toMatchObject({
      code: 0,
      out: expect.stringContaining("sound: 3 entries, not anchored"),
    });
    await writeFile(path, `${[lines[0], lines[2]].join("\n")}\n`);
    expect(await run("verify", path)).toMatchObject({ code: 1, out: "changed: entry 2 is missing" });
    expect(await run("verify", join(folder, "none"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is no file"),
    });
    await writeFile(join(folder, "note"), "nonsense");
    expect(
      await run("verify", path, "--checkpoint", join(folder, "note"), "--verifier", "x+00000000+AAAA"),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining("AUDIT_CHECKPOINT_INVALID"),
    });
  });

  test("queries and exports", async () => {
    await write(3);
    const { out } = await run("query", path, "--type", "e2");
    expect(JSON.parse(out)).toMatchObject({ type: "e2", data: { n: 2 } });
    expect((await run("export", path, "--format", "cef", "--after", "2")).out).toMatch(
      /^CEF:0\|Seaworthy\|audit\|1\|e3\|/,
    );
    expect((await run("export", path)).out.split("\n")).toHaveLength(3);
    for (const args of [
      [],
      ["fly", path],
      ["export", path, "--format", "xml"],
      ["query", path, "--from", "soon"],
      ["query", path, "--outcome", "ok"],
    ])
      expect(await run(...args), args.join(" ")).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringContaining("Usage:"),
      });
    expect(await run("--help")).toMatchObject({ code: 0, err: "" });
  });
});
