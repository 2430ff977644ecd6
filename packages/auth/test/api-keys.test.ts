import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ApiKeyStore } from "../src/api-keys/api-keys.ts";
import { createApiKeys } from "../src/api-keys/create-api-keys.ts";
import type { StoredApiKey } from "../src/stores/store.ts";

function fakeStore(): ApiKeyStore & { readonly kept: Map<string, StoredApiKey>; reads: number; broken: boolean } {
  const kept = new Map<string, StoredApiKey>();
  const change = (id: string, members: Partial<StoredApiKey>): boolean => {
    const before = kept.get(id);
    if (before === undefined || before.revokedAt !== undefined) return false;
    kept.set(id, { ...before, ...members });
    return true;
  };
  return {
    kept,
    reads: 0,
    broken: false,
    createApiKey: async (key) => void kept.set(key.id, key),
    async findApiKey(id) {
      this.reads++;
      return kept.get(id);
    },
    apiKeys: async (owner) => [...kept.values()].filter((key) => key.owner === owner),
    async touchApiKey(id, at) {
      if (this.broken) throw new Error("down");
      change(id, { lastUsedAt: at });
    },
    expireApiKey: async (id, expiresAt) => change(id, { expiresAt }),
    revokeApiKey: async (id, at) => change(id, { revokedAt: at }),
  };
}

const order = { owner: "svc-1", name: "nightly export", scopes: ["orders:read", "reports:*"] };
const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "ok",
    (error: { code?: string }) => error.code ?? error,
  );

