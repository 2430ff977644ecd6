import type { AuditEntry } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { afterEach, describe, expect, test } from "vitest";
import { createApiKeys, createKeyRing, createPasswords, createTokens, memoryKeyStore } from "../src/index.ts";
import { memoryAuthStore } from "../src/stores/memory-store.ts";
import type { AuthStore } from "../src/stores/store.ts";
import { cheapPasswords, type TestAuth, type TestAuthOptions, testAuth, testTotpCode } from "../src/testing.ts";

const EMAIL = "ada@example.com";
const credentials = { email: EMAIL, password: "correct horse battery staple" };
const coded = (code: string): unknown => expect.objectContaining({ code });

let t: TestAuth;
afterEach(() => t?.auth.close());

/** A store in memory that runs `before` once, in front of a call of one method. */
function interrupted(method: keyof AuthStore): { store: AuthStore; before(run: () => Promise<unknown>): void } {
  const store = memoryAuthStore();
  let waiting: (() => Promise<unknown>) | undefined;
  const call = store[method] as (...args: unknown[]) => Promise<unknown>;
  const between = async (...args: unknown[]): Promise<unknown> => {
    const run = waiting;
    waiting = undefined;
    await run?.();
    return call(...args);
  };
  return { store: { ...store, [method]: between }, before: (run) => (waiting = run) };
}

async function withAccount(options: TestAuthOptions): Promise<string> {
  t = await testAuth(options);
  await t.auth.register(credentials);
  return (await t.store.findUserByEmail(EMAIL))?.id ?? "";
}

describe("an account that is suspended while it is being activated stays suspended", () => {
  test("by the verification of its e-mail address", async () => {
    const { store, before } = interrupted("updateUser");
    const userId = await withAccount({ store, mail: true });
    const token = await t.mails.nextToken("verify-email");
    before(() => t.auth.setStatus(userId, "suspended"));
    expect(await t.auth.verifyEmail(token)).toMatchObject({ status: "suspended" });
    await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_SUSPENDED"));
  });

  test("by a new password", async () => {
    let meanwhile: (() => Promise<unknown>) | undefined;
    const cheap = cheapPasswords();
    const hash = async (password: string): Promise<string> => {
      await meanwhile?.();
      return cheap.hash(password);
    };
    const userId = await withAccount({ mail: true, passwords: { ...cheap, hash } });
    await t.auth.requestPasswordReset({ email: EMAIL });
    const token = await t.mails.nextToken("reset-password");
    meanwhile = () => t.auth.setStatus(userId, "suspended");
    await t.auth.resetPassword({ token, password: "another quite long passphrase" });
    expect((await t.auth.findUser(userId))?.status).toBe("suspended");
  });
});

describe("an enrollment of an authenticator app", () => {
  test("does not replace one that is confirmed at the same time", async () => {
    const { store, before } = interrupted("transaction");
    const userId = await withAccount({ store });
    const { secret } = await t.auth.enrolTotp(userId);
    before(() => t.auth.confirmTotp(userId, testTotpCode(secret, t.clock.now())));
    await expect(t.auth.enrolTotp(userId)).rejects.toEqual(coded("AUTH_FORBIDDEN"));
    expect((await t.auth.findUser(userId))?.totp).toBe(true);
  });

  test("is not confirmed if another one replaced it meanwhile", async () => {
    const { store, before } = interrupted("takeTotpStep");
    const userId = await withAccount({ store });
    const { secret } = await t.auth.enrolTotp(userId);
    before(() => t.auth.enrolTotp(userId));
    const code = testTotpCode(secret, t.clock.now());
    await expect(t.auth.confirmTotp(userId, code)).rejects.toEqual(coded("AUTH_TOTP_INVALID"));
    expect((await t.auth.findUser(userId))?.totp).toBe(false);
  });
});

