import { execFileSync, spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileStore, openVault } from "../src/index.ts";

const python = spawnSync("python3", ["-c", "import pty"]).status === 0;
const password = "correct horse battery";
const program = join(import.meta.dirname, "..", "src", "cli.ts");
const pem = generateKeyPairSync("rsa", { modulusLength: 4096 })
  .privateKey.export({ format: "pem", type: "pkcs8" })
  .toString();
let directory: string;
let vaultPath: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-terminal-"));
  vaultPath = join(directory, "v", "credentials.vault");
  const kdf = { memory: "19mib", passes: 1, lanes: 1 };
  await (await openVault({ store: fileStore(vaultPath), password, create: true, kdf })).close();
});
afterEach(() => rm(directory, { recursive: true }));

interface Session {
  status: number | null;
  screen: string;
  left: string;
  cooked: boolean;
}

/** The program on a pseudo terminal: each step waits for its first text on the screen and then types its second. */
async function session(args: string[], steps: [string, string][], more: { stdin?: string; env?: object } = {}) {
  const child = spawn("python3", [join(import.meta.dirname, "pseudo-terminal.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { SEAWORTHY_VAULT_PASSWORD_FILE: _, ...env } = process.env;
  child.stdin.end(
    JSON.stringify({
      argv: [process.execPath, "--conditions=@seaworthy/source", program, ...args],
      env: { ...env, SEAWORTHY_VAULT: vaultPath, ...more.env },
      stdin: more.stdin ?? null,
      steps,
    }),
  );
  return (await json(child.stdout)) as Session;
}

async function stored(name: string): Promise<string | undefined> {
  await using vault = await openVault({ store: fileStore(vaultPath), password });
  return await vault.get(name).then(
    (value) => value.reveal(),
    () => undefined,
  );
}

const asked: [string, string] = ["Master password: ", `${password}\r`];
const typed = (text: string): string => text.replaceAll("\n", "\r");
const pasted = (text: string): string => `\u001b[200~${typed(text)}\u001b[201~`;

describe.skipIf(!python)("seaworthy-vault on a pseudo terminal", { timeout: 60_000 }, () => {
  it("stores the whole of a pasted private key, with and without bracketed paste", async () => {
    for (const paste of [pasted, typed]) {
      const { status, screen, left, cooked } = await session(
        ["set", "tls/key"],
        [asked, ["(end with an empty line or Ctrl-D): ", `${paste(pem)}\r`]],
      );
      expect(screen).not.toContain("PRIVATE");
      expect([status, left, cooked]).toEqual([0, "", true]);
      expect(await stored("tls/key")).toBe(pem.trimEnd());
    }
  });

  it("stores the whole of a paste of 13 kB with empty lines, and ends it with Ctrl-D", async () => {
    const text = Array.from({ length: 200 }, (_, at) => (at % 7 === 3 ? "" : randomBytes(36).toString("base64"))).join(
      "\n",
    );
    expect(text.length).toBeGreaterThan(8000);
    const long = `${text}\n\n${"x".repeat(13_000 - text.length)}`;
    const { status, left } = await session(["set", "long"], [asked, ["Ctrl-D): ", `${pasted(long)}\u0004`]]);
    expect([status, left]).toEqual([0, ""]);
    expect(await stored("long")).toBe(long);
  });

  it("stores nothing and leaves nothing for the shell if text follows the end of a value", async () => {
    const cut = `first line\n\n${"echo must never run\n".repeat(700)}`;
    const { status, screen, left } = await session(["set", "cut"], [asked, ["Ctrl-D): ", typed(cut)]]);
    expect([status, left]).toEqual([2, ""]);
    expect(screen).toContain("More text followed the end of the value");
    expect(screen).not.toContain("echo must never run");
    expect(await stored("cut")).toBeUndefined();
  });

  it("leaves nothing for the shell of what was pasted behind a password", async () => {
    const { status, screen, left } = await session(["list"], [["Master password: ", typed(`${password}\nls\nrm x\n`)]]);
    expect([status, left]).toEqual([0, ""]);
    expect(screen).not.toContain("rm x");
  });

  it("asks for the password on the terminal while the value is piped in", async () => {
    const file = join(directory, "key.pem");
    await writeFile(file, pem);
    const { status } = await session(["set", "tls/key"], [asked], { stdin: file });
    expect(status).toBe(0);
    expect(await stored("tls/key")).toBe(pem.trimEnd());
  });

  it("does not take an empty answer for a value, and applies corrections", async () => {
    expect(await session(["set", "a"], [asked, ["Ctrl-D): ", "\r"]])).toMatchObject({ status: 2, left: "" });
    expect(await stored("a")).toBeUndefined();
    const { status } = await session(["set", "a"], [asked, ["Ctrl-D): ", "onx\u007fe\u001b[D\rwrong\u0015two\r\r"]]);
    expect(status).toBe(0);
    expect(await stored("a")).toBe("one\ntwo");
  });

  it("ends on Ctrl-C at a question with the status for that, and gives the terminal back", async () => {
    const { status, cooked } = await session(["set", "a"], [asked, ["Ctrl-D): ", "half\u0003"]]);
    expect([status, cooked]).toEqual([130, true]);
    expect(await stored("a")).toBeUndefined();
  });

  it("keeps the bytes of a file, and gives them back as they were", async () => {
    const file = join(directory, "keystore.p12");
    const bytes = randomBytes(5000);
    await writeFile(file, bytes);
    expect((await session(["set", "keystore", "--file", file], [asked])).status).toBe(0);
    const out = join(directory, "out");
    expect((await session(["get", "keystore", "--out", out], [asked])).status).toBe(0);
    expect((await readFile(out)).equals(bytes)).toBe(true);
    await using vault = await openVault({ store: fileStore(vaultPath), password });
    expect(Buffer.from((await vault.getBytes("keystore")).reveal()).equals(bytes)).toBe(true);
    await expect(vault.get("keystore")).rejects.toMatchObject({ code: "VAULT_NOT_TEXT" });
  });

  it("lets a value be changed in an editor, and leaves no file behind", async () => {
    await using vault = await openVault({ store: fileStore(vaultPath), password });
    await vault.set("config", "one\n\nthree");
    const env = { XDG_RUNTIME_DIR: directory, EDITOR: "sed -i s/three/3/" };
    expect((await session(["edit", "config"], [asked], { env })).status).toBe(0);
    expect(await stored("config")).toBe("one\n\n3");
    expect((await session(["edit", "config"], [asked], { env: { ...env, EDITOR: "false" } })).status).toBe(1);
    expect((await session(["edit", "config"], [asked], { env: { ...env, EDITOR: "true" } })).status).toBe(0);
    expect((await vault.history("config")).length).toBe(1);
    await vault.refresh();
    expect(vault.history("config").length).toBe(2);
    expect(await readdir(directory)).toEqual(["v"]);
  });
});

describe.skipIf(!python)("the helper of these tests", () => {
  it("sees what a program leaves unread, as a shell would", async () => {
    const script = join(directory, "left.mjs");
    await writeFile(script, "process.stdout.write('ready\\n'); setTimeout(() => {}, 500);");
    const out = execFileSync("python3", [join(import.meta.dirname, "pseudo-terminal.py")], {
      input: JSON.stringify({
        argv: [process.execPath, script],
        env: process.env,
        stdin: null,
        steps: [["ready", "rm x\n"]],
      }),
    });
    expect(JSON.parse(out.toString())).toMatchObject({ status: 0, left: "rm x\n" });
  });
});
