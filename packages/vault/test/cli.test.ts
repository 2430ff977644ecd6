import { spawn } from "node:child_process";
import { type EventEmitter, once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";
import { main } from "../src/cli/main.ts";
import type { InputStream, Io, TerminalDevice } from "../src/cli/terminal.ts";
import { fileStore, memoryStore, openVault } from "../src/index.ts";

const KDF = ["--memory", "19mib", "--passes", "1", "--lanes", "1"];
let directory: string;
let vaultPath: string;
let passwordFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-cli-"));
  vaultPath = join(directory, "v", "credentials.vault");
  passwordFile = join(directory, "password");
  await writeFile(passwordFile, "master password\n", { mode: 0o600 });
});
afterEach(() => rm(directory, { recursive: true }));

interface Result {
  status: number;
  out: string;
  err: string;
}

/** Runs the program in this process, on standard input of this text. */
async function run(args: string[], input = "", env: Record<string, string> = {}): Promise<Result> {
  return withStreams(args, Object.assign(piped(input), { isTTY: false }) as unknown as InputStream, env);
}

async function withStreams(
  args: string[],
  stdin: InputStream,
  env: Record<string, string> = {},
  device?: TerminalDevice,
): Promise<Result> {
  const out: Buffer[] = [];
  const err: string[] = [];
  const io: Io = {
    stdin,
    stdout: { write: (chunk) => out.push(Buffer.from(chunk as string)) },
    stderr: { write: (chunk) => err.push(String(chunk)) },
    env: { PATH: process.env.PATH, SEAWORTHY_VAULT: vaultPath, SEAWORTHY_VAULT_PASSWORD_FILE: passwordFile, ...env },
    openTerminal: () => device,
    version: "1.2.3",
  };
  const status = await main(args, io);
  return { status, out: Buffer.concat(out).toString("latin1"), err: err.join("") };
}

async function* piped(input: string): AsyncGenerator<Buffer> {
  yield Buffer.from(input);
}

async function init(): Promise<void> {
  expect(await run(["init", ...KDF])).toEqual({ status: 0, out: "", err: "" });
}

