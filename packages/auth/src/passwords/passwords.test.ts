import { createHash, randomBytes, scryptSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isSeaworthyError, runWithContext, secret } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import argon2 from "argon2";
import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { createPasswords } from "./create-passwords.ts";
import { hashPassword, needsRehash, verifyPassword } from "./hash-password.ts";
import type { PasswordsOptions } from "./passwords.ts";
import { pwnedPasswords } from "./pwned-passwords.ts";

const PASSWORD = "correct horse battery staple";
// The cheapest cost that is allowed; the default is tested once.
const CHEAP: PasswordsOptions = { memory: "7mib", passes: 1 };
const WRONG = { ok: false, needsRehash: false };

async function issuesOf(checked: Promise<void>): Promise<unknown> {
  const error: unknown = await checked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isSeaworthyError(error, "AUTH_PASSWORD_REJECTED")) return error;
  const { issues } = error.context as { issues: { code: string }[] };
  return issues.map(({ code }) => code);
}

describe("hashes", () => {
  it("are Argon2id at the cost that OWASP recommends, and readable by others", async () => {
    const hash = await hashPassword(PASSWORD);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await argon2.verify(hash, PASSWORD)).toBe(true);
    expect(await verifyPassword(hash, PASSWORD)).toEqual({ ok: true, needsRehash: false });
    expect(await verifyPassword(hash, `${PASSWORD}!`)).toEqual(WRONG);
    expect(needsRehash(hash)).toBe(false);
    expect(await hashPassword(PASSWORD)).not.toBe(hash);
  });

  it("do not depend on how a keyboard composes a letter, and match what was hashed without normalization", async () => {
    const passwords = createPasswords(CHEAP);
    expect(
      (await passwords.verify(await passwords.hash("na\u00efvet\u00e9 gewinnt"), "nai\u0308vete\u0301 gewinnt")).ok,
    ).toBe(true);
    const older = await argon2.hash("10 µm ist ½ zu viel…", { memoryCost: 7168, timeCost: 1, parallelism: 1 });
    expect(await passwords.verify(older, "10 µm ist ½ zu viel…")).toEqual({ ok: true, needsRehash: false });
  });

  it.each([
    ["", "too_short"],
    ["x".repeat(1025), "too_long"],
    ["a lone surrogate \ud800", "malformed"],
    [42, "malformed"],
    [undefined, "malformed"],
  ])("are refused for %s", async (password, code) => {
    const passwords = createPasswords(CHEAP);
    expect(await issuesOf(passwords.hash(password as string).then(() => undefined))).toEqual([code]);
    expect(await passwords.verify(await passwords.hash(PASSWORD), password as string)).toEqual(WRONG);
  });

  it("take no time for a password whose normalization would", async () => {
    const passwords = createPasswords(CHEAP);
    const hostile = `a${"\u0315\u0300".repeat(500_000)}`;
    expect(await passwords.verify(undefined, hostile)).toEqual(WRONG);
    expect(await issuesOf(passwords.check(hostile))).toEqual(["too_long"]);
  });
});

