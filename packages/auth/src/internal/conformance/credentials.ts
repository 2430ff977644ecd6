import { deepEqual, equal } from "node:assert/strict";
import type { StoredApiKey, StoredPasskey } from "../../stores/store.ts";
import { type StoreCheck, T0, times, user, wins } from "./records.ts";

const KEY: StoredApiKey = {
  ...{ id: "k-1", hash: "h-1", owner: "billing", name: "nightly", scopes: ["orders:read"] },
  ...{ createdAt: T0, expiresAt: T0 + 1000 },
};
const PASSKEY: StoredPasskey = {
  ...{ id: "p-1", userId: "u-1", publicKey: "AQID", counter: 0, transports: ["internal", "hybrid"] },
  ...{ backedUp: true, name: "laptop", createdAt: T0 },
};

export const CREDENTIALS: Readonly<Record<string, StoreCheck>> = {
  "of 10 parallel takers of a secret, one gets it, with its data": async ({ store }) => {
    const secret = {
      hash: "o-1",
      purpose: "reset",
      userId: "u-1",
      expiresAt: T0 + 10,
      data: { n: 1, deep: ["ü", null] },
    };
    await store.putOnce(secret);
    deepEqual(await store.findOnce("o-1", "reset", T0), secret);
    const taken = await Promise.all(times(10, () => store.takeOnce("o-1", "reset", T0)));
    deepEqual(
      taken.filter((one) => one !== undefined),
      [secret],
    );
    equal(await store.findOnce("o-1", "reset", T0), undefined);
  },
  "a secret is for one purpose, and ends by itself": async ({ store }) => {
    await store.putOnce({ hash: "o-1", purpose: "reset", expiresAt: T0 + 10 });
    equal(await store.findOnce("o-1", "verify", T0), undefined);
    equal(await store.takeOnce("o-1", "verify", T0), undefined);
    equal(await store.findOnce("o-1", "reset", T0 + 10), undefined);
    equal(await store.takeOnce("o-1", "reset", T0 + 10), undefined);
  },
  "the secrets of an account for one purpose can be removed": async ({ store }) => {
    const secrets = [
      { hash: "o-1", purpose: "reset", userId: "u-1" },
      { hash: "o-2", purpose: "reset", userId: "u-2" },
      { hash: "o-3", purpose: "verify", userId: "u-1" },
    ];
    for (const secret of secrets) await store.putOnce({ ...secret, expiresAt: T0 + 10 });
    await store.dropOnce("u-1", "reset");
    const left = await Promise.all(secrets.map(({ hash, purpose }) => store.findOnce(hash, purpose, T0)));
    deepEqual(
      left.map((one) => one?.hash),
      [undefined, "o-2", "o-3"],
    );
  },
  "a key of a machine is found, listed, used, shortened and revoked once": async ({ store }) => {
    await store.createApiKey(KEY);
    await store.createApiKey({ ...KEY, id: "k-2", createdAt: T0 + 1 });
    deepEqual(await store.findApiKey("k-1"), KEY);
    deepEqual(
      (await store.apiKeys("billing")).map(({ id }) => id),
      ["k-2", "k-1"],
    );
    deepEqual(await store.apiKeys("other"), []);
    await store.touchApiKey("k-1", T0 + 5);
    await store.touchApiKey("k-1", T0 + 4);
    equal(await store.expireApiKey("k-1", T0 + 500), true);
    equal(await store.expireApiKey("k-9", T0 + 500), false);
    equal(await wins(times(5, () => store.revokeApiKey("k-1", T0 + 6))), 1);
    deepEqual(await store.findApiKey("k-1"), {
      ...KEY,
      ...{ lastUsedAt: T0 + 5, expiresAt: T0 + 500, revokedAt: T0 + 6 },
    });
    equal(await store.findApiKey("k-9"), undefined);
  },
  "a passkey is found and listed, and its counter only grows": async ({ store }) => {
    equal(await store.createPasskey(PASSKEY), false);
    await store.createUser(user());
    equal(await store.createPasskey(PASSKEY), true);
    equal(await store.createPasskey(PASSKEY), false);
    deepEqual(await store.findPasskey("p-1"), PASSKEY);
    equal(await store.usePasskey("p-1", 0, T0 + 1), true);
    equal(await wins(times(5, () => store.usePasskey("p-1", 7, T0 + 2))), 1);
    equal(await store.usePasskey("p-1", 0, T0 + 3), false);
    equal(await store.usePasskey("p-9", 8, T0 + 3), false);
    deepEqual(await store.passkeys("u-1"), [{ ...PASSKEY, counter: 7, lastUsedAt: T0 + 2 }]);
    equal(await store.deletePasskey("u-2", "p-1"), false);
    equal(await store.deletePasskey("u-1", "p-1"), true);
    deepEqual(await store.passkeys("u-1"), []);
  },
  "a subject of an outside provider belongs to one account": async ({ store }) => {
    equal(await store.linkIdentity("https://a", "sub", "u-1"), false);
    await store.createUser(user());
    await store.createUser(user({ id: "u-2" }));
    const linked = await Promise.all(times(6, (n) => store.linkIdentity("https://a", "sub", n % 2 ? "u-1" : "u-2")));
    equal(linked.filter(Boolean).length, 3);
    const owner = await store.findIdentity("https://a", "sub");
    deepEqual(linked[1], owner === "u-1");
    equal(await store.findIdentity("https://b", "sub"), undefined);
    equal(await store.unlinkIdentity("u-9", "https://a"), false);
    equal(await store.unlinkIdentity(owner ?? "", "https://a"), true);
    equal(await store.findIdentity("https://a", "sub"), undefined);
  },
  "a store can be closed more than once": async ({ store }) => {
    await store.close();
    await store.close();
  },
};
