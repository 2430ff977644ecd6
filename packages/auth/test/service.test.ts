import { type AuditEntry, type Limiter, runWithContext } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryAuthStore } from "../src/stores/memory-store.ts";
import { cheapPasswords, type TestAuth, type TestAuthOptions, testAuth, testTotpCode } from "../src/testing.ts";

const EMAIL = "ada@example.com";
const PASSWORD = "correct horse battery staple";
const NEXT = "another quite long passphrase";
const credentials = { email: EMAIL, password: PASSWORD };

let t: TestAuth;
let entries: AuditEntry[];
const audit = { record: async (entry: AuditEntry) => void entries.push(entry) };
const trail = (): string[] => entries.map(({ type, outcome }) => `${type} ${outcome}`);

async function start(options: TestAuthOptions = {}): Promise<TestAuth> {
  t = await testAuth({ audit, ...options });
  return t;
}
async function withAccount(options: TestAuthOptions = {}): Promise<string> {
  const { auth } = await start(options);
  const made = await auth.register(credentials);
  if (made.status === "active") return made.user.id;
  return (await auth.verifyEmail(await t.mails.nextToken("verify-email"))).id;
}
const coded = (code: string): unknown => expect.objectContaining({ code });

beforeEach(() => {
  entries = [];
});
afterEach(() => t?.auth.close());

describe("registration", () => {
  test("without a mailer an account is active at once, and an address is taken once", async () => {
    const { auth } = await start();
    const made = await auth.register(
      { email: " Ada@Example.COM ", password: PASSWORD },
      { roles: ["reader"], tenant: "t" },
    );
    expect(made).toMatchObject({
      status: "active",
      user: { email: EMAIL, roles: ["reader"], tenant: "t", totp: false },
    });
    expect(JSON.stringify(made)).not.toContain("$cheap$");
    await expect(auth.register(credentials)).rejects.toEqual(coded("AUTH_EMAIL_TAKEN"));
    expect(trail()).toEqual(["auth.register success", "auth.register denied"]);
  });

  test("with a mailer the answer does not tell whether an address has an account", async () => {
    const { auth, mails } = await start({ mail: true });
    expect(await auth.register(credentials)).toEqual({ status: "pending" });
    const first = await mails.nextToken("verify-email");
    expect(await auth.register({ ...credentials, password: NEXT })).toEqual({ status: "pending" });
    const second = await mails.nextToken("verify-email");
    await expect(auth.verifyEmail(first)).rejects.toEqual(coded("AUTH_TOKEN_INVALID"));
    await expect(auth.login(credentials)).rejects.toEqual(coded("AUTH_EMAIL_UNVERIFIED"));
    expect(await auth.verifyEmail(second)).toMatchObject({ email: EMAIL, status: "active" });
    await expect(auth.verifyEmail(second)).rejects.toEqual(coded("AUTH_TOKEN_INVALID"));
    expect((await auth.login(credentials)).user.email).toBe(EMAIL);
    expect(await auth.register({ ...credentials, password: NEXT })).toEqual({ status: "pending" });
    expect((await mails.next("account-exists")).to).toBe(EMAIL);
  });

  test("a link for the verification expires, and another one can be asked for", async () => {
    const { auth, mails, clock } = await start({ mail: true });
    await auth.register(credentials);
    const expired = await mails.nextToken("verify-email");
    await clock.advance("24h");
    await expect(auth.verifyEmail(expired)).rejects.toEqual(coded("AUTH_TOKEN_INVALID"));
    await auth.requestEmailVerification({ email: EMAIL });
    await auth.requestEmailVerification({ email: "nobody@example.com" });
    expect((await auth.verifyEmail(await mails.nextToken("verify-email"))).emailVerifiedAt).toBe(clock.now());
    expect(mails.mails.map(({ to }) => to)).toEqual([EMAIL, EMAIL]);
    await auth.requestEmailVerification({ email: EMAIL });
    await auth.close();
    expect(mails.mails).toHaveLength(2);
  });

  test.each([
    ["nothing", undefined],
    ["no at sign", "ada"],
    ["two at signs", "a@b@example.com"],
    ["a line end", "a@example.com\nbcc: b@example.com"],
    ["a NUL character", "a\0@example.com"],
    ["a lone surrogate", "a\uD800@example.com"],
    ["a string of a megabyte", `${"a".repeat(1e6)}@example.com`],
    ["an object", { toString: (): string => EMAIL }],
  ])("%s is not an e-mail address", async (_, email) => {
    const { auth } = await start();
    await expect(auth.register({ email: email as string, password: PASSWORD })).rejects.toThrow("email must be");
    await expect(auth.login({ email: email as string, password: PASSWORD })).rejects.toEqual(
      coded("AUTH_INVALID_CREDENTIALS"),
    );
  });

  test("a password that cannot be used is refused with its issues, and a client cannot give itself roles", async () => {
    const { auth } = await start();
    const short = auth.register({ email: EMAIL, password: "short" });
    await expect(short).rejects.toMatchObject({
      code: "AUTH_PASSWORD_REJECTED",
      context: { issues: expect.anything() },
    });
    const body = { ...credentials, roles: ["admin"] };
    await expect(auth.register(body)).rejects.toThrow('register has no option "roles"');
  });

  test("there are no accounts but those that were registered", async () => {
    const { store, auth } = await start();
    for (const email of ["admin@example.com", "root@localhost.localdomain"])
      expect(await auth.findUserByEmail(email)).toBeUndefined();
    expect(await store.findUserByEmail("admin")).toBeUndefined();
  });
});

