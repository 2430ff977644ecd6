import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../src/cli/main.ts";
import type { InputStream, Io } from "../src/cli/terminal.ts";
import { fileStore, openVault, type Vault } from "../src/index.ts";

const key = Buffer.alloc(32, 7);
let directory: string;
let path: string;
let keyFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vault-features-"));
  path = join(directory, "v", "credentials.vault");
  keyFile = join(directory, "key");
  await writeFile(keyFile, key, { mode: 0o600 });
  await (await open(true)).close();
});
afterEach(() => rm(directory, { recursive: true }));

function open(create = false): Promise<Vault> {
  return openVault({ store: fileStore(path), key, create, autoLock: false });
}

interface Result {
  status: number;
  out: string;
  err: string;
}

async function* piped(input: string | Uint8Array): AsyncGenerator<Buffer> {
  yield Buffer.from(input as string);
}

/** Runs the program on these arguments and nothing else. */
async function bare(
  args: string[],
  input: string | Uint8Array = "",
  env: Record<string, string> = {},
): Promise<Result> {
  const out: Buffer[] = [];
  const err: string[] = [];
  const io: Io = {
    stdin: Object.assign(piped(input), { isTTY: false }) as unknown as InputStream,
    stdout: { write: (chunk) => out.push(Buffer.from(chunk as string)) },
    stderr: { write: (chunk) => err.push(String(chunk)) },
    env: { PATH: process.env.PATH, ...env },
    openTerminal: () => undefined,
    version: "1.2.3",
  };
  const status = await main(args, io);
  return { status, out: Buffer.concat(out).toString(), err: err.join("") };
}

const run = ([command, ...rest]: string[], input?: string | Uint8Array): Promise<Result> =>
  bare([command as string, "--vault", path, "--key-file", keyFile, ...rest], input);

describe("the place of the vault", () => {
  it("is by default a directory of its own in the working directory, whatever that one's mode is", async () => {
    const before = process.cwd();
    const project = join(directory, "project");
    await mkdir(project, { mode: 0o755 });
    try {
      process.chdir(project);
      const missing = await bare(["list", "--key-file", keyFile]);
      expect(missing).toMatchObject({
        status: 4,
        err: expect.stringMatching(/There is no vault at .*\.seaworthy.*init/),
      });
      const options = ["--password-command", "echo correct horse battery", "--memory", "19mib", "--passes", "1"];
      expect(await bare(["init", ...options])).toEqual({ status: 0, out: "", err: "" });
      expect((await stat(join(project, ".seaworthy"))).mode & 0o777).toBe(0o700);
      expect((await bare(["list", "--password-command", "echo correct horse battery"])).status).toBe(0);
      // Refused before anybody is asked for a password.
      const open = await bare([
        "init",
        "--vault",
        join(project, "credentials.vault"),
        "--password-command",
        "touch asked",
      ]);
      expect(open).toMatchObject({ status: 7, err: expect.stringContaining("a directory of its own") });
      expect(await readdir(project)).toEqual([".seaworthy"]);
    } finally {
      process.chdir(before);
    }
  });
});

