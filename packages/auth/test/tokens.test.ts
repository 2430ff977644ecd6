import { generateKeyPairSync, randomBytes } from "node:crypto";
import { secret } from "@seaworthy/core";
import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { createKeyRing } from "../src/tokens/create-key-ring.ts";
import { createTokens } from "../src/tokens/create-tokens.ts";
import type { KeyStore, StoredTokenKey } from "../src/tokens/key-ring.ts";
import { memoryKeyStore } from "../src/tokens/memory-key-store.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const shared = { algorithm: "HS256", key: randomBytes(32) } as const;
const names = { issuer: "https://shop.example", audience: "shop" };
const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "ok",
    (error: { code?: string }) => error.code ?? error,
  );

describe("tokens", () => {
  it.each([
    ["EdDSA", generateKeyPairSync("ed25519").privateKey],
    ["EdDSA", generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
    ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" })],
    ["ES256", secret(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }))],
  ])("signed with %s say what they were issued for, here and elsewhere", async (algorithm, key) => {
    const clock = manualClock();
    const keys = createKeyRing({ keys: [{ key }], clock });
    const tokens = createTokens({ ...names, keys, clock, ttl: "10m" });
    const about = {
      subject: "u-7",
      sessionId: "s-1",
      methods: ["pwd", "otp"],
      authenticatedAt: clock.now(),
      tenant: "t-1",
    };
    const issued = await tokens.issue({ ...about, plan: "pro", __proto__x: 1 });
    expect(issued).toMatchObject({ jti: expect.stringMatching(/^[\w-]{22}$/), expiresAt: clock.now() + 600_000 });
    expect(await tokens.verify(issued.token)).toEqual({
      ...about,
      jti: issued.jti,
      issuedAt: clock.now(),
      expiresAt: issued.expiresAt,
      claims: { plan: "pro", __proto__x: 1 },
    });
    const published = createLocalJWKSet(JSON.parse(JSON.stringify(await keys.jwks())));
    const { payload, protectedHeader } = await jwtVerify(issued.token, published, {
      ...names,
      currentDate: new Date(clock.now()),
    });
    expect(payload).toMatchObject({ sub: "u-7", sid: "s-1", amr: ["pwd", "otp"], tenant: "t-1" });
    expect(protectedHeader.alg).toBe(algorithm);
  });

  it("of a shared key are never published", async () => {
    const keys = createKeyRing({ keys: [shared] });
    const tokens = createTokens({ ...names, keys });
    expect((await tokens.verify((await tokens.issue({ subject: "u-7" })).token)).subject).toBe("u-7");
    expect(await keys.jwks()).toEqual({ keys: [] });
    expect((await keys.keys())[0]?.kid).toMatch(/^[\w-]{22}$/);
  });

  it("expire, with a little patience for clocks", async () => {
    const clock = manualClock();
    const tokens = createTokens({ ...names, keys: createKeyRing({ keys: [shared], clock }), clock, ttl: "1m" });
    const { token } = await tokens.issue({ subject: "u-7" });
    await clock.advance(64_999);
    expect(await code(tokens.verify(token))).toBe("ok");
    await clock.advance(1);
    expect(await code(tokens.verify(token))).toBe("AUTH_TOKEN_EXPIRED");
  });

  it("that are refused have a reason in an event, and none for the client", async () => {
    using caught = captureTelemetry();
    const tokens = createTokens({ ...names, keys: createKeyRing({ keys: [shared] }) });
    await expect(tokens.verify("a.b.c")).rejects.toMatchObject({
      code: "AUTH_TOKEN_INVALID",
      status: 401,
      exposed: [],
    });
    expect(caught.of("auth.token_refused").map(({ labels }) => labels)).toEqual([{ reason: "malformed" }]);
  });

  it.each([
    [{}, /subject must be a string/],
    [{ subject: "" }, /subject must be a string of 1 to 255/],
    [{ subject: "u", sessionId: 7 }, /sessionId must be a string/],
    [{ subject: "u", methods: "pwd" }, /methods must be an array of strings/],
    [{ subject: "u", authenticatedAt: Number.NaN }, /authenticatedAt must be a number/],
    [{ subject: "u", exp: 1 }, /exp must not be among the claims/],
    [{ subject: "u", iss: "other" }, /iss must not be among the claims/],
    [{ subject: "u", note: "x".repeat(5000) }, /claims must be at most 4096 bytes/],
    [null, /claims must be an object/],
  ])("are not issued for %o", async (claims, message) => {
    const tokens = createTokens({ ...names, keys: createKeyRing({ keys: [shared] }) });
    await expect(tokens.issue(claims as never)).rejects.toThrow(message);
  });

  it.each([
    [{ issuer: "" }, /issuer must be a string/],
    [{ audience: [] }, /audience must not be an empty array/],
    [{ audience: 7 }, /audience must be a string/],
    [{ keys: {} }, /keys.signingKey must be a function/],
    [{ ttl: "0s" }, /ttl must be more than 0/],
    [{ ttl: "2d" }, /ttl must be from 1s to 24h/],
    [{ ttl: "2h" }, /ttl must not be longer than retireAfter of the keys/],
    [{ tolerance: "3m" }, /tolerance must be at most 2m/],
    [{ type: "" }, /type must be a string/],
    [{ algorithms: ["none"] }, /createTokens has no option "algorithms"/],
  ])("are not made with the options %o", (options, message) => {
    const keys = createKeyRing({ keys: [shared] });
    expect(() => createTokens({ ...names, keys, ...options } as never)).toThrow(message);
  });
});