describe("login", () => {
  test("a login gives tokens whose access token says who it is", async () => {
    const id = await withAccount();
    const { auth } = t;
    const login = await auth.login({ ...credentials, ip: "192.0.2.7", userAgent: "Firefox/1", device: "phone" });
    expect(login).toMatchObject({
      user: { id, email: EMAIL },
      session: { userId: id, address: "192.0.2.7", userAgent: "Firefox/1", device: "phone", methods: ["pwd"] },
    });
    const principal = await auth.authenticate(login.accessToken);
    expect(principal).toEqual({
      ...{ id, roles: [], sessionId: login.session.id, methods: ["pwd"] },
      authenticatedAt: login.session.authenticatedAt,
    });
    expect(entries.at(-1)).toMatchObject({
      ...{
        type: "auth.login",
        outcome: "success",
        actor: id,
        subject: id,
        address: "192.0.2.7",
        userAgent: "Firefox/1",
      },
    });
  });

  test("unknown account, wrong password and locked account get one answer, and the trail tells the reason", async () => {
    await withAccount();
    const answers: unknown[] = [];
    const attempt = (email: string, password: string): Promise<unknown> =>
      t.auth.login({ email, password }).catch((error) => answers.push({ ...error, message: error.message }));
    await attempt("nobody@example.com", PASSWORD);
    for (let n = 0; n < 6; n++) await attempt(EMAIL, "wrong password");
    await attempt(EMAIL, PASSWORD);
    expect(answers).toHaveLength(8);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ code: "AUTH_INVALID_CREDENTIALS", status: 401 });
    expect(entries.slice(1).map(({ data }) => data?.reason)).toEqual([
      ...["unknown_user", "wrong_password", "wrong_password", "wrong_password", "wrong_password", "wrong_password"],
      ...["locked", "locked"],
    ]);
  });

  test("an account is locked for 30 minutes after 5 failures, which attempts do not extend", async () => {
    await withAccount();
    const { auth, clock } = t;
    for (let n = 0; n < 5; n++) await auth.login({ ...credentials, password: "wrong" }).catch(() => undefined);
    await clock.advance("29m59s");
    await expect(auth.login(credentials)).rejects.toEqual(coded("AUTH_INVALID_CREDENTIALS"));
    await clock.advance("1s");
    expect((await auth.login(credentials)).user.email).toBe(EMAIL);
  });

  test("a success forgets the failures before it", async () => {
    await withAccount();
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 4; n++) await t.auth.login({ ...credentials, password: "wrong" }).catch(() => undefined);
      expect((await t.auth.login(credentials)).user.lockedUntil).toBeUndefined();
    }
  });

  test("parallel guesses never compare the password more than 5 times", async () => {
    const cheap = cheapPasswords();
    let compared = 0;
    const passwords = {
      ...cheap,
      verify: async (hash: string | undefined, password: string) => {
        if (hash !== undefined) compared++;
        return cheap.verify(hash, password);
      },
    };
    await withAccount({ passwords });
    const guesses = Array.from({ length: 50 }, (_, n) => t.auth.login({ ...credentials, password: `guess ${n}` }));
    const outcomes = await Promise.allSettled(guesses);
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(compared).toBe(5);
  });

  test("every refusal makes as many comparisons as a success", async () => {
    const cheap = cheapPasswords();
    let compared = 0;
    const verify = async (hash: string | undefined, password: string): ReturnType<typeof cheap.verify> => {
      compared++;
      return cheap.verify(hash, password);
    };
    const id = await withAccount({ passwords: { ...cheap, verify } });
    const cost = async (email: string, password: string): Promise<number> => {
      compared = 0;
      await t.auth.login({ email, password }).catch(() => undefined);
      return compared;
    };
    const costs = [await cost(EMAIL, PASSWORD), await cost(EMAIL, "wrong"), await cost("nobody@example.com", PASSWORD)];
    costs.push(await cost("not an address", PASSWORD));
    await t.auth.setStatus(id, "suspended");
    costs.push(await cost(EMAIL, PASSWORD));
    for (let n = 0; n < 5; n++) await cost(EMAIL, "wrong");
    costs.push(await cost(EMAIL, PASSWORD));
    expect(costs).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("a login that could not be compared for lack of capacity does not count as a failure", async () => {
    const cheap = cheapPasswords();
    let busy = false;
    const verify: typeof cheap.verify = async (hash, password) => {
      if (busy) throw Object.assign(new Error("busy"), { code: "AUTH_BUSY" });
      return cheap.verify(hash, password);
    };
    await withAccount({ passwords: { ...cheap, verify } });
    busy = true;
    for (let n = 0; n < 9; n++) await expect(t.auth.login(credentials)).rejects.toThrow("busy");
    busy = false;
    expect((await t.auth.login(credentials)).user.email).toBe(EMAIL);
  });

  test("a client learns the status of an account after the right password only, which is not a failure", async () => {
    const id = await withAccount();
    for (const [status, code] of [
      ["suspended", "AUTH_SUSPENDED"],
      ["inactive", "AUTH_INACTIVE"],
      ["pending", "AUTH_EMAIL_UNVERIFIED"],
    ] as const) {
      await t.auth.setStatus(id, status);
      await expect(t.auth.login({ ...credentials, password: "wrong" })).rejects.toEqual(
        coded("AUTH_INVALID_CREDENTIALS"),
      );
      for (let n = 0; n < 6; n++) await expect(t.auth.login(credentials)).rejects.toEqual(coded(code));
    }
  });

  test("budgets are counted per address and per pair, before any password is compared", async () => {
    const spent = { address: new Map<string, number>(), pair: new Map<string, number>() };
    const limiterOf = (counts: Map<string, number>, limit: number): Limiter => ({
      async consume(key) {
        counts.set(key, (counts.get(key) ?? 0) + 1);
        const allowed = (counts.get(key) ?? 0) <= limit;
        return { allowed, limit, remaining: 0, resetAfter: 0, retryAfter: allowed ? 0 : 7000 };
      },
    });
    const limiter = { address: limiterOf(spent.address, 3), pair: limiterOf(spent.pair, 2) };
    await withAccount({ limiter });
    const at = (ip: string, email = EMAIL): Promise<unknown> => t.auth.login({ email, password: PASSWORD, ip });
    await at("2001:db8::1");
    await at("2001:db8::2");
    await expect(at("2001:db8::3")).rejects.toMatchObject({ code: "AUTH_RATE_LIMITED", status: 429, retryAfter: 7000 });
    await expect(at("2001:db8::4", "bob@example.com")).rejects.toEqual(coded("AUTH_RATE_LIMITED"));
    await at("2001:db8:1::1");
    expect([...spent.address.keys()].filter((key) => key.includes("login"))).toEqual([
      "auth:login:2001:db8::/64",
      "auth:login:2001:db8:1::/64",
    ]);
    expect([...spent.pair.keys()].join()).not.toContain("ada");
  });

  test("a hash is replaced after a login if it is old, unless the password was changed meanwhile", async () => {
    const cheap = cheapPasswords();
    let raced = async (): Promise<unknown> => undefined;
    const passwords = {
      ...cheap,
      verify: async (hash: string | undefined, password: string) => {
        const { ok } = await cheap.verify(hash?.replace("old", ""), password);
        return { ok, needsRehash: ok && hash?.startsWith("old") === true };
      },
      hash: async (password: string) => {
        await raced();
        return cheap.hash(password);
      },
    };
    const id = await withAccount({ passwords });
    const old = `old${await cheap.hash(PASSWORD)}`;
    await t.store.updateUser(id, { passwordHash: old });
    await Promise.all(Array.from({ length: 4 }, () => t.auth.login(credentials)));
    expect((await t.store.findUser(id))?.passwordHash).toBe(await cheap.hash(PASSWORD));
    await t.store.updateUser(id, { passwordHash: old });
    const changed = await cheap.hash(NEXT);
    raced = () => t.store.updateUser(id, { passwordHash: changed });
    await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_INVALID_CREDENTIALS"));
    expect((await t.store.findUser(id))?.passwordHash).toBe(changed);
  });

  test("a damaged hash is a failed login with an entry in the trail", async () => {
    const cheap = cheapPasswords();
    const verify: typeof cheap.verify = async () => ({ ok: false, needsRehash: false, fault: "malformed" });
    await withAccount({ passwords: { ...cheap, verify } });
    await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_INVALID_CREDENTIALS"));
    expect(entries.at(-1)).toMatchObject({ type: "auth.login", outcome: "denied", data: { reason: "damaged_hash" } });
  });

  test("a login is refused if its entry cannot be kept, and leaves no session", async () => {
    const id = await withAccount();
    const failing = await testAuth({
      store: t.store,
      audit: {
        record: (entry) => (entry.outcome === "success" ? Promise.reject(new Error("trail")) : Promise.resolve()),
      },
    });
    await expect(failing.auth.login(credentials)).rejects.toEqual(coded("AUTH_STORE_FAILED"));
    expect(await t.auth.sessions(id)).toEqual([]);
  });

  test("address and user agent come from the context if the input does not say them", async () => {
    await withAccount();
    const client = { address: "198.51.100.9", userAgent: "curl/8" };
    const { session } = await runWithContext({ client }, () => t.auth.login(credentials));
    expect(session).toMatchObject({ address: "198.51.100.9", userAgent: "curl/8" });
  });

  test("malformed input is refused with the name of the member", async () => {
    await withAccount();
    const input = (members: object) => t.auth.login({ ...credentials, ...members });
    await expect(input({ ip: "" })).rejects.toThrow("ip must be a string of 1 to 64 characters");
    await expect(input({ userAgent: 7 })).rejects.toThrow("userAgent must be a string; got 7");
    await expect(input({ otp: "1" })).rejects.toThrow('login has no option "otp"');
    await expect(input({ password: undefined })).rejects.toEqual(coded("AUTH_INVALID_CREDENTIALS"));
  });
});

