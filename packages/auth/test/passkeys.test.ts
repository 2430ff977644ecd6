import type { AuditEntry } from "@seaworthy/core";
import { captureTelemetry, type ManualClock, manualClock } from "@seaworthy/core/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AuthStore, memoryAuthStore } from "../src/index.ts";
import { createPasskeys, type Passkeys, type PasskeysOptions } from "../src/passkeys.ts";
import { type Answer, findChromium, openBrowser, type PasskeyBrowser, type VirtualCredential } from "./browser.ts";

const REJECTED = expect.objectContaining({ code: "AUTH_PASSKEY_REJECTED", status: 401 });
const OWNER = { userId: "u-1", userName: "ada@example.com" };

let store: AuthStore;
let clock: ManualClock;
beforeEach(async () => {
  store = memoryAuthStore();
  clock = manualClock();
  const fixed = { status: "active", roles: [], createdAt: 1, failures: 0 } as const;
  for (const id of ["u-1", "u-2"]) await store.createUser({ ...fixed, id, email: `${id}@example.com` });
});

const executable = findChromium();
describe.skipIf(executable === undefined)("in Chromium, with a virtual authenticator", () => {
  let browser: PasskeyBrowser;
  let authenticators: string[] = [];
  beforeAll(async () => {
    browser = await openBrowser(String(executable));
  });
  afterEach(async () => {
    for (const id of authenticators) await browser.removeAuthenticator(id);
    authenticators = [];
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  async function authenticator(change: Record<string, unknown> = {}): Promise<string> {
    const id = await browser.addAuthenticator(change);
    authenticators.push(id);
    return id;
  }

  function create(change: Partial<PasskeysOptions> = {}): Passkeys {
    return createPasskeys({ store, domain: "localhost", name: "Shop", origins: [browser.origin], clock, ...change });
  }

  async function register(passkeys: Passkeys, owner = OWNER) {
    const { options } = await passkeys.beginRegistration(owner);
    return passkeys.finishRegistration(owner.userId, await browser.create(options), { name: "Laptop" });
  }

  const answerTo = async (passkeys: Passkeys): Promise<Answer> => browser.get((await passkeys.beginLogin()).options);

  test("a passkey is registered, logs in without a user name, and says when it was used", async () => {
    await authenticator();
    const passkeys = create();
    using telemetry = captureTelemetry();
    const passkey = await register(passkeys);
    expect(passkey).toEqual({ id: passkey.id, name: "Laptop", backedUp: false, createdAt: clock.now() });
    await clock.advance("1h");
    const login = await passkeys.finishLogin(await answerTo(passkeys));
    expect(login).toEqual({ userId: "u-1", passkeyId: passkey.id, methods: ["hwk", "user"] });
    expect(await passkeys.list("u-1")).toEqual([{ ...passkey, lastUsedAt: clock.now() }]);
    expect((await store.findPasskey(passkey.id))?.counter).toBeGreaterThan(0);
    expect(telemetry.of("auth.passkey").map(({ labels }) => labels)).toEqual([
      { action: "register", outcome: "ok" },
      { action: "login", outcome: "ok" },
    ]);
  });

  test("registration, login and removal are in the trail, and do not happen without it", async () => {
    await authenticator();
    const entries: AuditEntry[] = [];
    let full = false;
    const record = async (entry: AuditEntry) => {
      if (full) throw new Error("the disk is full");
      entries.push(entry);
    };
    const passkeys = create({ audit: { record } });
    const { id } = await register(passkeys);
    await passkeys.finishLogin(await answerTo(passkeys));
    await expect(passkeys.finishLogin({})).rejects.toEqual(REJECTED);
    full = true;
    await expect(passkeys.finishLogin(await answerTo(passkeys))).rejects.toThrow("the disk is full");
    await expect(passkeys.remove("u-1", id)).rejects.toThrow("the disk is full");
    full = false;
    expect(await passkeys.remove("u-1", id)).toBe(true);
    expect(entries).toEqual([
      { type: "auth.add_passkey", outcome: "success", actor: "u-1", subject: id },
      { type: "auth.passkey_login", outcome: "success", actor: "u-1", subject: id },
      { type: "auth.passkey_login", outcome: "denied", data: { reason: "AUTH_PASSKEY_REJECTED" } },
      { type: "auth.remove_passkey", outcome: "success", actor: "u-1", subject: id },
    ]);
  });

  test("a passkey that the browser's maker keeps too has another method", async () => {
    await authenticator({ defaultBackupEligibility: true, defaultBackupState: true });
    const passkeys = create();
    expect((await register(passkeys)).backedUp).toBe(true);
    expect((await passkeys.finishLogin(await answerTo(passkeys))).methods).toEqual(["swk", "user"]);
  });

  test("an answer counts once, also if it comes several times at the same time", async () => {
    await authenticator();
    const passkeys = create();
    await register(passkeys);
    const answer = await answerTo(passkeys);
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => passkeys.finishLogin(answer)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(passkeys.finishLogin(answer)).rejects.toEqual(REJECTED);
    const { options } = await passkeys.beginRegistration({ userId: "u-2", userName: "eve" });
    const registration = await browser.create(options);
    await passkeys.finishRegistration("u-2", registration);
    await expect(passkeys.finishRegistration("u-2", registration)).rejects.toEqual(REJECTED);
  });

  test("an answer after five minutes is refused", async () => {
    await authenticator();
    const passkeys = create();
    await register(passkeys);
    const { options, expiresAt } = await passkeys.beginLogin();
    expect(expiresAt).toBe(clock.now() + 300_000);
    const answer = await browser.get(options);
    await clock.advance("5m");
    await expect(passkeys.finishLogin(answer)).rejects.toEqual(REJECTED);
  });

  test("the copy of a passkey is noticed by its counter", async () => {
    const original = await authenticator();
    const passkeys = create();
    await register(passkeys);
    const [copied] = await browser.credentials(original);
    await passkeys.finishLogin(await answerTo(passkeys));
    await passkeys.finishLogin(await answerTo(passkeys));
    await browser.removeAuthenticator(original);
    authenticators = [];
    await browser.addCredential(await authenticator(), { ...(copied as VirtualCredential), signCount: 1 });
    await expect(passkeys.finishLogin(await answerTo(passkeys))).rejects.toEqual(REJECTED);
  });

  test("a registration is for the account that began it", async () => {
    await authenticator();
    const passkeys = create();
    const { options } = await passkeys.beginRegistration(OWNER);
    const answer = await browser.create(options);
    await expect(passkeys.finishRegistration("u-2", answer)).rejects.toEqual(REJECTED);
    await expect(passkeys.finishRegistration("u-1", answer)).rejects.toEqual(REJECTED); // the challenge is used up
    expect(await passkeys.list("u-1")).toEqual([]);
  });

  test("an authenticator is registered once for an account", async () => {
    await authenticator();
    const passkeys = create();
    await register(passkeys);
    const { options } = await passkeys.beginRegistration(OWNER);
    expect(options.excludeCredentials).toHaveLength(1);
    await expect(browser.create(options)).rejects.toThrow(/InvalidStateError/);
  });

  test("a passkey of another site, of another origin or of another kind is refused", async () => {
    await authenticator();
    const passkeys = create();
    await register(passkeys);
    const elsewhere = create({ origins: ["http://localhost:1"] });
    await expect(elsewhere.finishLogin(await answerTo(elsewhere))).rejects.toEqual(REJECTED);
    const other = create({ domain: "app.localhost", origins: ["http://app.localhost:1"] });
    const { challenge } = (await other.beginLogin()).options;
    const { options } = await passkeys.beginLogin();
    await expect(other.finishLogin(await browser.get({ ...options, challenge }))).rejects.toEqual(REJECTED);
    // A registration does not answer the challenge of a login, nor the other way round.
    const registration = await browser.create((await passkeys.beginRegistration({ ...OWNER, userId: "u-3" })).options);
    await expect(passkeys.finishLogin(registration)).rejects.toEqual(REJECTED);
  });

  test("an answer for which the device did not verify the person is refused, unless the host only prefers that", async () => {
    await authenticator({ transport: "usb" });
    const strict = create();
    const lenient = create({ userVerification: "preferred" });
    const { id } = await register(strict);
    // A page can ask for less than the options say.
    const allowCredentials = [{ type: "public-key", id }];
    const careless = async (passkeys: Passkeys) => {
      const { options } = await passkeys.beginLogin();
      return browser.get({ ...options, userVerification: "discouraged", allowCredentials });
    };
    expect(await lenient.finishLogin(await careless(lenient))).toMatchObject({ methods: ["hwk"] });
    await expect(strict.finishLogin(await careless(strict))).rejects.toEqual(REJECTED);
  });

  test("any change of an answer is refused", async () => {
    await authenticator();
    const passkeys = create();
    await register(passkeys);
    await register(passkeys, { userId: "u-2", userName: "eve" });
    const changes: [string, (answer: Answer) => unknown][] = [
      ["the account", ({ response, ...rest }) => ({ ...rest, response: { ...response, userHandle: "dS0y" } })],
      ["no account", ({ response: { userHandle, ...response }, ...rest }) => ({ ...rest, response })],
      ["the signature", ({ response, ...rest }) => ({ ...rest, response: { ...response, signature: "MAA" } })],
      ["the id", (answer) => ({ ...answer, id: "AAAA", rawId: "AAAA" })],
      ["the type", (answer) => ({ ...answer, type: "password" })],
      ["the data", ({ response, ...rest }) => ({ ...rest, response: { ...response, authenticatorData: "AAAA" } })],
    ];
    for (const [name, change] of changes) {
      const answer = await answerTo(passkeys);
      const account = Buffer.from(String(answer.response.userHandle), "base64url").toString();
      const changed = name === "the account" && account === "u-2" ? undefined : change(answer);
      await expect(passkeys.finishLogin(changed), name).rejects.toEqual(REJECTED);
    }
    expect((await passkeys.finishLogin(await answerTo(passkeys))).methods).toContain("user");
  });

  test("a passkey that was removed does not log in any more", async () => {
    await authenticator();
    const passkeys = create();
    const { id } = await register(passkeys);
    expect(await passkeys.remove("u-2", id)).toBe(false);
    expect(await passkeys.remove("u-1", id)).toBe(true);
    expect(await passkeys.remove("u-1", id)).toBe(false);
    await expect(passkeys.finishLogin(await answerTo(passkeys))).rejects.toEqual(REJECTED);
  });

  test("an account has as many passkeys as it may have", async () => {
    const passkeys = create({ limit: 1 });
    await authenticator();
    const [first, second] = [await passkeys.beginRegistration(OWNER), await passkeys.beginRegistration(OWNER)];
    const answers = [await browser.create(first.options), await browser.create(second.options)];
    await passkeys.finishRegistration("u-1", answers[0]);
    await expect(passkeys.finishRegistration("u-1", answers[1])).rejects.toEqual(REJECTED);
    await expect(passkeys.beginRegistration(OWNER)).rejects.toEqual(REJECTED);
  });
});

describe("without a browser", () => {
  const create = (change: Partial<PasskeysOptions> = {}): Passkeys =>
    createPasskeys({ store, domain: "example.com", name: "Shop", clock, ...change });

  test("challenges are random, and the store keeps only their hashes", async () => {
    const kept: unknown[] = [];
    const putOnce: AuthStore["putOnce"] = async (secret) => void kept.push(secret);
    const passkeys = create({ store: { ...store, putOnce } });
    const [one, two] = [await passkeys.beginLogin(), await passkeys.beginLogin()];
    expect(one.options.challenge).toHaveLength(43);
    expect(one.options.challenge).not.toBe(two.options.challenge);
    expect(one.options.allowCredentials ?? []).toEqual([]);
    expect(kept).toHaveLength(2);
    expect(JSON.stringify(kept)).not.toContain(one.options.challenge);
  });

  test("what is not an answer of a browser is refused", async () => {
    const passkeys = create();
    const client = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const cyclic: Record<string, unknown> = {};
    cyclic.response = cyclic;
    const hostile = [
      ...[undefined, null, 7, "x", [], {}, cyclic, { id: "a", response: null }, { id: 7, response: {} }],
      { id: "a", response: { clientDataJSON: "e30" } },
      { id: "a", response: { clientDataJSON: client(null) } },
      { id: "a", response: { clientDataJSON: client({ challenge: 7 }) } },
      { id: "a", response: { clientDataJSON: client({ challenge: "AAAA" }) } },
      { id: "a".repeat(2000), response: { clientDataJSON: client({ challenge: "AAAA" }) } },
      { id: "a", response: { clientDataJSON: client({ challenge: "A".repeat(100_000) }) } },
      Object.defineProperty({}, "id", {
        enumerable: true,
        get: () => {
          throw new Error("no");
        },
      }),
    ];
    for (const answer of hostile) {
      await expect(passkeys.finishLogin(answer)).rejects.toEqual(REJECTED);
      await expect(passkeys.finishRegistration("u-1", answer)).rejects.toEqual(REJECTED);
    }
  });

  test("a failing store is not a refused passkey", async () => {
    const passkeys = create({ store: { ...store, takeOnce: () => Promise.reject(new Error("the database is down")) } });
    const clientDataJSON = Buffer.from(JSON.stringify({ challenge: "AAAA" })).toString("base64url");
    await expect(passkeys.finishLogin({ id: "a", response: { clientDataJSON } })).rejects.toThrow(/database is down/);
  });

  test.each([
    [{ domain: "https://example.com" }, /domain must be a domain/],
    [{ domain: "Example.com" }, /domain must be a domain/],
    [{ origins: ["https://evil.com"] }, /origins must be .* of example.com/],
    [{ origins: ["https://notexample.com"] }, /origins must be/],
    [{ origins: ["http://example.com"] }, /origins must be/],
    [{ origins: ["https://example.com/"] }, /origins must be/],
    [{ origins: [] }, /origins must be/],
    [{ name: "" }, /name must be a string of 1 to 200/],
    [{ limit: 0 }, /limit must be an integer from 1 to 100/],
    [{ challengeFor: "2h" }, /challengeFor in milliseconds must be/],
    [{ userVerification: "discouraged" }, /userVerification must be one of required, preferred/],
    [{ store: {} }, /store.putOnce must be a function/],
    [{ origin: "x" }, /has no option "origin"/],
  ])("the options %j cannot work", (change, message) => {
    expect(() => create(change as Partial<PasskeysOptions>)).toThrow(message as RegExp);
  });

  test("arguments that cannot work are errors of the caller", async () => {
    const passkeys = create();
    await expect(passkeys.beginRegistration({ userId: "ü".repeat(33), userName: "x" })).rejects.toThrow(TypeError);
    await expect(passkeys.beginRegistration({ userId: "\ud800", userName: "x" })).rejects.toThrow(/userId must be/);
    await expect(passkeys.beginRegistration({ userId: "u-1", userName: "" })).rejects.toThrow(/userName must be/);
    await expect(passkeys.finishRegistration("u-1", {}, { name: "" })).rejects.toThrow(/name must be/);
  });
});