describe("the program", () => {
  it("has a version, help for each command, hints for mistyped ones, and options before the command", async () => {
    for (const args of [["--version"], ["-V"], ["version"]])
      expect(await bare(args)).toEqual({ status: 0, out: "1.2.3\n", err: "" });
    expect((await bare(["help", "rotate"])).out).toContain("--value-stdin");
    expect((await bare(["help"])).out).toContain("Exit status:");
    expect((await bare(["help", "nothing"])).status).toBe(2);
    expect((await bare(["lst"])).err).toContain("did you mean list?");
    expect((await bare(["rotat"])).err).toContain("did you mean rotate?");
    const { status, out } = await bare(["-v", path, "--key-file", keyFile, "-j", "list"]);
    expect([status, out]).toEqual([0, "[]\n"]);
    expect((await bare([`--vault=${path}`, "--key-file", keyFile, "list", "-h"])).out).toContain("--prefix");
  });

  it("refuses a value behind an equals sign, and does not show it", async () => {
    const { status, err } = await run(["set", "KEY=s3cr3t-value"], "x");
    expect(status).toBe(2);
    expect(err).toMatch(/no equals sign/);
    expect(err).not.toContain("s3cr3t");
  });

  it("takes a new password of fewer than 12 characters only with a flag, and warns of one that others can read", async () => {
    const file = join(directory, "weak");
    await writeFile(file, "short\n", { mode: 0o600 });
    const kdf = ["--memory", "19mib", "--passes", "1", "--lanes", "1"];
    const other = join(directory, "w", "v");
    const init = ["init", "--vault", other, "--password-file", file, ...kdf];
    expect(await bare(init)).toMatchObject({ status: 2, err: expect.stringContaining("--allow-weak-password") });
    expect((await bare([...init, "--allow-weak-password"])).status).toBe(0);
    await chmod(file, 0o644);
    const { status, err } = await bare(["list", "--vault", other, "--password-file", file]);
    expect(status).toBe(0);
    expect(err).toContain(`other accounts can read ${file} (mode 0644)`);
    const add = await run(["add-key", "--new-password-file", file, ...kdf]);
    expect(add).toMatchObject({ status: 2, err: expect.stringContaining("fewer than 12") });
  });

  it("says in its own words what is wrong with an option", async () => {
    expect((await run(["due", "--within", "soon"])).err).toContain("--within must be a duration such as");
    expect((await run(["import", keyFile, "--on-conflict", "maybe"])).err).toContain(
      "--on-conflict must be fail, skip",
    );
    expect((await run(["export", "x", "--format", "yaml"])).err).toContain("--format must be bundle, env or json");
  });

  it("says why a rotation failed", async () => {
    await run(["set", "db"], "old");
    expect((await run(["rotate", "db", "--", "no-such-command"])).err).toMatch(
      /no-such-command cannot be run \(ENOENT\)/,
    );
    expect((await run(["rotate", "db", "--", "sh", "-c", "exit 3"])).err).toMatch(/neither value|status 3/);
    await run(["remove", "db~next"]);
    expect((await run(["rotate", "db", "--", "sh", "-c", "exit 3"])).err).toContain("step apply with status 3");
  });
});

describe("entries", () => {
  it("are generated, described anew, filtered, renamed, brought back, and lose single versions", async () => {
    expect((await run(["generate", "a", "--length", "40", "-l", "team=x"])).out).toBe("");
    expect((await run(["get", "a", "--no-newline"])).out).toMatch(/^[A-Za-z0-9]{40}$/);
    expect((await run(["generate", "pin", "--length", "8", "--alphabet", "01", "--print"])).out).toMatch(/^[01]{8}\n$/);
    expect((await run(["generate", "pin", "--length", "3"])).status).toBe(2);
    expect((await run(["metadata", "a", "--expires", "2099-01-31", "--rotate-after", "30d"])).status).toBe(0);
    expect((await run(["list", "--label", "team=x"])).out).toMatch(/^a\t1\t2099-01-31\t\d{4}-/);
    expect((await run(["metadata", "a", "--expires", "never", "--rotate-after", "never"])).status).toBe(0);
    expect((await run(["list", "--prefix", "a"])).out).toBe("a\t1\t-\t-\n");
    expect((await run(["metadata", "a"])).status).toBe(2);
    await run(["set", "a"], "two");
    expect((await run(["destroy", "a", "1"])).status).toBe(0);
    expect((await run(["destroy", "a", "2"])).status).toBe(1);
    expect((await run(["rename", "a", "b"])).status).toBe(0);
    expect((await run(["remove", "b"])).status).toBe(0);
    expect((await run(["list", "--removed"])).out).toMatch(/^a\t2\t-\t-\nb\t2\t-\t-\n$/);
    expect((await run(["undelete", "b"])).status).toBe(0);
    expect((await run(["get", "b"])).out).toBe("two\n");
    expect((await run(["get", "b", "--version", "1"])).status).toBe(4);
  });

  it("of bytes are kept from standard input, and printed as they are", async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 10]);
    await run(["set", "bytes"], bytes);
    expect(JSON.parse((await run(["get", "bytes", "--json"])).out)).toEqual({
      name: "bytes",
      base64: bytes.toString("base64"),
    });
  });
});