describe("keys of HS256", () => {
  it.each([
    ["too short", "x".repeat(31)],
    ["of 31 bytes", randomBytes(31)],
    ["of one character", "x".repeat(64)],
    ["repeated", "0123456789abcdef".repeat(2)],
    ["a sequence", "abcdefghijklmnopqrstuvwxyz0123456789"],
    ["that of an example", "a-string-secret-at-least-256-bits-long"],
    ["a default", "CHANGEME-9f8a7b6c5d4e3f2a1b0c9d8e7f"],
    ["in a secret", secret("keyboard cat keyboard dog keyboard")],
  ])("that are %s are refused", (_, key) => {
    expect(() => createKeyRing({ keys: [{ algorithm: "HS256", key }] })).toThrow(
      expect.objectContaining({ code: "AUTH_WEAK_KEY" }),
    );
  });

  it("that are drawn at random are accepted, as bytes, hex and Base64", () => {
    for (let run = 0; run < 200; run++) {
      const bytes = randomBytes(32);
      for (const key of [bytes, bytes.toString("hex"), bytes.toString("base64")])
        createKeyRing({ keys: [{ algorithm: "HS256", key }] });
    }
  });
});

describe("keys", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pair = generateKeyPairSync("ed25519");

  it.each([
    [{}, /either keys or rotation/],
    [{ keys: [] }, /at least one key/],
    [{ keys: [{ key: rsa.privateKey }] }, /must be a private key of Ed25519 or P-256/],
    [{ keys: [{ key: generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey }] }, /Ed25519 or P-256/],
    [{ keys: [{ key: pair.publicKey }] }, /must be a private key/],
    [{ keys: [{ key: "-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----" }] }, /must be a private key/],
    [{ keys: [{ key: "a secret text that is long enough for an HMAC" }] }, /or algorithm must be HS256/],
    [{ keys: [{ key: pair.privateKey, algorithm: "ES256" }] }, /key.algorithm is ES256, and the key is for EdDSA/],
    [{ keys: [{ key: pair.privateKey, algorithm: "RS256" }] }, /key.algorithm must be one of/],
    [{ keys: [{ key: pair.privateKey, kid: "a b" }] }, /key.kid/],
    [{ keys: [{ key: pair.privateKey, from: Number.NaN }] }, /key.from/],
    [{ keys: [{ key: pair.privateKey, from: Date.now() + DAY }] }, /one that signs now/],
    [{ keys: [{ key: pair.privateKey }, { key: pair.privateKey, from: 1 }] }, /different ids/],
    [{ keys: [shared, { key: pair.privateKey }] }, /different times/],
    [{ keys: [shared], retireAfter: 0 }, /retireAfter must be more than 0/],
    [{ rotation: {} }, /rotation.store.load must be a function/],
    [{ rotation: { store: memoryKeyStore(), every: "5m" } }, /rotation.every must be at least 1h/],
    [{ rotation: { store: memoryKeyStore(), every: "1h", announce: "1h" } }, /announce must be less/],
    [{ rotation: { store: memoryKeyStore(), algorithm: "HS256" } }, /rotation.algorithm/],
  ])("%# are refused with a message that names the option", (options, message) => {
    expect(() => createKeyRing(options as never)).toThrow(message);
  });

  it("do not show themselves in the error", () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHx\n-----END PRIVATE KEY-----";
    expect(() => createKeyRing({ keys: [{ key: pem }] })).toThrow(expect.not.stringContaining("MC4CAQ"));
  });

  it("of a host take over at their time: the next one is published before, the former one accepted after", async () => {
    const clock = manualClock();
    const [first, second] = [generateKeyPairSync("ed25519").privateKey, generateKeyPairSync("ed25519").privateKey];
    const ring = [
      { key: first, kid: "first" },
      { key: second, kid: "second", from: clock.now() + HOUR },
    ];
    const keys = createKeyRing({ keys: ring, clock, retireAfter: "30m" });
    const tokens = createTokens({ ...names, keys, clock, ttl: "30m" });
    const states = async (): Promise<string[]> => (await keys.keys()).map(({ kid, state }) => `${kid} ${state}`);
    const published = async (): Promise<unknown[]> => (await keys.jwks()).keys.map(({ kid }) => kid);
    expect(await states()).toEqual(["first current", "second next"]);
    expect(await published()).toEqual(["first", "second"]);
    expect((await keys.jwks()).keys.flatMap((key) => Object.keys(key))).not.toContain("d");
    await clock.advance(HOUR - 1000);
    const { token } = await tokens.issue({ subject: "u-7" });
    await clock.advance(1000);
    expect(await states()).toEqual(["first previous", "second current"]);
    await clock.advance("29m");
    expect(await code(tokens.verify(token))).toBe("ok");
    await clock.advance("1m");
    expect(await published()).toEqual(["second"]);
    expect(await code(tokens.verify(token))).toBe("AUTH_TOKEN_INVALID");
    clock.jumpTo(0);
    expect((await keys.signingKey()).kid).toBe("first");
  });
});