describe("anomalies", () => {
  const home = { ip: "192.0.2.7", userAgent: "Firefox/1.0" };

  test("a new device or network is an event, apart from the first ones and from updates of the browser", async () => {
    await withAccount();
    using telemetry = captureTelemetry();
    const kinds = (): unknown[] => telemetry.of("auth.anomaly").map(({ labels }) => labels.kind);
    await t.auth.login({ ...credentials, ...home });
    await t.auth.login({ ...credentials, ip: "192.0.2.200", userAgent: "Firefox/2.1" });
    expect(kinds()).toEqual([]);
    await t.auth.login({ ...credentials, ...home, ip: "198.51.100.1" });
    await t.auth.login({ ...credentials, ...home, userAgent: "Chrome/1" });
    expect(kinds()).toEqual(["new-network", "new-device"]);
    for (const { labels } of telemetry.events) expect(JSON.stringify(labels)).not.toMatch(/@|192|[0-9a-f]{8}-/);
  });

  test("a hook can demand a code, which an account without an app gets by mail", async () => {
    await withAccount({
      mail: true,
      onAnomaly: ({ kinds }) => (kinds.includes("new-network") ? "second-factor" : "allow"),
    });
    const { auth, mails, clock } = t;
    await auth.login({ ...credentials, ...home });
    const away = { ...credentials, ...home, ip: "198.51.100.1" };
    const required = auth.login(away);
    await expect(required).rejects.toMatchObject({ code: "AUTH_TOTP_REQUIRED", context: { method: "mail" } });
    const code = await mails.nextToken("login-code");
    const wrong = code === "000000" ? "000001" : "000000";
    await expect(auth.login({ ...away, totp: wrong })).rejects.toEqual(coded("AUTH_TOTP_INVALID"));
    expect((await auth.login({ ...away, totp: code })).session.methods).toEqual(["pwd", "otp"]);
    expect((await auth.login(away)).session.methods).toEqual(["pwd"]);
    await expect(auth.login({ ...away, ip: "203.0.113.5", totp: code })).rejects.toEqual(coded("AUTH_TOTP_INVALID"));
    await clock.advance("1m");
  });

  test.each([
    ["refuses", () => "refuse" as const, "AUTH_INVALID_CREDENTIALS"],
    ["throws", () => Promise.reject(new Error("hook")), "AUTH_TOTP_REQUIRED"],
    ["returns nonsense", () => "perhaps" as never, "AUTH_TOTP_REQUIRED"],
  ])("a hook that %s lets no unusual login through", async (_, onAnomaly, code) => {
    await withAccount({ onAnomaly });
    await t.auth.login({ ...credentials, ...home });
    await expect(t.auth.login({ ...credentials, ...home, userAgent: "Chrome" })).rejects.toEqual(coded(code));
    expect((await t.auth.login({ ...credentials, ...home })).user.email).toBe(EMAIL);
  });
});

