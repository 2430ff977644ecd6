import type { AuditEntry } from "@seaworthy/core";
import { captureTelemetry } from "@seaworthy/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AuthRequest, Login } from "../src/auth.ts";
import { type TestAuth, type TestAuthOptions, testAuth, testTotpCode } from "../src/testing.ts";

const EMAIL = "ada@example.com";
const PASSWORD = "correct horse battery staple";
const NEXT = "another quite long passphrase";
const credentials = { email: EMAIL, password: PASSWORD };
const DAY = 86_400_000;

let t: TestAuth;
let entries: AuditEntry[];
const audit = { record: async (entry: AuditEntry) => void entries.push(entry) };

async function loggedIn(options: TestAuthOptions = {}): Promise<Login> {
  t = await testAuth({ audit, ...options });
  await t.auth.register(credentials);
  if (options.mail === true) await t.auth.verifyEmail(await t.mails.nextToken("verify-email"));
  return t.auth.login(credentials);
}
const coded = (code: string): unknown => expect.objectContaining({ code });
const outcomesOf = (type: string): string[] =>
  entries.filter((entry) => entry.type === type).map(({ outcome }) => outcome);

beforeEach(() => {
  entries = [];
});
afterEach(() => t.auth.close());

describe("refresh tokens", () => {
  test("are exchanged for new ones, and 20 parallel exchanges get the same successor", async () => {
    const { refreshToken, session } = await loggedIn();
    const all = await Promise.all(Array.from({ length: 20 }, () => t.auth.refresh(refreshToken)));
    expect(new Set(all.map((login) => login.refreshToken)).size).toBe(1);
    expect(all[0]?.refreshToken).not.toBe(refreshToken);
    expect(all[0]?.session.id).toBe(session.id);
    for (const { accessToken } of all) expect((await t.auth.authenticate(accessToken)).sessionId).toBe(session.id);
    await t.auth.refresh(all[0]?.refreshToken ?? "");
  });

  test("within the grace, a repeated exchange gets the same successor, and after it the session ends", async () => {
    const { refreshToken, accessToken } = await loggedIn();
    using telemetry = captureTelemetry();
    const first = await t.auth.refresh(refreshToken);
    await t.clock.advance("10s");
    expect((await t.auth.refresh(refreshToken)).refreshToken).toBe(first.refreshToken);
    await t.clock.advance(1);
    await expect(t.auth.refresh(refreshToken)).rejects.toEqual(coded("AUTH_REFRESH_REUSED"));
    await expect(t.auth.refresh(first.refreshToken)).rejects.toEqual(coded("AUTH_TOKEN_EXPIRED"));
    await expect(t.auth.authenticate(accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    await expect(t.auth.authenticate(first.accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    expect(outcomesOf("auth.refresh")).toEqual(["success", "success", "denied", "denied"]);
    expect(telemetry.of("auth.anomaly").map(({ labels }) => labels.kind)).toEqual(["refresh-reused"]);
  });

  test("a token whose successor was used has no grace", async () => {
    const { refreshToken } = await loggedIn();
    const { refreshToken: second } = await t.auth.refresh(refreshToken);
    await t.auth.refresh(second);
    await expect(t.auth.refresh(refreshToken)).rejects.toEqual(coded("AUTH_REFRESH_REUSED"));
  });

  test("without a grace the second of two exchanges ends the session", async () => {
    const { refreshToken } = await loggedIn({ sessions: { grace: 0 } });
    await t.auth.refresh(refreshToken);
    await t.clock.advance(1);
    await expect(t.auth.refresh(refreshToken)).rejects.toEqual(coded("AUTH_REFRESH_REUSED"));
  });

  test.each([
    ["unknown", "x".repeat(43)],
    ["empty", ""],
    ["huge", "x".repeat(1e6)],
    ["an object", {}],
  ])("a token that is %s is invalid", async (_, token) => {
    await loggedIn();
    await expect(t.auth.refresh(token as string)).rejects.toEqual(coded("AUTH_TOKEN_INVALID"));
  });

  test("nothing that is stored is a token", async () => {
    const { refreshToken } = await loggedIn();
    const hidden = await t.store.rotateRefresh(
      refreshToken,
      { hash: "h", salt: "s", createdAt: 0, expiresAt: 1 },
      t.clock.now(),
      0,
    );
    expect(hidden.outcome).toBe("unknown");
  });
});

describe("sessions", () => {
  test("end after 7 days without use, and 30 days after the login at the latest", async () => {
    let { refreshToken } = await loggedIn();
    const started = t.clock.now();
    for (let day = 6; day < 30; day += 6) {
      await t.clock.advance("6d");
      ({ refreshToken } = await t.auth.refresh(refreshToken));
    }
    expect((t.clock.now() - started) / DAY).toBe(24);
    await t.clock.advance("6d");
    await expect(t.auth.refresh(refreshToken)).rejects.toEqual(coded("AUTH_TOKEN_EXPIRED"));
    const idle = await t.auth.login(credentials);
    await t.clock.advance("7d1ms");
    await expect(t.auth.refresh(idle.refreshToken)).rejects.toEqual(coded("AUTH_TOKEN_EXPIRED"));
    expect(await t.auth.sessions(idle.user.id)).toEqual([]);
  });

  test("the last use is written once per minute", async () => {
    const { accessToken, user } = await loggedIn();
    const lastUse = async (): Promise<number | undefined> => (await t.auth.sessions(user.id))[0]?.lastUsedAt;
    const before = await lastUse();
    await t.clock.advance("59s");
    await t.auth.authenticate(accessToken);
    expect(await lastUse()).toBe(before);
    await t.clock.advance("1s");
    await t.auth.authenticate(accessToken);
    expect(await lastUse()).toBe(t.clock.now());
  });

  test("are listed without secrets, and end one by one or all at once", async () => {
    const { user, session, accessToken } = await loggedIn();
    await t.clock.advance("1s");
    const second = await t.auth.login({ ...credentials, device: "phone" });
    const third = await t.auth.loginWithCookie(credentials);
    const listed = await t.auth.sessions(user.id);
    expect(listed.map(({ id }) => id).sort()).toEqual([session.id, second.session.id, third.session.id].sort());
    expect(JSON.stringify(listed)).not.toMatch(/hash/i);
    expect(await t.auth.logout(session.id, { userId: "somebody else" })).toBe(false);
    expect(await t.auth.logout(session.id, { userId: user.id })).toBe(true);
    expect(await t.auth.logout(session.id)).toBe(false);
    expect(await t.auth.logout("unknown")).toBe(false);
    await expect(t.auth.authenticate(accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    expect(await t.auth.logoutAll(user.id, { except: second.session.id })).toBe(1);
    expect((await t.auth.authenticate(second.accessToken)).id).toBe(user.id);
    expect(await t.auth.logoutAll(user.id)).toBe(1);
  });

  test("one access token can be revoked, and its session goes on", async () => {
    const { accessToken, refreshToken } = await loggedIn();
    await t.auth.revoke(accessToken);
    await expect(t.auth.authenticate(accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    const next = await t.auth.refresh(refreshToken);
    expect((await t.auth.authenticate(next.accessToken)).id).toBe(next.user.id);
  });

  test("roles, status and removal of an account take effect with the next request", async () => {
    const { user, accessToken, refreshToken } = await loggedIn();
    expect(await t.auth.setRoles(user.id, ["editor", "editor"])).toMatchObject({ roles: ["editor"] });
    expect((await t.auth.authenticate(accessToken)).roles).toEqual(["editor"]);
    await t.auth.setStatus(user.id, "suspended");
    await expect(t.auth.authenticate(accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    await expect(t.auth.refresh(refreshToken)).rejects.toEqual(coded("AUTH_TOKEN_EXPIRED"));
    await t.auth.setStatus(user.id, "active");
    await expect(t.auth.authenticate(accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    expect(await t.auth.deleteUser(user.id)).toBe(true);
    expect(await t.auth.deleteUser(user.id)).toBe(false);
    expect(await t.auth.setStatus(user.id, "active")).toBeUndefined();
    expect(await t.auth.setRoles(user.id, [])).toBeUndefined();
    await expect(t.auth.setStatus(user.id, "banned" as never)).rejects.toThrow("status must be one of");
    await expect(t.auth.setRoles(user.id, "admin" as never)).rejects.toThrow("roles must be an array");
  });

  test("begin for an account that proved itself with a passkey or at another provider", async () => {
    const { user } = await loggedIn();
    const { accessToken } = await t.auth.startSession({ userId: user.id, methods: ["hwk"] });
    expect((await t.auth.authenticate(accessToken)).methods).toEqual(["hwk"]);
    expect((await t.auth.startCookieSession({ userId: user.id, methods: ["fed"] })).cookie).toMatch(/^__Host-/);
    await t.auth.setStatus(user.id, "inactive");
    const refused = t.auth.startSession({ userId: user.id, methods: ["hwk"] });
    await expect(refused).rejects.toEqual(coded("AUTH_INACTIVE"));
    await expect(t.auth.startSession({ userId: "nobody", methods: ["hwk"] })).rejects.toEqual(
      coded("AUTH_INVALID_CREDENTIALS"),
    );
    await expect(t.auth.startSession({ userId: user.id, methods: [] })).rejects.toThrow("methods must be an array");
  });
});

const request = (headers: Record<string, string>, method = "GET"): AuthRequest => ({
  method,
  header: (name) => headers[name],
});

describe("bearer()", () => {
  test("returns the principal of a token, and none without one", async () => {
    const { accessToken, user } = await loggedIn();
    const authenticate = t.auth.bearer();
    expect((await authenticate(request({ authorization: `bearer ${accessToken}` })))?.id).toBe(user.id);
    expect(await authenticate(request({}))).toBeUndefined();
    expect(await authenticate(request({ authorization: "Basic YTpi" }))).toBeUndefined();
  });

  test("a token that is refused says so in WWW-Authenticate", async () => {
    const { accessToken, session } = await loggedIn();
    await t.auth.logout(session.id);
    for (const [token, code] of [
      [accessToken, "AUTH_TOKEN_REVOKED"],
      ["forged", "AUTH_TOKEN_INVALID"],
    ])
      await expect(t.auth.bearer()(request({ authorization: `Bearer ${token}` }))).rejects.toMatchObject({
        ...{ code, status: 401 },
        headers: {
          "www-authenticate": expect.stringMatching(/^Bearer error="invalid_token", error_description="[^"]+"$/),
        },
      });
  });
});

describe("cookie()", () => {
  const cookieOf = (header: string): string => header.split(";")[0] ?? "";

  test("a login with a cookie sets one that scripts and other hosts cannot touch", async () => {
    await loggedIn();
    const { cookie, user, session } = await t.auth.loginWithCookie(credentials);
    expect(cookie).toMatch(/^__Host-session=[\w-]{43}; Max-Age=2592000; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    const authenticate = t.auth.cookie();
    const headers = { cookie: `theme=dark; ${cookieOf(cookie)}` };
    expect(await authenticate(request(headers))).toMatchObject({ id: user.id, sessionId: session.id });
    const [name, secret = ""] = cookieOf(cookie).split("=");
    expect(JSON.stringify(await t.store.findSession(session.id))).not.toContain(secret);
    expect(await authenticate(request({ cookie: `${name}=${"x".repeat(43)}` }))).toBeUndefined();
    expect(await authenticate(request({ cookie: `${name}=` }))).toBeUndefined();
    expect(await authenticate(request({}))).toBeUndefined();
    await t.auth.logout(session.id);
    expect(await authenticate(request(headers))).toBeUndefined();
    expect(t.auth.clearCookie()).toMatch(/^__Host-session=; Max-Age=0;/);
  });

  test("two logins have two cookies, and a renewed cookie replaces the old one", async () => {
    await loggedIn();
    const first = await t.auth.loginWithCookie(credentials);
    const second = await t.auth.loginWithCookie(credentials);
    expect(first.cookie).not.toBe(second.cookie);
    const renewed = (await t.auth.renewCookie(first.session.id)) ?? "";
    const authenticate = t.auth.cookie();
    expect(await authenticate(request({ cookie: cookieOf(first.cookie) }))).toBeUndefined();
    expect((await authenticate(request({ cookie: cookieOf(renewed) })))?.sessionId).toBe(first.session.id);
    expect(await t.auth.renewCookie("unknown")).toBeUndefined();
  });

  test("a change of privileges renews the cookie of the session that makes it", async () => {
    await loggedIn();
    const { cookie, session, user } = await t.auth.loginWithCookie(credentials);
    const { secret } = await t.auth.enrolTotp(user.id);
    const code = testTotpCode(secret, t.clock.now());
    const confirmed = await t.auth.confirmTotp(user.id, code, { sessionId: session.id });
    expect(confirmed.cookie).toMatch(/^__Host-session=/);
    expect(await t.auth.cookie()(request({ cookie: cookieOf(cookie) }))).toBeUndefined();
    const change = { userId: user.id, sessionId: session.id, current: PASSWORD, password: NEXT };
    const changed = await t.auth.changePassword(change);
    expect(await t.auth.cookie()(request({ cookie: cookieOf(confirmed.cookie ?? "") }))).toBeUndefined();
    expect(await t.auth.cookie()(request({ cookie: cookieOf(changed.cookie ?? "") }))).toMatchObject({ id: user.id });
  });

  test.each([
    ["of another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }, false],
    ["of another host of the site", { "sec-fetch-site": "same-site", origin: "https://b.example" }, false],
    ["of its own origin", { "sec-fetch-site": "same-origin", origin: "https://a.example" }, true],
    ["typed by a person", { "sec-fetch-site": "none" }, true],
    ["of an old browser on another site", { origin: "https://evil.example" }, false],
    ["of an old browser on its own site", { origin: "https://a.example" }, true],
    ["of a sandboxed page", { origin: "null" }, false],
    ["of a client that is not a browser", {}, true],
    ["of an origin that is listed", { "sec-fetch-site": "cross-site", origin: "https://app.example" }, true],
  ])("an unsafe request %s is decided by what only browsers write", async (_, headers, allowed) => {
    await loggedIn();
    const { cookie, user } = await t.auth.loginWithCookie(credentials);
    const all = { cookie: cookieOf(cookie), host: "a.example", ...headers };
    const authenticate = t.auth.cookie({ origins: ["https://app.example"] });
    expect(await authenticate(request(all))).toMatchObject({ id: user.id });
    const unsafe = authenticate(request(all, "POST"));
    if (allowed) expect(await unsafe).toMatchObject({ id: user.id });
    else await expect(unsafe).rejects.toMatchObject({ code: "AUTH_CROSS_SITE", status: 403 });
    expect(await t.auth.cookie({ origins: false })(request(all, "POST"))).toMatchObject({ id: user.id });
  });

  test("malformed options are refused", async () => {
    await loggedIn();
    expect(() => t.auth.cookie({ origins: ["a.example"] })).toThrow('an origin must be like "https://example.com"');
    expect(() => t.auth.cookie({ origins: "https://a.example" as never })).toThrow("origins must be an array");
    expect(() => t.auth.cookie(null as never)).toThrow("options must be an object; got null");
  });
});

describe("passwords", () => {
  test("a change needs the current password and ends the other sessions", async () => {
    const { user, session, accessToken } = await loggedIn({ mail: true });
    const other = await t.auth.login(credentials);
    const change = { userId: user.id, sessionId: session.id, current: PASSWORD, password: NEXT };
    await expect(t.auth.changePassword({ ...change, current: "wrong" })).rejects.toEqual(
      coded("AUTH_INVALID_CREDENTIALS"),
    );
    await expect(t.auth.changePassword({ ...change, password: "short" })).rejects.toEqual(
      coded("AUTH_PASSWORD_REJECTED"),
    );
    expect(await t.auth.changePassword(change)).toEqual({});
    expect((await t.auth.authenticate(accessToken)).id).toBe(user.id);
    await expect(t.auth.authenticate(other.accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_INVALID_CREDENTIALS"));
    expect((await t.auth.login({ email: EMAIL, password: NEXT })).user.id).toBe(user.id);
    expect((await t.mails.next("password-changed")).to).toBe(EMAIL);
  });

  test("guesses of the current password lock the account", async () => {
    const { user } = await loggedIn();
    const change = { userId: user.id, current: "wrong", password: NEXT };
    for (let n = 0; n < 5; n++) await t.auth.changePassword(change).catch(() => undefined);
    const right = t.auth.changePassword({ ...change, current: PASSWORD });
    await expect(right).rejects.toEqual(coded("AUTH_INVALID_CREDENTIALS"));
    expect(entries.at(-1)).toMatchObject({ outcome: "denied", data: { reason: "locked" } });
  });

  test("of two parallel changes one wins", async () => {
    const { user } = await loggedIn();
    const changes = [NEXT, `${NEXT} again`].map((password) =>
      t.auth.changePassword({ userId: user.id, current: PASSWORD, password }),
    );
    const outcomes = await Promise.allSettled(changes);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("a reset sets a password once, ends all sessions and lifts a lock", async () => {
    const { accessToken } = await loggedIn({ mail: true });
    for (let n = 0; n < 5; n++) await t.auth.login({ ...credentials, password: "wrong" }).catch(() => undefined);
    await t.auth.requestPasswordReset({ email: EMAIL });
    const token = await t.mails.nextToken("reset-password");
    await expect(t.auth.resetPassword({ token, password: "short" })).rejects.toEqual(coded("AUTH_PASSWORD_REJECTED"));
    const all = await Promise.allSettled(
      Array.from({ length: 4 }, (_, n) => t.auth.resetPassword({ token, password: `${NEXT} ${n}` })),
    );
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const won = all.findIndex(({ status }) => status === "fulfilled");
    await expect(t.auth.authenticate(accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    expect((await t.auth.login({ email: EMAIL, password: `${NEXT} ${won}` })).user.email).toBe(EMAIL);
    await expect(t.auth.resetPassword({ token, password: NEXT })).rejects.toEqual(coded("AUTH_TOKEN_INVALID"));
  });

  test("only the newest link works, for one hour, and not for the verification of an address", async () => {
    await loggedIn({ mail: true });
    await t.auth.requestPasswordReset({ email: EMAIL });
    await t.auth.requestPasswordReset({ email: EMAIL });
    const first = await t.mails.nextToken("reset-password");
    const second = await t.mails.nextToken("reset-password");
    await expect(t.auth.resetPassword({ token: first, password: NEXT })).rejects.toEqual(coded("AUTH_TOKEN_INVALID"));
    await expect(t.auth.verifyEmail(second)).rejects.toEqual(coded("AUTH_TOKEN_INVALID"));
    await t.clock.advance("1h");
    await expect(t.auth.resetPassword({ token: second, password: NEXT })).rejects.toEqual(coded("AUTH_TOKEN_INVALID"));
    await expect(t.auth.resetPassword({ token: {} as never, password: NEXT })).rejects.toEqual(
      coded("AUTH_TOKEN_INVALID"),
    );
  });

  test("a request for an unknown or suspended address runs the same statements and sends nothing", async () => {
    const { user } = await loggedIn({ mail: true });
    const calls: string[] = [];
    const store = new Proxy(t.store, {
      get: (target, name) => {
        const member = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          calls.push(String(name));
          return Reflect.apply(member, target, args);
        };
      },
    });
    const { auth, mails } = await testAuth({ store, mail: true, audit });
    const callsFor = async (email: string): Promise<string[]> => {
      calls.length = 0;
      await auth.requestPasswordReset({ email });
      return [...calls];
    };
    const known = await callsFor(EMAIL);
    expect(await callsFor("nobody@example.com")).toEqual(known);
    await auth.setStatus(user.id, "suspended");
    expect(await callsFor(EMAIL)).toEqual(known);
    await auth.close();
    expect(mails.mails.map(({ purpose }) => purpose)).toEqual(["reset-password"]);
    expect(outcomesOf("auth.request_password_reset")).toEqual(["success", "success", "success"]);
  });

  test("a mailer that fails or hangs does not reach the caller, and is an event", async () => {
    await loggedIn();
    using telemetry = captureTelemetry();
    const links = { verifyEmail: (token: string) => token, resetPassword: (token: string) => token };
    let mode = "fails";
    const mailer = {
      send: () => (mode === "fails" ? Promise.reject(new Error("no server")) : new Promise<void>(() => undefined)),
    };
    const mailing = await testAuth({ store: t.store, ...{ mailer, links } } as TestAuthOptions);
    await mailing.auth.requestPasswordReset({ email: EMAIL });
    mode = "hangs";
    await mailing.auth.requestPasswordReset({ email: EMAIL });
    const closed = mailing.auth.close();
    await mailing.clock.advance("1m");
    await closed;
    expect(telemetry.of("auth.delivery").map(({ labels }) => labels)).toEqual([
      { purpose: "reset-password", outcome: "failed" },
      { purpose: "reset-password", outcome: "failed" },
    ]);
  });
});

describe("clean-up", () => {
  test("removes what has expired, when asked and by a timer", async () => {
    await loggedIn({ cleanUpEvery: "1h" });
    using telemetry = captureTelemetry();
    expect(await t.auth.removeExpired()).toBe(0);
    await t.clock.advance("31d");
    const removed = telemetry.of("auth.clean_up").map(({ value }) => value);
    expect(removed).toHaveLength(31 * 24);
    expect(removed.reduce((sum = 0, value = 0) => sum + value, 0)).toBe(2);
    await t.auth.close();
    expect(t.clock.pending).toBe(0);
  });

  test("goes on after a failure", async () => {
    await loggedIn();
    using telemetry = captureTelemetry();
    let broken = true;
    const removeExpired = async (): Promise<number> => {
      if (broken) throw new Error("down");
      return 0;
    };
    const { auth, clock } = await testAuth({ store: { ...t.store, removeExpired }, cleanUpEvery: "1m" });
    await clock.advance("1m");
    broken = false;
    await clock.advance("1m");
    expect(telemetry.of("auth.clean_up").map(({ labels }) => labels.outcome)).toEqual(["failed", "ok"]);
    await auth.close();
  });
});

describe("options", () => {
  const made = (options: object): Promise<TestAuth> => testAuth(options as TestAuthOptions);

  test.each([
    [{ store: {} }, "store.createUser must be a function"],
    [{ lockout: { failures: 0 } }, "lockout.failures must be an integer from 1 to 100; got 0"],
    [{ lockout: { for: "0s" } }, "lockout.for must be more than 0"],
    [{ lockout: { tries: 1 } }, 'lockout has no option "tries"'],
    [{ sessions: { grace: "2m" } }, "sessions.grace in milliseconds must be an integer from 1 to 60000"],
    [{ sessions: { idle: Number.NaN } }, "sessions.idle must be"],
    [{ sessions: null }, "sessions"],
    [{ cookie: { name: "a b" } }, "cookie.name must be"],
    [{ cookie: { sameSite: "None" } }, "cookie.sameSite must be one of Strict, Lax"],
    [{ audit: {} }, "audit.record must be a function"],
    [{ limiter: { consume: 1 } }, "limiter.consume must be a function"],
    [{ limiter: { address: {} } }, "limiter.address.consume must be a function"],
    [{ limiter: 7 }, "limiter must have consume(); got 7"],
    [{ totp: { issuer: "a:b", key: "k".repeat(32) } }, "totp.issuer must not have a colon"],
    [{ totp: { issuer: "a", key: "short" } }, "totp.key must have at least 32 bytes; got 5"],
    [{ onAnomaly: "refuse" }, "onAnomaly must be a function"],
    [{ cleanUpEvery: 0 }, "cleanUpEvery must be more than 0"],
    [{ mailer: { send: () => undefined } }, "links must be given with a mailer"],
    [{ composeMail: 1 }, "composeMail must be a function"],
    [{ tokens: 1 }, "tokens must be an object; got 1"],
    [{ passwords: null }, "passwords must be an object; got null"],
    [{ passwords: { verify: () => undefined } }, "passwords.check must be a function"],
    [{ password: {} }, 'createAuth has no option "password"'],
  ])("%j is refused", async (options, message) => {
    t = await testAuth();
    await expect(made(options)).rejects.toThrow(TypeError);
    await expect(made(options)).rejects.toThrow(message);
  });
});