describe("an outage does not lock the accounts of those who know their password", () => {
  test.each(["origins", "createSession", "noteOrigins"] as const)("while the store refuses %s", async (method) => {
    const { store, before } = interrupted(method);
    await withAccount({ store });
    for (let n = 0; n < 6; n++) {
      before(() => Promise.reject(new Error("the store is down")));
      await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_STORE_FAILED"));
    }
    expect((await t.auth.login(credentials)).user.email).toBe(EMAIL);
  });

  test("while the trail keeps nothing", async () => {
    let down = false;
    const record = async ({ type, outcome }: AuditEntry): Promise<void> => {
      if (down && `${type} ${outcome}` === "auth.login success") throw new Error("the trail is full");
    };
    await withAccount({ audit: { record } });
    down = true;
    for (let n = 0; n < 6; n++) await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_STORE_FAILED"));
    down = false;
    expect((await t.auth.login(credentials)).user.email).toBe(EMAIL);
  });

  test("while a code of an authenticator app cannot be taken", async () => {
    const { store, before } = interrupted("takeTotpStep");
    const userId = await withAccount({ store });
    const { secret } = await t.auth.enrolTotp(userId);
    const confirm = (): Promise<unknown> => t.auth.confirmTotp(userId, testTotpCode(secret, t.clock.now()));
    for (let n = 0; n < 6; n++) {
      before(() => Promise.reject(new Error("the store is down")));
      await expect(confirm()).rejects.toEqual(coded("AUTH_STORE_FAILED"));
    }
    await confirm();
    expect((await t.auth.findUser(userId))?.totp).toBe(true);
  });

  test("and wrong guesses still count while it lasts", async () => {
    const { store, before } = interrupted("origins");
    await withAccount({ store });
    for (let n = 0; n < 5; n++) {
      await expect(t.auth.login({ ...credentials, password: "a wrong guess" })).rejects.toBeDefined();
      if (n === 4) break;
      before(() => Promise.reject(new Error("the store is down")));
      await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_STORE_FAILED"));
    }
    await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_INVALID_CREDENTIALS"));
  });
});

test("a client that leaves out its user agent is a new device for an account whose devices are known", async () => {
  const kinds: unknown[] = [];
  await withAccount({ onAnomaly: (anomaly) => void kinds.push(anomaly.kinds) });
  await t.auth.login({ ...credentials, ip: "192.0.2.1", userAgent: "Mozilla/5.0" });
  await t.auth.login({ ...credentials, ip: "192.0.2.1" });
  await t.auth.login({ ...credentials, ip: "192.0.2.1" });
  expect(kinds).toEqual([["new-device"]]);
});

test("a store of keys that never answers does not stop tokens whose keys are known", async () => {
  const clock = manualClock();
  const store = memoryKeyStore();
  let hangs = false;
  const load: typeof store.load = () => (hangs ? new Promise(() => undefined) : store.load());
  const keys = createKeyRing({ rotation: { store: { ...store, load } }, clock });
  const tokens = createTokens({ issuer: "i", audience: "a", keys, clock });
  const { token } = await tokens.issue({ subject: "u-1" });
  hangs = true;
  await clock.advance("2m");
  const verified = tokens.verify(token);
  await clock.advance("5s");
  expect((await verified).subject).toBe("u-1");
  const fresh = createKeyRing({ rotation: { store: { ...store, load } }, clock });
  const none = expect(fresh.signingKey()).rejects.toEqual(coded("AUTH_STORE_FAILED"));
  await clock.advance("5s");
  await none;
});

test("a token with as many claims as are allowed is accepted, whatever their characters", async () => {
  const clock = manualClock();
  const tokens = createTokens({
    issuer: "i",
    audience: "a",
    keys: createKeyRing({ rotation: { store: memoryKeyStore() }, clock }),
    clock,
  });
  await expect(tokens.issue({ subject: "u-1", note: "船".repeat(3900) })).rejects.toThrow(
    "claims must be at most 4096 bytes of JSON",
  );
  const { token } = await tokens.issue({ subject: "u-1", note: "船".repeat(1300) });
  expect((await tokens.verify(token)).claims.note).toHaveLength(1300);
});

test("a key of a machine that is revoked while it is rotated has no successor", async () => {
  const { store, before } = interrupted("createApiKey");
  const apiKeys = createApiKeys({ store, clock: manualClock() });
  const old = await apiKeys.issue({ owner: "u-1", name: "ci", scopes: ["*"] });
  before(() => apiKeys.revoke(old.id));
  await expect(apiKeys.rotate(old.id)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
  const left = (await apiKeys.list("u-1")).filter(({ revokedAt }) => revokedAt === undefined);
  expect(left).toEqual([]);
});

test("a scrypt hash that asks for minutes of work is not computed", async () => {
  const passwords = createPasswords();
  const [salt, hash] = [16, 32].map((bytes) => Buffer.alloc(bytes, 7).toString("base64").replace(/=+$/, ""));
  const stored = `$scrypt$ln=10,r=1023,p=1023$${salt}$${hash}`;
  expect(await passwords.verify(stored, "a password")).toEqual({ ok: false, needsRehash: false, fault: "excessive" });
});

test.each(["a\u200Bda@example.com", "ada@exam\u00ADple.com", "ada\u202E@example.com"])(
  "an e-mail address with a character that cannot be seen is refused: %j",
  async (email) => {
    t = await testAuth();
    await expect(t.auth.register({ ...credentials, email })).rejects.toThrow("email must be an e-mail address");
    expect(await t.auth.findUserByEmail(email)).toBeUndefined();
  },
);
