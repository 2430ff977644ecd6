import { deepEqual, equal, rejects } from "node:assert/strict";
import type { StoredTotp } from "../../stores/store.ts";
import { type StoreCheck, session, T0, times, user, wins } from "./records.ts";

const POLICY = { failures: 5, for: 1_800_000 };
const TOTP: StoredTotp = { secret: "sealed", confirmedAt: T0, lastStep: 100, recovery: ["r1", "r2"] };

export const ACCOUNTS: Readonly<Record<string, StoreCheck>> = {
  "an account is found by its id and by its e-mail address, with all of its members": async ({ store }) => {
    const whole = user({ tenant: "t-1", emailVerifiedAt: T0, roles: ["a", 'b "quoted"', "ü"], totp: TOTP });
    equal(await store.createUser(whole), true);
    deepEqual(await store.findUser("u-1"), whole);
    deepEqual(await store.findUserByEmail("u-1@example.com"), whole);
    equal(await store.findUser("u-2"), undefined);
    equal(await store.findUserByEmail("U-1@example.com"), undefined);
  },
  "optional members that are missing stay missing": async ({ store }) => {
    const { passwordHash: _, ...bare } = user({ status: "pending", roles: [] });
    await store.createUser(bare);
    deepEqual(await store.findUser("u-1"), bare);
  },
  "what was stored does not change with the object that was given": async ({ store }) => {
    const roles = ["reader"];
    await store.createUser(user({ roles }));
    roles.push("admin");
    deepEqual((await store.findUser("u-1"))?.roles, ["reader"]);
  },
  "of 10 parallel registrations of an e-mail address, one is kept": async ({ store }) => {
    const email = "one@example.com";
    equal(await wins(times(10, (n) => store.createUser(user({ id: `u-${n}`, email })))), 1);
    equal(await store.createUser(user({ id: "u-x", email })), false);
  },
  "an id that is taken is refused": async ({ store }) => {
    await store.createUser(user());
    equal(await store.createUser(user({ email: "other@example.com" })), false);
    equal(await store.findUserByEmail("other@example.com"), undefined);
  },
  "members of an account are replaced, and null removes one": async ({ store }) => {
    await store.createUser(user({ tenant: "t-1" }));
    const changed = await store.updateUser("u-1", { status: "suspended", roles: ["a"], tenant: null, totp: TOTP });
    const { tenant: _, ...expected } = user({ status: "suspended", roles: ["a"], totp: TOTP });
    deepEqual(changed, expected);
    deepEqual(await store.findUser("u-1"), expected);
    await store.updateUser("u-1", { totp: null, passwordHash: null, emailVerifiedAt: T0 });
    const { totp: __, passwordHash: ___, ...rest } = expected;
    deepEqual(await store.findUser("u-1"), { ...rest, emailVerifiedAt: T0 });
    equal(await store.updateUser("nobody", { status: "active" }), undefined);
  },
  "a pending account is activated, and no other status is replaced by that": async ({ store }) => {
    for (const status of ["pending", "active", "inactive", "suspended"] as const) {
      await store.createUser(user({ id: status, email: `${status}@example.com`, status }));
      const changed = await store.updateUser(status, { activate: true, emailVerifiedAt: T0 });
      deepEqual(changed, await store.findUser(status));
      equal((await store.findUser(status))?.status, status === "pending" ? "active" : status);
    }
  },
  "a second factor is begun and confirmed once, by the one whose secret is there": async ({ store }) => {
    await store.createUser(user());
    const pending = { secret: "sealed 1", lastStep: 0, recovery: [] };
    equal(await store.replacePendingTotp("u-1", "sealed 0", pending), false);
    equal(await wins(times(10, () => store.replacePendingTotp("u-1", undefined, pending))), 1);
    deepEqual((await store.findUser("u-1"))?.totp, pending);
    equal(await store.replacePendingTotp("u-1", "sealed 1", { ...pending, secret: "sealed 2" }), true);
    equal(await store.replacePendingTotp("u-1", "sealed 1", { ...pending, confirmedAt: T0 }), false);
    const confirmed = { ...pending, secret: "sealed 2", confirmedAt: T0, lastStep: 7, recovery: ["r1"] };
    equal(await wins(times(10, () => store.replacePendingTotp("u-1", "sealed 2", confirmed))), 1);
    equal(await store.replacePendingTotp("u-1", "sealed 2", pending), false);
    deepEqual((await store.findUser("u-1"))?.totp, confirmed);
    equal(await store.replacePendingTotp("nobody", undefined, pending), false);
  },
  "recovery codes are replaced without the rest of the second factor": async ({ store }) => {
    await store.createUser(user({ totp: TOTP }));
    await store.takeTotpStep("u-1", 200);
    await store.updateUser("u-1", { recovery: ["r9"] });
    deepEqual((await store.findUser("u-1"))?.totp, { ...TOTP, lastStep: 200, recovery: ["r9"] });
    await store.createUser(user({ id: "u-2" }));
    await store.updateUser("u-2", { recovery: ["r9"] });
    equal((await store.findUser("u-2"))?.totp, undefined);
  },
  "an e-mail address can be replaced by one that is free": async ({ store }) => {
    await store.createUser(user());
    await store.createUser(user({ id: "u-2" }));
    equal(await store.updateUser("u-1", { email: "u-2@example.com" }), "taken");
    await store.updateUser("u-1", { email: "new@example.com" });
    equal((await store.findUserByEmail("new@example.com"))?.id, "u-1");
    equal(await store.findUserByEmail("u-1@example.com"), undefined);
    equal(await store.createUser(user({ id: "u-3", email: "u-1@example.com" })), true);
  },
  "a password hash is replaced only if it is still the expected one": async ({ store }) => {
    await store.createUser(user());
    equal(await store.replacePasswordHash("u-1", "$hash$0", "$hash$2"), false);
    equal(await store.replacePasswordHash("u-1", undefined, "$hash$2"), false);
    equal(await store.replacePasswordHash("u-1", "$hash$1", "$hash$2"), true);
    equal((await store.findUser("u-1"))?.passwordHash, "$hash$2");
    await store.updateUser("u-1", { passwordHash: null });
    equal(await store.replacePasswordHash("u-1", undefined, "$hash$3"), true);
  },
  "of a password change and 9 parallel rehashes of the old password, one takes effect": async ({ store }) => {
    await store.createUser(user());
    equal(await wins(times(10, (n) => store.replacePasswordHash("u-1", "$hash$1", `$hash$new${n}`))), 1);
  },
  "a deleted account is gone with all that belongs to it": async ({ store }) => {
    await store.createUser(user());
    await store.createSession({ session: session({ cookieHash: "c-1" }) });
    await store.putOnce({ hash: "o-1", purpose: "reset", userId: "u-1", expiresAt: T0 + 1000 });
    await store.linkIdentity("https://issuer", "sub", "u-1");
    const key = { id: "k-1", hash: "h", owner: "u-1", name: "ci", scopes: [], createdAt: T0 };
    await store.createApiKey(key);
    await store.noteOrigins("u-1", ["device:a"], T0);
    equal(await store.deleteUser("u-1"), true);
    equal(await store.deleteUser("u-1"), false);
    equal(await store.findUserByEmail("u-1@example.com"), undefined);
    equal(await store.findSession("s-1"), undefined);
    equal(await store.findSessionByCookie("c-1"), undefined);
    equal(await store.takeOnce("o-1", "reset", T0), undefined);
    equal(await store.findIdentity("https://issuer", "sub"), undefined);
    equal(await store.findApiKey("k-1"), undefined);
    deepEqual(await store.origins("u-1"), []);
    equal(await store.createUser(user()), true);
  },
  "ids with characters that a database cannot keep are unknown": async ({ store }) => {
    equal(await store.findUser("\0"), undefined);
    equal(await store.findUserByEmail("\0@example.com"), undefined);
    equal(await store.findSession("\uD800"), undefined);
    equal(await store.takeOnce("a\0", "reset", T0), undefined);
  },
  "of 50 parallel attempts, as many are let through as the policy allows": async ({ store }) => {
    await store.createUser(user());
    equal(await wins(times(50, () => store.beginAttempt("u-1", T0, POLICY))), 5);
    deepEqual((await store.findUser("u-1"))?.lockedUntil, T0 + POLICY.for);
  },
  "attempts while an account is locked do not extend the lock, and its end begins a new count": async ({ store }) => {
    await store.createUser(user());
    for (let n = 0; n < 5; n++) equal(await store.beginAttempt("u-1", T0, POLICY), true);
    equal(await store.beginAttempt("u-1", T0 + POLICY.for - 1, POLICY), false);
    equal((await store.findUser("u-1"))?.lockedUntil, T0 + POLICY.for);
    equal(await wins(times(20, () => store.beginAttempt("u-1", T0 + POLICY.for, POLICY))), 5);
    equal((await store.findUser("u-1"))?.lockedUntil, T0 + 2 * POLICY.for);
  },
  "a success forgets the failures and the lock": async ({ store }) => {
    await store.createUser(user());
    for (let n = 0; n < 5; n++) await store.beginAttempt("u-1", T0, POLICY);
    await store.clearAttempts("u-1");
    deepEqual(await store.findUser("u-1"), user());
  },
  "an attempt that is taken back is not counted": async ({ store }) => {
    await store.createUser(user());
    for (let n = 0; n < 5; n++) await store.beginAttempt("u-1", T0, POLICY);
    await store.undoAttempt("u-1");
    deepEqual(await store.findUser("u-1"), user({ failures: 4 }));
    equal(await store.beginAttempt("u-1", T0, POLICY), true);
    equal(await store.beginAttempt("u-1", T0, POLICY), false);
    for (let n = 0; n < 9; n++) await store.undoAttempt("u-1");
    deepEqual(await store.findUser("u-1"), user());
  },
  "an account that does not exist has no attempts": async ({ store }) => {
    equal(await store.beginAttempt("nobody", T0, POLICY), false);
    await store.undoAttempt("nobody");
    await store.clearAttempts("nobody");
  },
  "of 10 parallel uses of a time step, one is let through, and older steps are refused": async ({ store }) => {
    await store.createUser(user({ totp: TOTP }));
    equal(await wins(times(10, () => store.takeTotpStep("u-1", 101))), 1);
    equal(await store.takeTotpStep("u-1", 100), false);
    equal(await store.takeTotpStep("u-1", 102), true);
    await store.createUser(user({ id: "u-2" }));
    equal(await store.takeTotpStep("u-2", 102), false);
  },
  "of 10 parallel uses of a recovery code, one is let through": async ({ store }) => {
    await store.createUser(user({ totp: TOTP }));
    equal(await wins(times(10, () => store.takeRecoveryCode("u-1", "r1"))), 1);
    equal(await store.takeRecoveryCode("u-1", "r3"), false);
    deepEqual((await store.findUser("u-1"))?.totp?.recovery, ["r2"]);
  },
  "the 100 devices and networks that were seen last are known": async ({ store }) => {
    await store.createUser(user());
    await store.noteOrigins("u-1", ["a", "b"], T0);
    await store.noteOrigins("u-1", ["a"], T0 + 1);
    deepEqual(await store.origins("u-1"), ["a", "b"]);
    const many = times(99, (n) => `m-${n}`);
    await store.noteOrigins("u-1", [...many, ...many], T0 + 2);
    await store.noteOrigins("u-1", ["n-99"], T0 + 3);
    const known = await store.origins("u-1");
    deepEqual([known.length, known[0], known.includes("a")], [100, "n-99", false]);
    await store.noteOrigins("nobody", ["a"], T0);
    deepEqual(await store.origins("nobody"), []);
  },
  "a transaction that fails changes nothing, and one that succeeds changes all": async ({ store }) => {
    const doomed = store.transaction(async () => {
      await store.createUser(user());
      await store.updateUser("u-1", { status: "suspended" });
      throw new Error("undo");
    });
    await rejects(doomed, /undo/);
    equal(await store.findUser("u-1"), undefined);
    equal(await store.findUserByEmail("u-1@example.com"), undefined);
    await store.transaction(() => store.transaction(() => store.createUser(user())));
    deepEqual(await store.findUser("u-1"), user());
  },
  "what a rollback must not undo is refused in a transaction": async ({ store }) => {
    await store.createUser(user({ totp: TOTP }));
    const refused: Readonly<Record<string, () => Promise<unknown>>> = {
      attempt: () => store.beginAttempt("u-1", T0, POLICY),
      step: () => store.takeTotpStep("u-1", 101),
      recovery: () => store.takeRecoveryCode("u-1", "r1"),
      refresh: () =>
        store.rotateRefresh("f-1", { hash: "f-2", salt: "s", createdAt: T0, expiresAt: T0 + 1 }, T0, 10_000),
    };
    for (const [what, call] of Object.entries(refused))
      await rejects(store.transaction(call), /^TypeError: .* must not run in an open transaction/, what);
    deepEqual(await store.findUser("u-1"), user({ totp: TOTP }));
  },
};