describe("authenticator apps", () => {
  async function enrolled(): Promise<{ id: string; secret: string; recoveryCodes: readonly string[] }> {
    const id = await withAccount();
    const { secret, uri } = await t.auth.enrolTotp(id);
    expect(uri).toMatch(/^otpauth:\/\/totp\/Test/);
    const { recoveryCodes } = await t.auth.confirmTotp(id, testTotpCode(secret, t.clock.now()));
    await t.clock.advance("30s");
    return { id, secret, recoveryCodes };
  }

  test("codes are those of RFC 6238, appendix B", () => {
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const codes = [59, 1111111109, 1234567890, 20000000000].map((seconds) => testTotpCode(secret, seconds * 1000));
    expect(codes).toEqual(["287082", "081804", "005924", "353130"]);
  });

  test("an app that is not confirmed changes nothing", async () => {
    const id = await withAccount();
    await t.auth.enrolTotp(id);
    await expect(t.auth.confirmTotp(id, "000000x")).rejects.toEqual(coded("AUTH_TOTP_INVALID"));
    expect((await t.auth.login(credentials)).user.totp).toBe(false);
    const { secret } = await t.auth.enrolTotp(id);
    const stored = await t.store.findUser(id);
    expect(JSON.stringify(stored)).not.toContain(secret);
  });

  test("a login needs a code, which is accepted once", async () => {
    const { secret } = await enrolled();
    await expect(t.auth.login(credentials)).rejects.toMatchObject({
      ...{ code: "AUTH_TOTP_REQUIRED", context: { method: "app" } },
    });
    const totp = testTotpCode(secret, t.clock.now());
    expect((await t.auth.login({ ...credentials, totp })).session.methods).toEqual(["pwd", "otp"]);
    await expect(t.auth.login({ ...credentials, totp })).rejects.toEqual(coded("AUTH_TOTP_REPLAYED"));
    await t.clock.advance("30s");
    const next = testTotpCode(secret, t.clock.now());
    const parallel = await Promise.allSettled(
      Array.from({ length: 4 }, () => t.auth.login({ ...credentials, totp: next })),
    );
    expect(parallel.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("wrong codes lock the account like wrong passwords, and calls without a code do not", async () => {
    const { secret } = await enrolled();
    for (let n = 0; n < 9; n++) await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_TOTP_REQUIRED"));
    for (let n = 0; n < 9; n++)
      await expect(t.auth.login({ ...credentials, totp: "" })).rejects.toEqual(coded("AUTH_TOTP_REQUIRED"));
    for (let n = 0; n < 5; n++)
      await expect(t.auth.login({ ...credentials, totp: "12345x" })).rejects.toEqual(coded("AUTH_TOTP_INVALID"));
    const totp = testTotpCode(secret, t.clock.now());
    await expect(t.auth.login({ ...credentials, totp })).rejects.toEqual(coded("AUTH_INVALID_CREDENTIALS"));
  });

  test("each recovery code works once, however it is typed, and can be renewed", async () => {
    const { id, secret, recoveryCodes } = await enrolled();
    expect(new Set(recoveryCodes).size).toBe(10);
    const [first = "", second = ""] = recoveryCodes;
    await t.auth.login({ ...credentials, totp: first.toLowerCase().replaceAll("-", " ") });
    await expect(t.auth.login({ ...credentials, totp: first })).rejects.toEqual(coded("AUTH_TOTP_INVALID"));
    const renewed = await t.auth.renewRecoveryCodes(id, testTotpCode(secret, t.clock.now()));
    await expect(t.auth.login({ ...credentials, totp: second })).rejects.toEqual(coded("AUTH_TOTP_INVALID"));
    await t.auth.login({ ...credentials, totp: renewed[0] ?? "" });
  });

  test("an app is removed with a code only, and not replaced while it is there", async () => {
    const { id, secret } = await enrolled();
    await expect(t.auth.enrolTotp(id)).rejects.toEqual(coded("AUTH_FORBIDDEN"));
    await expect(t.auth.disableTotp(id, "000000")).rejects.toEqual(coded("AUTH_TOTP_INVALID"));
    await t.auth.disableTotp(id, testTotpCode(secret, t.clock.now()));
    expect((await t.auth.login(credentials)).session.methods).toEqual(["pwd"]);
    expect(trail().filter((one) => one.includes("totp"))).toEqual([
      ...["auth.enrol_totp success", "auth.confirm_totp success", "auth.enrol_totp denied"],
      ...["auth.disable_totp denied", "auth.disable_totp success"],
    ]);
  });

  test("guesses against the removal of an app are limited", async () => {
    const { id, secret } = await enrolled();
    for (let n = 0; n < 5; n++) await t.auth.disableTotp(id, "bad").catch(() => undefined);
    await expect(t.auth.disableTotp(id, testTotpCode(secret, t.clock.now()))).rejects.toEqual(
      coded("AUTH_TOTP_INVALID"),
    );
  });

  test("a service without a key for secrets says so", async () => {
    const id = await withAccount();
    const { auth } = await testAuth({ store: t.store, totp: undefined as never });
    await expect(auth.enrolTotp(id)).rejects.toThrow("authenticator apps need createAuth({ totp");
  });
});

describe("a store that fails", () => {
  test("is reported with one code, and its cause is for the log only", async () => {
    const store = { ...memoryAuthStore(), findUserByEmail: () => Promise.reject(new Error("connection lost")) };
    const { auth } = await start({ store });
    const failed = auth.login(credentials);
    await expect(failed).rejects.toMatchObject({ code: "AUTH_STORE_FAILED", status: 503, expose: false });
    await expect(failed).rejects.toMatchObject({ cause: { message: "connection lost" } });
  });
});