describe("a rotation", () => {
  it("makes the first key, the next one in time, and drops those that are not accepted any more", async () => {
    using caught = captureTelemetry();
    const clock = manualClock();
    const store = memoryKeyStore();
    const rotation = { store, every: "30d", announce: "1d" } as const;
    const keys = createKeyRing({ rotation, clock });
    const states = async (): Promise<string[]> => (await keys.keys()).map(({ state }) => state);
    expect(await states()).toEqual(["current"]);
    const { kid } = await keys.signingKey();
    await clock.advance(29 * DAY - 1);
    expect(await states()).toEqual(["current"]);
    await clock.advance(60_000);
    expect(await states()).toEqual(["current", "next"]);
    await clock.advance(DAY);
    expect(await states()).toEqual(["previous", "current"]);
    expect((await keys.signingKey()).kid).not.toBe(kid);
    await clock.advance(HOUR);
    expect(await states()).toEqual(["current"]);
    expect((await store.load()).keys).toHaveLength(1);
    expect(caught.of("auth.keys").map(({ labels }) => labels.outcome)).toEqual(["rotated", "rotated", "rotated"]);
  });

  it("goes on after a long pause with a key that verifiers have had time to see", async () => {
    const clock = manualClock();
    const store = memoryKeyStore();
    const before = createKeyRing({ rotation: { store }, clock });
    const { kid } = await before.signingKey();
    await clock.advance(400 * DAY);
    const after = createKeyRing({ rotation: { store }, clock });
    expect((await after.signingKey()).kid).toBe(kid);
    expect((await after.keys()).map(({ state, from }) => [state, from - clock.now()])).toEqual([
      ["current", -400 * DAY],
      ["next", DAY],
    ]);
  });

  it("is one for all instances, even if they start at once", async () => {
    const clock = manualClock();
    const store = memoryKeyStore();
    const slow: KeyStore = {
      load: async () => {
        const loaded = await store.load();
        await new Promise((resolve) => setImmediate(resolve));
        return loaded;
      },
      save: (keys, version) => store.save(keys, version),
    };
    const rings = Array.from({ length: 8 }, () => createKeyRing({ rotation: { store: slow }, clock }));
    const kids = await Promise.all(rings.map(async (ring) => (await ring.signingKey()).kid));
    expect(new Set(kids).size).toBe(1);
  });

  it("lets an instance learn of another one's key when its first token comes", async () => {
    const clock = manualClock();
    const store = memoryKeyStore();
    const rings = [1, 2].map(() => createKeyRing({ rotation: { store }, clock }));
    const [one, two] = rings.map((keys) => createTokens({ ...names, keys, clock }));
    await two?.issue({ subject: "u-1" });
    const { keys, version } = await store.load();
    const replaced: StoredTokenKey[] = [];
    await store.save(replaced, version);
    const token = (await one?.issue({ subject: "u-7" }))?.token ?? "";
    expect(keys).toHaveLength(1);
    expect(await code(two?.verify(token) ?? Promise.resolve())).toBe("AUTH_TOKEN_INVALID");
    await clock.advance("5s");
    expect(await code(two?.verify(token) ?? Promise.resolve())).toBe("ok");
  });

  it("asks the store once for many tokens with unknown keys", async () => {
    const clock = manualClock();
    const store = memoryKeyStore();
    let loads = 0;
    const counted: KeyStore = {
      load: () => {
        loads++;
        return store.load();
      },
      save: (keys, version) => store.save(keys, version),
    };
    const keys = createKeyRing({ rotation: { store: counted }, clock });
    await keys.signingKey();
    const before = loads;
    await clock.advance("10s");
    await Promise.all(Array.from({ length: 100 }, (_, n) => keys.verificationKey(`unknown-${n}`)));
    await keys.verificationKey("another");
    expect(loads - before).toBe(1);
  });

  it("goes on with the known keys if the store fails, and fails if it has none", async () => {
    using caught = captureTelemetry();
    const clock = manualClock();
    const store = memoryKeyStore();
    let broken = true;
    const failing: KeyStore = {
      load: () => (broken ? Promise.reject(new Error("down")) : store.load()),
      save: (keys, version) => store.save(keys, version),
    };
    const keys = createKeyRing({ rotation: { store: failing }, clock });
    await expect(keys.signingKey()).rejects.toMatchObject({ code: "AUTH_STORE_FAILED", cause: { message: "down" } });
    broken = false;
    const { kid } = await keys.signingKey();
    broken = true;
    await clock.advance("2m");
    expect((await keys.signingKey()).kid).toBe(kid);
    expect(caught.of("auth.keys").map(({ labels }) => labels.outcome)).toEqual(["failed", "rotated", "failed"]);
  });

  it("gives up if others save all the time", async () => {
    const store: KeyStore = { load: async () => ({ keys: [], version: "1" }), save: async () => false };
    const keys = createKeyRing({ rotation: { store } });
    await expect(keys.signingKey()).rejects.toMatchObject({ code: "AUTH_STORE_FAILED" });
  });
});