describe("other formats", () => {
  it("of .env and JSON files are taken in one write, and given back", async () => {
    const env = join(directory, ".env");
    await writeFile(env, `# comment\nexport PLAIN=one\nQUOTED='two words # not a comment'\nMANY="a\nb"\n`);
    expect((await run(["import", env, "--format", "env", "--prefix", "app/"])).out).toBe(
      "added\tapp/MANY\nadded\tapp/PLAIN\nadded\tapp/QUOTED\n",
    );
    await using vault = await open();
    expect(vault.epoch).toBe(2);
    expect((await vault.get("app/QUOTED")).reveal()).toBe("two words # not a comment");
    expect((await vault.get("app/MANY")).reveal()).toBe("a\nb");
    expect((await run(["import", env, "--format", "env", "--prefix", "app/"])).status).toBe(1);
    const json = join(directory, "values.json");
    await writeFile(json, JSON.stringify({ "app/PLAIN": "new", "db/url": `it's "quoted"` }));
    expect((await run(["import", json, "--format", "json", "--on-conflict", "replace"])).out).toBe(
      "added\tdb/url\nreplaced\tapp/PLAIN\n",
    );
    expect((await run(["import", json, "--format", "json", "--on-conflict", "skip"])).out).toContain("skipped\tdb/url");
    const out = (await run(["export", "-", "--format", "env"])).out;
    expect(out).toBe(
      "APP_MANY='a\nb'\nAPP_PLAIN='new'\nAPP_QUOTED='two words # not a comment'\nDB_URL=`it's \"quoted\"`\n",
    );
    const file = join(directory, "out.json");
    expect((await run(["export", file, "--format", "json", "--name", "db/url"])).status).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ "db/url": `it's "quoted"` });
  });

  it("that are malformed are refused without a part of them in the message", async () => {
    for (const text of ['{"a": s3cret}', '["s3cret"]', '{"a": {"b": "s3cret"}}', '"s3cret"']) {
      const { status, err } = await run(["import", "-", "--format", "json"], text);
      expect(status).toBe(2);
      expect(err).not.toContain("s3cret");
    }
    await run(["set", "hard"], "' and ` and \"");
    expect((await run(["export", "-", "--format", "env"])).err).toContain("hard cannot be written to a .env file");
  });

  it("of templates have their references replaced, once, and all or none", async () => {
    await run(["set", "db/password"], "p@ss vault://other");
    await run(["set", "name with spaces"], "braced");
    const template = "url=postgres://app:vault://db/password@host, {{ vault://name with spaces }}.\n";
    expect((await run(["inject"], template)).out).toBe("url=postgres://app:p@ss vault://other@host, braced.\n");
    const out = join(directory, "rendered");
    expect((await run(["inject", "-", "--out", out], "vault://db/password and vault://missing")).status).toBe(4);
    await expect(stat(out)).rejects.toThrow("ENOENT");
    expect((await run(["inject", "-", "--out", out], "vault://db/password.")).status).toBe(0);
    expect(await readFile(out, "utf8")).toBe("p@ss vault://other.");
  });
});

describe("run", () => {
  const seen = (): string => join(directory, "seen");
  const show = (text: string): string[] => ["--", "sh", "-c", `echo "${text}" > ${seen()}`];

  it("is not stopped by an entry that has expired, and sets no variable that decides what is run", async () => {
    await run(["set", "db"], "value");
    await run(["set", "old", "--expires", "2020-01-01"], "expired");
    await run(["set", "path"], "/nowhere");
    await run(["set", "node/options"], "--require=/evil.js");
    const all = await run(["run", ...show("$DB/$OLD/$NODE_OPTIONS")]);
    expect(all.status).toBe(0);
    expect(all.err).toMatch(/old is left out: it has expired/);
    expect(all.err).toMatch(/path is left out: PATH is set with --secret PATH=path alone/);
    expect(await readFile(seen(), "utf8")).toBe("value//\n");
    expect((await run(["run", "--allow-expired", ...show("$OLD")])).status).toBe(0);
    expect(await readFile(seen(), "utf8")).toBe("expired\n");
    expect((await run(["run", "--secret", "node/options", ...show("x")])).status).toBe(2);
    expect((await run(["run", "--secret", "old", ...show("x")])).status).toBe(4);
    expect((await run(["run", "-s", "NODE_OPTIONS=node/options", ...show("$NODE_OPTIONS")])).status).toBe(0);
    expect(await readFile(seen(), "utf8")).toBe("--require=/evil.js\n");
  });

  it("takes variables from .env files and resolves the references in them", async () => {
    await run(["set", "db/password"], "p@ss");
    const env = join(directory, ".env");
    await writeFile(env, "URL=postgres://app:vault://db/password@host\nPLAIN=text\n");
    expect((await run(["run", "--env-file", env, ...show("$URL $PLAIN $DB_PASSWORD")])).status).toBe(0);
    expect(await readFile(seen(), "utf8")).toBe("postgres://app:p@ss@host text \n");
  });
});