/** The program as a process of its own. */
function start(args: string[], env: Record<string, string> = {}): ReturnType<typeof spawn> {
  const program = join(import.meta.dirname, "..", "src", "cli.ts");
  return spawn(process.execPath, ["--conditions=@seaworthy/source", program, ...args], {
    env: { ...process.env, SEAWORTHY_VAULT: vaultPath, SEAWORTHY_VAULT_PASSWORD_FILE: passwordFile, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

describe("seaworthy-vault", () => {
  it("makes a vault, keeps values from standard input, and gives them back", async () => {
    await init();
    expect(await run(["set", "api/key", "--label", "team=x", "--rotate-after", "30d"], "s3cret\n")).toEqual({
      status: 0,
      out: "",
      err: "",
    });
    expect(await run(["get", "api/key"])).toEqual({ status: 0, out: "s3cret\n", err: "" });
    expect((await run(["get", "api/key", "--no-newline"])).out).toBe("s3cret");
    expect(JSON.parse((await run(["get", "api/key", "--json"])).out)).toEqual({ name: "api/key", value: "s3cret" });
    expect((await run(["list"])).out).toMatch(/^api\/key\t1\t-\t\d{4}-\d\d-\d\d\n$/);
    expect(JSON.parse((await run(["list", "--json"])).out)).toMatchObject([{ name: "api/key", labels: { team: "x" } }]);
    expect((await run(["due", "--within", "31d"])).out).toMatch(/^api\/key\trotate\t/);
    expect((await stat(vaultPath)).mode & 0o777).toBe(0o600);
    expect((await run(["init", ...KDF])).status).toBe(1);
  });

  it("keeps a history, rolls back and removes", async () => {
    await init();
    for (const value of ["one", "two"]) await run(["set", "a"], value);
    expect((await run(["history", "a"])).out.split("\n")).toHaveLength(3);
    expect((await run(["rollback", "a", "1"])).status).toBe(0);
    expect((await run(["get", "a"])).out).toBe("one\n");
    expect((await run(["get", "a", "--version", "2"])).out).toBe("two\n");
    expect((await run(["remove", "a"])).status).toBe(0);
    expect(await run(["get", "a"])).toMatchObject({ status: 4, out: "" });
  });

  it("has an exit status for each kind of end", async () => {
    await init();
    await run(["set", "old", "--expires", "2020-01-01"], "x");
    const wrong = join(directory, "wrong");
    await writeFile(wrong, "something else");
    expect((await run(["get", "old"])).status).toBe(4);
    expect((await run(["get", "old", "--allow-expired"])).out).toBe("x\n");
    expect((await run(["get", "a", "--password-file", wrong])).status).toBe(3);
    expect((await run(["list", "--expected-epoch", "99"])).status).toBe(5);
    expect((await run(["list", "--vault", join(directory, "v", "none")])).status).toBe(4);
    expect((await run(["get"])).status).toBe(2);
    expect((await run(["frobnicate"])).status).toBe(2);
    expect((await run(["list", "--frobnicate"])).status).toBe(2);
    expect((await run(["list", "--password-file", join(directory, "none")])).status).toBe(2);
    await chmod(vaultPath, 0o644);
    expect((await run(["list"])).status).toBe(7);
    expect((await run(["list", "--repair"])).status).toBe(0);
    await writeFile(vaultPath, "junk");
    expect(await run(["list", "--json"])).toMatchObject({ status: 5, out: "" });
    expect(JSON.parse((await run(["list", "--json"])).err)).toMatchObject({ error: { code: "VAULT_CORRUPT" } });
  });

  it("says which entry, version or epoch it failed on, and nothing about a wrong password", async () => {
    await init();
    await run(["set", "a"], "one");
    const err = async (...args: string[]): Promise<string> => (await run(args)).err;
    expect(await err("get", "b")).toMatch(/\(VAULT_NOT_FOUND, name b\)\n$/);
    expect(await err("get", "a", "--version", "7")).toMatch(/\(VAULT_NOT_FOUND, name a, version 7\)/);
    expect(await err("list", "--expected-epoch", "99")).toMatch(/\(VAULT_ROLLBACK, epoch 2, expected 99\)/);
    expect(await err("rotate", "a", "--", "false")).toMatch(/\(VAULT_ROTATION_FAILED, name a, restored false\)/);
    expect(JSON.parse(await err("get", "b", "--json"))).toMatchObject({ error: { context: { name: "b" } } });
    const wrong = join(directory, "wrong");
    await writeFile(wrong, "something else");
    expect(await err("list", "--password-file", wrong)).toMatch(/unlocked \(VAULT_UNLOCK_FAILED\)\n$/);
    await chmod(vaultPath, 0o644);
    const refused = await err("list");
    expect(refused.split(vaultPath)).toHaveLength(2); // not said twice
  });

  it("verifies everything without printing anything", async () => {
    await init();
    await run(["set", "a"], "one");
    expect(await run(["verify"])).toEqual({ status: 0, out: "", err: "" });
    expect(JSON.parse((await run(["verify", "--json"])).out)).toEqual({ epoch: 2, entries: 1, versions: 1 });
    const bytes = await readFile(vaultPath);
    bytes[300] = (bytes[300] as number) ^ 1;
    await writeFile(vaultPath, bytes);
    expect(await run(["verify"])).toMatchObject({ status: 5, out: "" });
  });

  it("takes no secret in its arguments, and shows none that was put there by mistake", async () => {
    await init();
    for (const args of [
      ["set", "a", "s3cret-by-mistake"],
      ["set", "a", "--value=s3cret-by-mistake"],
      ["set", "a", "--password", "s3cret-by-mistake"],
      ["s3cret-by-mistake"],
    ]) {
      const { status, out, err } = await run(args);
      expect(status).toBe(2);
      expect(out + err).not.toContain("s3cret-by-mistake");
    }
    const options = Object.values(COMMANDS).flatMap((spec) => Object.keys(spec.options ?? {}));
    expect(options.filter((name) => /password|key|secret|value/.test(name)).sort()).toEqual(
      expect.not.arrayContaining(["password", "key", "value"]),
    );
  });

  it("reads standard input for one thing only", async () => {
    await init();
    expect(await run(["set", "a", "--password-file", "-"], "master password")).toMatchObject({ status: 2 });
    expect((await run(["list", "--password-file", "-"], "master password\n")).status).toBe(0);
  });

  it("changes passwords, adds and removes keys, and rotates the root", async () => {
    await init();
    await run(["set", "a"], "one");
    const next = join(directory, "next");
    await writeFile(next, "next password");
    expect((await run(["passwd", "--new-password-file", next, ...KDF])).status).toBe(0);
    expect((await run(["list"])).status).toBe(3);
    const env = { SEAWORTHY_VAULT_PASSWORD_FILE: next };
    const { recoveryCode } = JSON.parse((await run(["add-key", "--recovery", "--json"], "", env)).out);
    const recovery = join(directory, "recovery");
    await writeFile(recovery, recoveryCode);
    expect((await run(["get", "a"], "", { SEAWORTHY_VAULT_PASSWORD_FILE: recovery })).out).toBe("one\n");
    const keyFile = join(directory, "key");
    await writeFile(keyFile, Buffer.alloc(32, 7));
    expect((await run(["add-key", "--new-key-file", keyFile], "", env)).status).toBe(0);
    expect((await run(["get", "a", "--key-file", keyFile])).out).toBe("one\n");
    const slots = JSON.parse((await run(["keys", "--json"], "", env)).out) as { id: string; kind: string }[];
    expect(slots.map(({ kind }) => kind)).toEqual(["password", "recovery", "key"]);
    expect((await run(["remove-key", slots[2]?.id as string], "", env)).status).toBe(0);
    expect((await run(["get", "a", "--key-file", keyFile])).status).toBe(3);
    expect((await run(["rotate", "--keys"], "", env)).status).toBe(0);
    expect((await run(["reencrypt"], "", env)).status).toBe(0);
    expect(
      (await run(["rotate", "--keys", "--only", "--new-password-file", passwordFile, ...KDF], "", env)).status,
    ).toBe(0);
    expect((await run(["keys"])).out.split("\n")).toHaveLength(2);
    expect((await run(["get", "a"])).out).toBe("one\n");
  });

  it("exports a bundle for another password, and imports it with a policy", async () => {
    await init();
    await run(["set", "a"], "one");
    const bundle = join(directory, "bundle");
    const password = join(directory, "bundle-password");
    await writeFile(password, "for the road");
    const using = ["--bundle-password-file", password];
    const weak = [...using, ...KDF];
    expect((await run(["export", bundle, ...weak])).status).toBe(0);
    expect((await stat(bundle)).mode & 0o777).toBe(0o600);
    expect((await run(["export", bundle, ...weak])).status).toBe(1);
    expect((await run(["export", "-", ...weak, "--name", "a"])).out).toMatch(/^SWVAULT2/);
    expect((await run(["import", bundle, ...using])).status).toBe(1);
    expect((await run(["import", bundle, ...using, "--on-conflict", "skip"])).out).toBe("skipped\ta\n");
    expect((await run(["import", bundle, ...using, "--on-conflict", "maybe"])).status).toBe(2);
    expect((await run(["get", "a", "--vault", bundle, "--password-file", password, "--repair"])).out).toBe("one\n");
  });

  it("imports a bundle of more than 8 MiB", async () => {
    await init();
    const password = join(directory, "bundle-password");
    await writeFile(password, "for the road");
    await using vault = await openVault({ store: memoryStore(), key: Buffer.alloc(32), create: true });
    for (let i = 0; i < 9; i++) await vault.set(`large/${i}`, "x".repeat(2 ** 20));
    const kdf = { memory: "19mib", passes: 1, lanes: 1 };
    const bundle = join(directory, "bundle");
    await writeFile(bundle, await vault.exportTo({ password: "for the road", kdf }));
    expect((await run(["import", bundle, "--bundle-password-file", password])).out.split("\n")).toHaveLength(10);
  });

  it("fails without a stack trace if its output is not read", async () => {
    await init();
    await run(["set", "a"], "one");
    const child = start(["get", "a"]);
    child.stdout?.destroy();
    const err = text(child.stderr as NodeJS.ReadableStream);
    expect((await once(child, "exit"))[0]).toBe(1);
    expect(await err).toBe("");
  });

  it("gives the code of a second factor", async () => {
    await init();
    await run(["set", "factor"], "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ");
    expect((await run(["totp", "factor"])).out).toMatch(/^\d{6}\n$/);
  });

  it("prints help for all and for each command, and completion that the shells accept", async () => {
    expect((await run(["--help"])).out).toContain("Exit status:");
    expect(await run([])).toMatchObject({ status: 2 });
    for (const name of Object.keys(COMMANDS))
      expect((await run([name, "--help"])).out).toContain(`seaworthy-vault ${name}`);
    for (const shell of ["bash", "zsh", "fish"])
      expect((await run(["completion", shell])).out).toContain("seaworthy-vault");
    expect((await run(["completion", "cmd"])).status).toBe(2);
    for (const shell of ["bash", "zsh", "fish"])
      expect((await run(["completion", shell])).out).toContain("bash zsh fish");
    const script = join(directory, "completion.bash");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own placeholder
    const probe = "COMP_WORDS=(seaworthy-vault ro); COMP_CWORD=1; _seaworthy_vault; echo ${COMPREPLY[@]}";
    await writeFile(script, `${(await run(["completion", "bash"])).out}\n${probe}\n`);
    expect(await text(spawn("bash", [script]).stdout)).toBe("rollback rotate\n");
  });
});

describe("seaworthy-vault run", () => {
  it("puts chosen credentials into the environment of its command, and nowhere else", async () => {
    await init();
    await run(["set", "upstream/api-key"], "s3cret-value");
    await run(["set", "db"], "other");
    const script =
      "process.stdout.write(JSON.stringify([process.env.UPSTREAM_API_KEY, process.env.DB, process.env.RENAMED, process.env.SEAWORTHY_VAULT_PASSWORD_FILE, process.argv.join()]))";
    const child = start([
      "run",
      "--secret",
      "upstream/api-key",
      "--secret",
      "RENAMED=db",
      "--",
      process.execPath,
      "-e",
      script,
      "x",
    ]);
    const out = JSON.parse(await text(child.stdout as NodeJS.ReadableStream)) as string[];
    expect(out.slice(0, 4)).toEqual(["s3cret-value", null, "other", null]);
    expect(out[4]).not.toContain("s3cret");
    expect(process.env.UPSTREAM_API_KEY).toBeUndefined();
  });

  it("without a choice puts all of them there, save what a rotation has staged", async () => {
    await init();
    for (const name of ["db", "db~next", "other~next"]) await run(["set", name], `value of ${name}`);
    const command = ["sh", "-c", `echo "$DB/$DB_NEXT/$OTHER_NEXT" > ${join(directory, "seen")}`];
    expect(await run(["run", "--", ...command])).toEqual({ status: 0, out: "", err: "" });
    expect(await readFile(join(directory, "seen"), "utf8")).toBe("value of db//value of other~next\n");
  });

  it("hands Ctrl-C on only where the terminal does not do so itself", async () => {
    await init();
    await run(["set", "a"], "one");
    for (const [isTTY, end] of [
      [true, 9],
      [false, 5],
    ] as const) {
      const up = join(directory, `up-${isTTY}`);
      const script = `trap 'exit 5' INT; trap 'exit 9' TERM; echo > ${up}; while :; do sleep 0.02; done`;
      const before = process.listeners("SIGINT");
      const stdin = Object.assign(piped(""), { isTTY }) as unknown as InputStream;
      const ended = withStreams(["run", "--", "sh", "-c", script], stdin);
      await vi.waitFor(() => stat(up), { timeout: 15_000 });
      const [onInterrupt] = process.listeners("SIGINT").filter((one) => !before.includes(one));
      onInterrupt?.("SIGINT");
      process.listeners("SIGTERM").at(-1)?.("SIGTERM");
      expect((await ended).status).toBe(end);
    }
  });

  it("ends as its command ends, and hands signals on", async () => {
    await init();
    await run(["set", "a"], "one");
    const exits = async (...command: string[]): Promise<number> =>
      (await run(["run", "--all", "--", ...command])).status;
    expect(await exits("sh", "-c", "exit 42")).toBe(42);
    expect(await exits("sh", "-c", "kill -KILL $$")).toBe(137);
    expect(await exits(join(directory, "no-such-command"))).toBe(127);
    expect(await exits(passwordFile)).toBe(126);
    const child = start([
      "run",
      "--all",
      "--",
      process.execPath,
      "-e",
      "process.on('SIGTERM', () => process.exit(9)); console.log('up'); setInterval(() => {}, 1000)",
    ]);
    await once(child.stdout as EventEmitter, "data");
    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(9);
  });

  it("refuses what cannot be meant", async () => {
    await init();
    await run(["set", "a/b"], "one");
    await run(["set", "a-b"], "two");
    await run(["set", "zero"], "a\0b");
    for (const args of [
      ["run", "--all"],
      ["run", "--secret", "a/b"],
      ["run", "--", "true"],
      ["run", "--all", "--", "true"],
      ["run", "--secret", "1X=a/b", "--", "true"],
      ["run", "--secret", "zero", "--", "true"],
      ["list", "--", "true"],
    ])
      expect((await run(args)).status).toBe(2);
    expect((await run(["run", "--all", "--", "true"])).err).toContain("Two credentials would become A_B");
    expect((await run(["run", "--secret", "none", "--", "true"])).status).toBe(4);
    expect((await run(["run", "--secret", "a/b", "--secret", "C=a-b", "--", "true"])).status).toBe(0);
  });
});

describe("seaworthy-vault rotate", () => {
  it("lets a command change the value at the provider and check it, and keeps the old one when that fails", async () => {
    await init();
    await run(["set", "db"], "old");
    const provider = join(directory, "provider");
    await writeFile(provider, "old");
    const works = `case $SEAWORTHY_STEP in apply) printf %s "$SEAWORTHY_NEXT" > ${provider};; verify) [ "$SEAWORTHY_NEXT" = "$(cat ${provider})" ];; esac`;
    expect(JSON.parse((await run(["rotate", "db", "--json", "--", "sh", "-c", works])).out)).toEqual({
      name: "db",
      version: 2,
      resumed: false,
    });
    expect((await run(["get", "db", "--no-newline"])).out).toBe(await readFile(provider, "utf8"));
    expect((await run(["rotate", "db", "--value-stdin", "--", "sh", "-c", works], "chosen\n")).status).toBe(0);
    expect(await readFile(provider, "utf8")).toBe("chosen");
    const fails = `[ "$SEAWORTHY_STEP" = apply ] && printf %s "$SEAWORTHY_NEXT" > ${provider} || [ "$SEAWORTHY_NEXT" = chosen ]`;
    expect(await run(["rotate", "db", "--", "sh", "-c", fails])).toMatchObject({ status: 1 });
    expect(await readFile(provider, "utf8")).toBe("chosen");
    expect((await run(["get", "db"])).out).toBe("chosen\n");
    expect((await run(["rotate", "db"])).status).toBe(2);
  });
});

describe("the command of a rotation", () => {
  it("gets the step and the new value each time, and the current value only to change it", async () => {
    await init();
    await run(["set", "db"], "old");
    const log = join(directory, "steps");
    const line = 'echo "$SEAWORTHY_STEP $SEAWORTHY_NEXT [$SEAWORTHY_CURRENT]"';
    const { status } = await run(["rotate", "db", "--value-stdin", "--", "sh", "-c", `${line} >> ${log}`], "chosen\n");
    expect(status).toBe(0);
    expect(await readFile(log, "utf8")).toBe("apply chosen [old]\nverify chosen []\n");
  });
});

describe("a terminal", () => {
  interface FakeTerminal extends TerminalDevice {
    readonly screen: string[];
    isClosed: boolean;
  }

  /** A terminal on which these are typed, one after the other, and which is then closed. */
  function terminal(...chunks: string[]): FakeTerminal {
    const screen: string[] = [];
    return {
      screen,
      isClosed: false,
      onInput(listener, onEnd) {
        const next = (): void => {
          const chunk = chunks.shift();
          if (chunk === undefined) onEnd();
          else listener(chunk);
          if (chunk !== undefined) setImmediate(next);
        };
        setImmediate(next);
      },
      write: (text) => screen.push(text),
      async close() {
        this.isClosed = true;
      },
    };
  }
  const typeAt = (device: TerminalDevice, ...args: string[]): Promise<Result> =>
    withStreams(args, Object.assign(piped(""), { isTTY: true }) as unknown as InputStream, noFile, device);
  const noFile = { SEAWORTHY_VAULT_PASSWORD_FILE: undefined as unknown as string };

  it("is asked for passwords and values, twice for new ones", async () => {
    const typing = terminal("mas", "tex\u007fr word, long\r", "master word, long\r");
    expect(await typeAt(typing, "init", ...KDF)).toEqual({ status: 0, out: "", err: "" });
    expect(typing.screen.join("")).toBe("Master password: \nMaster password, again: \n");
    expect(typing.isClosed).toBe(true);
    const pasted = terminal("master word, long\rthe value\n", "\n");
    expect(await typeAt(pasted, "set", "a")).toEqual({ status: 0, out: "", err: "" });
    expect(pasted.screen.join("")).not.toContain("the value");
    await using vault = await openVault({ store: fileStore(vaultPath), password: "master word, long" });
    expect((await vault.get("a")).reveal()).toBe("the value");
  });

  it("gives up when the two differ, on Ctrl-C and at its end, and is given back", async () => {
    for (const [chunks, status] of [
      [["one\r", "other\r"], 2],
      [["half\u0003"], 130],
      [["\u0004"], 130],
      [[], 130],
    ] as const) {
      const typing = terminal(...chunks);
      expect((await typeAt(typing, "init", ...KDF)).status).toBe(status);
      expect(typing.isClosed).toBe(true);
    }
  });

  it("that is not there is said to be missing, instead of waiting", async () => {
    expect(await run(["init"], "", noFile)).toMatchObject({ status: 2, err: expect.stringContaining("no terminal") });
  });
});