describe("a stored hash", () => {
  const made = (options: argon2.HashOptions): Promise<string> =>
    argon2.hash(PASSWORD, { memoryCost: 7168, timeCost: 1, parallelism: 1, ...options });

  it.each<[string, argon2.HashOptions, boolean]>([
    ["the same cost", {}, false],
    ["more memory", { memoryCost: 9216 }, false],
    ["more passes", { timeCost: 2 }, false],
    ["more lanes", { parallelism: 2 }, false],
    ["less memory", { memoryCost: 4096, timeCost: 1 }, true],
    ["far less memory and many passes", { memoryCost: 64, timeCost: 16 }, true],
    ["the variant Argon2i", { type: argon2.argon2i, memoryCost: 9216 }, true],
    ["the variant Argon2d", { type: argon2.argon2d, memoryCost: 9216 }, true],
    ["the older version", { version: 0x10 }, true],
    ["a short hash", { hashLength: 16 }, true],
    ["a short salt", { salt: Buffer.alloc(8, 1) }, true],
  ])("with %s is compared", async (_, options, outdated) => {
    const passwords = createPasswords(CHEAP);
    const hash = await made(options);
    expect(await passwords.verify(hash, PASSWORD)).toEqual({ ok: true, needsRehash: outdated });
    expect(passwords.needsRehash(hash)).toBe(outdated);
    expect(await passwords.verify(hash, "another password")).toEqual(WRONG);
  });

  it("is never replaced by one of less memory, even if its work is less", async () => {
    const hash = await made({ memoryCost: 20_480 });
    expect(createPasswords({ memory: "19mib", passes: 4 }).needsRehash(hash)).toBe(false);
    expect(createPasswords({ memory: "21mib", passes: 4 }).needsRehash(hash)).toBe(true);
  });

  it.each([
    ["", "malformed"],
    ["plain text", "malformed"],
    ["$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ", "malformed"],
    ["$argon2id$v=19$m=19456,t=2,p=1$!!!!!!!!!!!$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "malformed"],
    ["$argon2id$v=19$m=4,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "malformed"],
    ["$argon2id$v=19$m=19456,m=8,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "malformed"],
    ["$argon2id$v=19$m=NaN,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "malformed"],
    ["$argon2id$v=18$m=19456,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "malformed"],
    ["$argon2id$v=19$m=1048576,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "excessive"],
    ["$argon2id$v=19$m=65536,t=999,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "excessive"],
    ["$argon2id$v=19$m=65536,t=1,p=64$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "excessive"],
    ["$argon2id$v=19$m=7168,t=1,p=1,keyid=b2xk$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "unsupported"],
    ["$2b$10$tooshort", "malformed"],
    [`$2b$03$${"a".repeat(53)}`, "malformed"],
    [`$2x$10$${"a".repeat(53)}`, "malformed"],
    [`$2b$31$${"a".repeat(53)}`, "excessive"],
    [`$2b$10$${"a".repeat(53)}`, "unsupported"],
    ["$scrypt$ln=16,r=8,p=1$c2FsdA", "malformed"],
    ["$scrypt$ln=0,r=8,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "malformed"],
    ["$scrypt$ln=30,r=8,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "excessive"],
    ["$scrypt$ln=999999,r=8,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "excessive"],
    ["$scrypt$ln=14,r=8,p=4096$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "excessive"],
    ["pbkdf2_sha256$0$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "malformed"],
    ["pbkdf2_sha256$99999999$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "excessive"],
    ["$pbkdf2-md5$1000$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", "malformed"],
    ["x".repeat(100_000), "malformed"],
    [null, "malformed"],
    [{ toString: (): string => "$2b$10$" }, "malformed"],
  ])("that is %s is a failed comparison", async (hash, fault) => {
    using caught = captureTelemetry();
    const passwords = createPasswords(CHEAP);
    expect(await passwords.verify(hash as string, PASSWORD)).toEqual({ ...WRONG, fault });
    expect(passwords.needsRehash(hash as string)).toBe(true);
    expect(caught.of("auth.hash").map(({ labels }) => labels)).toEqual([{ action: "verify", outcome: fault }]);
  });

  it("is compared with no password if there is none", async () => {
    using caught = captureTelemetry();
    expect(await createPasswords(CHEAP).verify(undefined, PASSWORD)).toEqual(WRONG);
    expect(caught.of("auth.hash")).toMatchObject([{ labels: { outcome: "mismatch" } }]);
  });
});

describe("hashes of older systems", () => {
  const passwords = createPasswords({ ...CHEAP, bcrypt });

  it("are compared and replaced: bcrypt of any letter", async () => {
    const hash = await bcrypt.hash("pässword for bcrypt", 4);
    for (const prefix of ["$2a$", "$2b$", "$2y$"]) {
      const stored = hash.replace(/^\$2b\$/, prefix);
      expect(await passwords.verify(stored, "pässword for bcrypt")).toEqual({ ok: true, needsRehash: true });
      expect(await passwords.verify(stored, "Pässword for bcrypt")).toEqual(WRONG);
    }
  });

  it("match no password beyond the 72 bytes that bcrypt looks at, nor one with a NUL", async () => {
    const long = "ä".repeat(36);
    const hash = await bcrypt.hash(long, 4);
    expect((await passwords.verify(hash, long)).ok).toBe(true);
    expect(await bcrypt.compare(`${long}and more`, hash)).toBe(true);
    expect(await passwords.verify(hash, `${long}and more`)).toEqual(WRONG);
    const short = await bcrypt.hash("a\0b", 4);
    expect(await passwords.verify(short, "a\0b")).toEqual(WRONG);
  });

  it.each([
    // RFC 7914, section 12: N = 16384, r = 8, p = 1.
    [
      "scrypt",
      "pleaseletmein",
      `$scrypt$ln=14,r=8,p=1$${Buffer.from("SodiumChloride").toString("base64").replace(/=+$/, "")}$${Buffer.from(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
        "hex",
      )
        .toString("base64")
        .replace(/=+$/, "")}`,
    ],
    // RFC 7914, section 11: PBKDF2-HMAC-SHA-256 with 80 000 iterations, in PHC form.
    [
      "PBKDF2",
      "Password",
      `$pbkdf2-sha256$i=80000,l=64$${Buffer.from("NaCl").toString("base64").replace(/=+$/, "")}$${Buffer.from(
        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
        "hex",
      )
        .toString("base64")
        .replace(/=+$/, "")}`,
    ],
    // RFC 6070: PBKDF2-HMAC-SHA-1 with 4096 iterations, in the forms of passlib and Django.
    ["PBKDF2 of passlib", "password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"],
    ["PBKDF2 of Django", "password", "pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE="],
  ])("are compared and replaced: %s", async (_, password, stored) => {
    expect(await passwords.verify(stored, password)).toEqual({ ok: true, needsRehash: true });
    expect(await passwords.verify(stored, `${password} `)).toEqual(WRONG);
  });

  it("are compared and replaced: the hex pair of better-auth", async () => {
    const salt = randomBytes(16).toString("hex");
    const key = scryptSync("½ password".normalize("NFKC"), salt, 64, { N: 16384, r: 16, p: 1, maxmem: 2 ** 26 });
    const stored = `${salt}:${key.toString("hex")}`;
    expect(await passwords.verify(stored, "½ password")).toEqual({ ok: true, needsRehash: true });
    expect(await passwords.verify(stored, "½ Password")).toEqual(WRONG);
  });
});

describe("a pepper", () => {
  const first = { id: "2025", secret: secret("the first pepper has at least 32 bytes") };
  const second = { id: "2026", secret: new Uint8Array(32).fill(7) };

  it("is needed to compare, and replaced with the next login", async () => {
    const before = createPasswords(CHEAP);
    const plain = await before.hash(PASSWORD);
    const one = createPasswords({ ...CHEAP, pepper: first });
    expect(await one.verify(plain, PASSWORD)).toEqual({ ok: true, needsRehash: true });
    const peppered = await one.hash(PASSWORD);
    expect(peppered).toContain("p=1,keyid=MjAyNQ$");
    expect(await one.verify(peppered, PASSWORD)).toEqual({ ok: true, needsRehash: false });
    expect(await before.verify(peppered, PASSWORD)).toEqual({ ...WRONG, fault: "unsupported" });
    const wrong = createPasswords({ ...CHEAP, pepper: { id: "2025", secret: "x".repeat(32) } });
    expect(await wrong.verify(peppered, PASSWORD)).toEqual(WRONG);
    const both = createPasswords({ ...CHEAP, pepper: [second, first] });
    expect(await both.verify(peppered, PASSWORD)).toEqual({ ok: true, needsRehash: true });
    expect(await both.verify(await both.hash(PASSWORD), PASSWORD)).toEqual({ ok: true, needsRehash: false });
  });
});

describe("the bound on hashes", () => {
  it("computes so many at once, lets so many wait in order, and rejects the others", async () => {
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const compare = async (password: string): Promise<boolean> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(Number(password));
      running--;
      return true;
    };
    const passwords = createPasswords({ ...CHEAP, parallel: 2, queue: 3, bcrypt: { compare } });
    const hash = `$2b$10$${"a".repeat(53)}`;
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map((n) => passwords.verify(hash, String(n))));
    expect(
      outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.ok : outcome.reason.code)),
    ).toEqual([...[true, true, true, true, true], ...["AUTH_BUSY", "AUTH_BUSY"]]);
    expect(outcomes.at(-1)).toMatchObject({ reason: { status: 503, retryable: true, retryAfter: 1000 } });
    expect({ order, most }).toEqual({ order: [1, 2, 3, 4, 5], most: 2 });
    expect((await passwords.verify(hash, "8")).ok).toBe(true);
  });

  it("drops what waits for a caller that has left", async () => {
    const passwords = createPasswords({ ...CHEAP, parallel: 1, queue: 1 });
    const running = passwords.hash(PASSWORD);
    const caller = new AbortController();
    const waiting = runWithContext({ signal: caller.signal }, () => passwords.hash(PASSWORD));
    caller.abort(new Error("closed"));
    await expect(waiting).rejects.toThrow("closed");
    await expect(passwords.hash(PASSWORD)).resolves.toMatch(/^\$argon2id/);
    await running;
    const left = runWithContext({ signal: AbortSignal.abort(new Error("left")) }, () => passwords.hash(PASSWORD));
    await expect(left).resolves.toMatch(/^\$argon2id/);
  });

  it("rejects with AUTH_BUSY if the engine fails, and goes on", async () => {
    const compare = async (): Promise<boolean> => Promise.reject(new Error("out of memory"));
    const passwords = createPasswords({ ...CHEAP, parallel: 1, queue: 0, bcrypt: { compare } });
    const failing = passwords.verify(`$2b$10$${"a".repeat(53)}`, PASSWORD);
    await expect(failing).rejects.toMatchObject({ code: "AUTH_BUSY", cause: { message: "out of memory" } });
    expect((await passwords.verify(await passwords.hash(PASSWORD), PASSWORD)).ok).toBe(true);
  });
});

describe("a new password", () => {
  const passwords = createPasswords({ ...CHEAP, blocklist: ["Seaworthy"] });

  it.each([
    ["correct horse battery staple", undefined],
    ["MThvZ-8rNq", undefined],
    ["только наши слова", undefined],
    ["日本語のながいぱすわーど", undefined],
    ["short", ["too_short"]],
    ["日本語パス", ["too_short"]],
    ["𝒳𝒴𝒵𝒳𝒴𝒵𝒳", ["too_short", "common"]],
    ["y*7".repeat(100), ["too_long", "common"]],
    ["password", ["common"]],
    ["Password1!", ["common"]],
    ["P@$$w0rd2026", ["common"]],
    ["Tr0ub4dour", undefined],
    ["1l0v3y0u!!", ["common"]],
    ["12345678", ["common"]],
    ["1234567890123", ["common"]],
    ["87654321", ["common"]],
    ["qwertyuiop", ["common"]],
    ["1qaz2wsx3edc", ["common"]],
    ["aaaaaaaaaaaa", ["common"]],
    ["abcabcabcabc", ["common"]],
    ["monkeymonkey", ["common"]],
    ["19841231", ["common"]],
    ["liverpoo", ["common"]],
    ["seaworthy2026", ["common"]],
    ["ＰＡＳＳＷＯＲＤ", ["common"]],
    ["marlowe77", ["personal"]],
    ["p.marlowe@agency.example", ["personal"]],
    ["marlowe drives a 1938 plymouth", undefined],
  ])("that is %s is refused for %s", async (password, codes) => {
    expect(await issuesOf(passwords.check(password, { email: "P.Marlowe@agency.example" }))).toEqual(codes);
  });

  it("is refused with issues that a client may see", async () => {
    await expect(passwords.check("password")).rejects.toMatchObject({
      status: 422,
      exposed: ["issues"],
      context: { issues: [{ code: "common", message: "The password is one of the most common ones." }] },
    });
  });
});

describe("the lookup of breached passwords", () => {
  const suffix = createHash("sha1").update(PASSWORD).digest("hex").toUpperCase().slice(5);

  it("sends 5 digits, reads the answer, and ignores its padding", async () => {
    const asked: (string | undefined)[] = [];
    let answer = `0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n${suffix}:12\r\n`;
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers["add-padding"]}`);
      response.statusCode = answer === "" ? 503 : 200;
      response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/`;
    const passwords = createPasswords({ ...CHEAP, breaches: pwnedPasswords({ url }) });
    expect(await issuesOf(passwords.check(PASSWORD))).toEqual(["breached"]);
    expect(asked).toEqual([
      `/range/${createHash("sha1").update(PASSWORD).digest("hex").toUpperCase().slice(0, 5)} true`,
    ]);
    answer = `${suffix}:0\r\n`;
    expect(await issuesOf(passwords.check(PASSWORD))).toBeUndefined();
    answer = "";
    expect(await issuesOf(passwords.check(PASSWORD))).toBeUndefined();
    const strict = createPasswords({ ...CHEAP, breaches: pwnedPasswords({ url }), onBreachFailure: "reject" });
    expect(await issuesOf(strict.check(PASSWORD))).toEqual(["unchecked"]);
    server.close();
  });

  it("gives up in time, and says so", async () => {
    using caught = captureTelemetry();
    const clock = manualClock();
    const signals: AbortSignal[] = [];
    const breaches = (_: string, { signal }: { signal: AbortSignal }): Promise<string> => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const checked = issuesOf(createPasswords({ ...CHEAP, clock, breaches }).check(PASSWORD));
    await clock.advance("2s");
    expect(await checked).toBeUndefined();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(caught.of("auth.breach_check")).toMatchObject([{ labels: { outcome: "failed" }, value: 2 }]);
  });

  it.each([42, null, "x".repeat(1024 * 1024 + 1)])("does not trust the answer %s", async (answer) => {
    const breaches = async (): Promise<string> => answer as string;
    const passwords = createPasswords({ ...CHEAP, breaches, onBreachFailure: "reject" });
    expect(await issuesOf(passwords.check(PASSWORD))).toEqual(["unchecked"]);
  });
});

describe("malformed options", () => {
  it.each([
    [{ memory: "1mib" }, /memory must be from 7 MiB to 256 MiB; got 1048576 bytes/],
    [{ memory: "256mib", passes: 5 }, /memory times passes must be 1 GiB at most/],
    [{ passes: 0 }, /passes .* got 0/],
    [{ lanes: 17 }, /lanes .* got 17/],
    [{ parallel: 0 }, /parallel .* got 0/],
    [{ queue: -1 }, /queue .* got -1/],
    [{ minLength: 7 }, /minLength .* got 7/],
    [{ maxLength: 63 }, /maxLength .* got 63/],
    [{ pepper: [] }, /pepper must not be an empty array/],
    [{ pepper: { id: "a b", secret: "x".repeat(32) } }, /pepper.id .* got "a b"/],
    [{ pepper: { id: "a", secret: "short" } }, /pepper.secret must be .* at least 32 bytes$/],
    [{ pepper: [1, 1].map(() => ({ id: "a", secret: "x".repeat(32) })) }, /pepper.id "a" is there twice/],
    [{ blocklist: "word" }, /blocklist must be an iterable of strings; got "word"/],
    [{ blocklist: [1] }, /blocklist must have strings; got 1/],
    [{ breaches: "https://example.com" }, /breaches must be a function/],
    [{ breachTimeout: 0 }, /breachTimeout must be more than 0/],
    [{ onBreachFailure: "ignore" }, /onBreachFailure must be one of accept, reject/],
    [{ bcrypt: {} }, /bcrypt.compare must be a function/],
    [{ saltLength: 8 }, /createPasswords has no option "saltLength"/],
  ])("%o are refused", (options, message) => {
    expect(() => createPasswords(options as never)).toThrow(message);
  });
});