describe("a damaged vault", () => {
  it("is described by doctor, and restored from its last good copy or from a backup", async () => {
    await run(["set", "a"], "one");
    await run(["set", "big"], "x".repeat(40_000));
    const file = join(directory, "backup");
    expect((await run(["backup", file])).status).toBe(0);
    await run(["set", "a"], "two");
    const well = await run(["doctor"]);
    expect([well.status, well.out]).toEqual([
      0,
      expect.stringMatching(/ok\thead\tepoch 4, 1 key slots \(key\), 1 segments/),
    ]);
    expect((await run(["restore", file])).status).toBe(1);
    await rm(path);
    expect(await run(["list"])).toMatchObject({ status: 5, err: expect.stringContaining("e4") });
    expect(await run(["doctor"])).toMatchObject({ status: 5, out: expect.stringContaining("BAD\thead\tmissing") });
    expect((await run(["restore", "--last-good"])).out).toBe("Restored e4.\n");
    expect((await run(["get", "a"])).out).toBe("two\n");
    await writeFile(path, "junk", { mode: 0o600 });
    expect((await run(["doctor"])).status).toBe(5);
    expect((await run(["restore", "--last-good"])).status).toBe(0);
    expect((await run(["verify"])).status).toBe(0);
    // Of a vault that is sound, the last good copy is the state before.
    expect((await run(["restore", "--last-good"])).out).toBe("Restored e3.\n");
    expect((await run(["get", "a"])).out).toBe("one\n");
    expect((await run(["restore", file, "--replace"])).status).toBe(0);
    expect((await run(["get", "big"])).out.length).toBe(40_001);
    await run(["set", "a"], "three");
    expect((await run(["verify"])).status).toBe(0);
    expect((await run(["restore", path, "--replace"])).status).toBe(1);
    expect((await run(["restore", keyFile])).status).toBe(5);
  });

  it("is found by doctor when a segment is missing or a mode is loose", async () => {
    await run(["set", "big"], "x".repeat(40_000));
    const segment = (await readdir(`${path}.d`)).find((name) => name.startsWith("s")) as string;
    await rm(join(`${path}.d`, segment));
    await chmod(path, 0o644);
    const { status, out } = await run(["doctor"]);
    expect(status).toBe(5);
    expect(out).toContain(`BAD\tsegment ${segment} of the head\tmissing`);
    expect(out).toMatch(/BAD\tfile of the vault\t.*mode 0644/);
  });
});

describe("doctor", () => {
  it("tells what is in a log, what is wrong with it, and which directories above others can replace", async () => {
    const place = join(directory, "open");
    const file = join(place, "own", "credentials.vault");
    await mkdir(place);
    await chmod(place, 0o777);
    const vault = await openVault({ store: fileStore(file), key: new Uint8Array(32), create: true });
    for (let i = 0; i < 4; i++) await vault.set("a", `${i}`);
    const { status, out } = await bare(["doctor", "--vault", file]);
    expect(out).toContain("ok\tlog of the head\t2 writes");
    expect(out).toContain(`ok\tdirectories above\tothers can replace ${await realpath(place)}`);
    expect(status).toBe(0);
    const [log] = (await readdir(`${file}.d`)).filter((name) => name.startsWith("l"));
    const bytes = await readFile(join(`${file}.d`, log as string));
    await writeFile(join(`${file}.d`, log as string), bytes.with(60, (bytes[60] as number) ^ 1));
    expect(await bare(["doctor", "--vault", file])).toMatchObject({
      status: 5,
      out: expect.stringContaining("BAD\tlog"),
    });
    await vault.close();
  });
});

describe("a password command", () => {
  it("gives the password, also by a variable, and its failure is the program's", async () => {
    await run(["add-key", "--new-password-file", "-", "--memory", "19mib", "--passes", "1"], "correct horse battery\n");
    const listed = (args: string[], env = {}): Promise<Result> => bare(["list", "--vault", path, ...args], "", env);
    expect((await listed(["--password-command", "echo correct horse battery"])).status).toBe(0);
    expect((await listed([], { SEAWORTHY_VAULT_PASSWORD_COMMAND: "echo correct horse battery" })).status).toBe(0);
    expect((await listed(["--password-command", "exit 9"])).err).toContain("ended with status 9");
    expect((await listed(["--password-command", "exit 9"])).status).toBe(3);
  });
});