describe("an API key", () => {
  it("has a prefix and a checksum, and only its hash is kept", async () => {
    const clock = manualClock();
    const store = fakeStore();
    const keys = createApiKeys({ store, prefix: "acme_live", clock });
    const issued = await keys.issue(order);
    expect(issued.key).toMatch(/^acme_live_[0-9A-Za-z]{54}$/);
    expect(issued).toMatchObject({ ...order, createdAt: clock.now(), expiresAt: clock.now() + 90 * 86_400_000 });
    const kept = JSON.stringify([...store.kept.values()]);
    expect(kept).toContain(issued.id);
    expect(kept).not.toContain(issued.key.slice(26, 58));
    const { key: _key, ...facts } = issued;
    expect(await keys.verify(issued.key)).toEqual(facts);
    expect(await keys.list("svc-1")).toMatchObject([facts]);
    expect(JSON.stringify(await keys.list("svc-1"))).not.toContain("hash");
  });

  it("that is not one at all is refused without the store", async () => {
    const store = fakeStore();
    const keys = createApiKeys({ store, prefix: "acme" });
    const { key } = await keys.issue(order);
    const wrong = [
      ...[
        "",
        "acme",
        `${key} `,
        key.slice(0, -1),
        key.toLowerCase(),
        key.replace("acme", "acmf"),
        "x".repeat(10_000_000),
      ],
      ...[undefined, null, 7, [key], { toString: () => key }],
    ];
    for (const text of wrong) expect(await code(keys.verify(text as string))).toBe("AUTH_TOKEN_INVALID");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 5, max: key.length - 1 }),
        fc.constantFrom(..."09AZaz_-"),
        async (at, digit) => {
          const mistyped = key.slice(0, at) + digit + key.slice(at + 1);
          fc.pre(mistyped !== key);
          expect(await code(keys.verify(mistyped))).toBe("AUTH_TOKEN_INVALID");
        },
      ),
    );
    expect(store.reads).toBe(0);
  });

  it("with the id of another one is refused", async () => {
    const [mine, other] = [createApiKeys({ store: fakeStore() }), createApiKeys({ store: fakeStore() })];
    await mine.issue(order);
    expect(await code(mine.verify((await other.issue(order)).key))).toBe("AUTH_TOKEN_INVALID");
    const store = fakeStore();
    const keys = createApiKeys({ store });
    const { key, id } = await keys.issue(order);
    store.kept.set(id, { ...(store.kept.get(id) as StoredApiKey), hash: "another" });
    expect(await code(keys.verify(key))).toBe("AUTH_TOKEN_INVALID");
  });

  it("may do what its scopes say", async () => {
    const keys = createApiKeys({ store: fakeStore() });
    const { key } = await keys.issue(order);
    expect((await keys.verify(key, "orders:read")).owner).toBe("svc-1");
    expect(await code(keys.verify(key, "reports:daily"))).toBe("ok");
    expect(await code(keys.verify(key, "orders:write"))).toBe("AUTH_FORBIDDEN");
    await expect(keys.verify(key, "orders")).rejects.toThrow(/scope must be like "orders:read"/);
  });

  it("expires, unless it never does", async () => {
    const clock = manualClock();
    const keys = createApiKeys({ store: fakeStore(), clock, ttl: "1h" });
    const [short, long] = [await keys.issue(order), await keys.issue({ ...order, ttl: "never" })];
    expect(long.expiresAt).toBeUndefined();
    await clock.advance(3_600_000 - 1);
    expect(await code(keys.verify(short.key))).toBe("ok");
    await clock.advance(1);
    expect(await code(keys.verify(short.key))).toBe("AUTH_TOKEN_EXPIRED");
    await clock.advance("400d");
    expect(await code(keys.verify(long.key))).toBe("ok");
  });

  it("is revoked at once", async () => {
    using caught = captureTelemetry();
    const keys = createApiKeys({ store: fakeStore() });
    const { key, id } = await keys.issue(order);
    expect(await keys.revoke(id)).toBe(true);
    expect(await keys.revoke(id)).toBe(false);
    expect(await keys.revoke("x".repeat(16))).toBe(false);
    expect(await keys.revoke("../../etc")).toBe(false);
    expect(await code(keys.verify(key))).toBe("AUTH_TOKEN_REVOKED");
    expect(await code(keys.rotate(id))).toBe("AUTH_TOKEN_REVOKED");
    expect(caught.of("auth.api_key").map(({ labels }) => labels.outcome)).toEqual(["revoked", "revoked"]);
  });

  it("remembers its last use to the minute, and works if that cannot be written", async () => {
    using caught = captureTelemetry();
    const clock = manualClock();
    const store = fakeStore();
    const keys = createApiKeys({ store, clock });
    const { key, id } = await keys.issue(order);
    const start = clock.now();
    await keys.verify(key);
    await clock.advance("59s");
    await keys.verify(key);
    expect(store.kept.get(id)?.lastUsedAt).toBe(start);
    await clock.advance("1s");
    await keys.verify(key);
    expect(store.kept.get(id)?.lastUsedAt).toBe(start + 60_000);
    store.broken = true;
    await clock.advance("1m");
    expect(await code(keys.verify(key))).toBe("ok");
    await clock.advance(0);
    expect(caught.of("auth.api_key")).toMatchObject([{ labels: { outcome: "untouched" }, details: { id } }]);
  });

  it("is rotated: both hold for the overlap, then only the new one", async () => {
    const clock = manualClock();
    const keys = createApiKeys({ store: fakeStore(), clock });
    const before = await keys.issue(order);
    await clock.advance("80d");
    const after = await keys.rotate(before.id, { overlap: "1h" });
    expect(after).toMatchObject({ ...order, expiresAt: clock.now() + 90 * 86_400_000 });
    expect(after.id).not.toBe(before.id);
    expect([await code(keys.verify(before.key)), await code(keys.verify(after.key))]).toEqual(["ok", "ok"]);
    await clock.advance("1h");
    expect([await code(keys.verify(before.key)), await code(keys.verify(after.key))]).toEqual([
      "AUTH_TOKEN_EXPIRED",
      "ok",
    ]);
    expect(await code(keys.rotate(before.id))).toBe("AUTH_TOKEN_EXPIRED");
    expect(await code(keys.rotate("unknown"))).toBe("AUTH_TOKEN_INVALID");
  });

  it("is not made to last by a rotation whose overlap is longer than its rest", async () => {
    const clock = manualClock();
    const keys = createApiKeys({ store: fakeStore(), clock, ttl: "1h" });
    const before = await keys.issue(order);
    await keys.rotate(before.id, { overlap: "1d" });
    await clock.advance("1h");
    expect(await code(keys.verify(before.key))).toBe("AUTH_TOKEN_EXPIRED");
    const endless = await keys.issue({ ...order, ttl: "never" });
    expect((await keys.rotate(endless.id)).expiresAt).toBeUndefined();
  });

  it.each([
    [{ owner: "" }, /owner must be a string/],
    [{ name: "x".repeat(101) }, /name must be a string of 1 to 100/],
    [{ scopes: [] }, /scopes must be an array of 1 to 100/],
    [{ scopes: ["orders"] }, /scopes must be like/],
    [{ scopes: "orders:read" }, /scopes must be an array/],
    [{ ttl: 0 }, /ttl must be more than 0/],
    [{ expires: "1d" }, /issue has no option "expires"/],
  ])("is not made with %o", async (change, message) => {
    await expect(createApiKeys({ store: fakeStore() }).issue({ ...order, ...change } as never)).rejects.toThrow(
      message,
    );
  });

  it.each([
    [{ store: {} }, /store.createApiKey must be a function/],
    [{ prefix: "Acme" }, /prefix must be/],
    [{ prefix: "a_" }, /prefix must be/],
    [{ ttl: "forever" }, /ttl must be/],
    [{ overlap: -1 }, /overlap must be/],
    [{ touchEvery: 0 }, /touchEvery must be more than 0/],
    [{ scope: [] }, /createApiKeys has no option "scope"/],
  ])("is not of a maker with %o", (options, message) => {
    expect(() => createApiKeys({ store: fakeStore(), ...options } as never)).toThrow(message);
  });
});
