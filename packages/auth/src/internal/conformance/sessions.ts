import { deepEqual, equal } from "node:assert/strict";
import type { AuthStore } from "../../stores/store.ts";
import { next, refresh, type StoreCheck, session, T0, times, user } from "./records.ts";

const GRACE = 10_000;
const DAY = 86_400_000;

/** An account with a session and its first refresh token, `f-1`. */
async function withSession(store: AuthStore): Promise<void> {
  await store.createUser(user());
  equal(await store.createSession({ session: session(), refresh: refresh("f-1") }), true);
}

export const SESSIONS: Readonly<Record<string, StoreCheck>> = {
  "a session is found with its account, by its id and by its cookie": async ({ store }) => {
    await store.createUser(user());
    const whole = session({ device: "phone", address: "192.0.2.1", userAgent: "agent", cookieHash: "c-1" });
    equal(await store.createSession({ session: whole }), true);
    const found = { session: whole, user: user(), revoked: false };
    deepEqual(await store.findSession("s-1"), found);
    deepEqual(await store.findSessionByCookie("c-1"), found);
    equal(await store.findSession("s-2"), undefined);
    equal(await store.findSessionByCookie("c-2"), undefined);
  },
  "an account that is not active gets no session": async ({ store }) => {
    await store.createUser(user({ status: "suspended" }));
    equal(await store.createSession({ session: session(), refresh: refresh("f-1") }), false);
    equal(await store.findSession("s-1"), undefined);
    equal((await store.rotateRefresh("f-1", next("f-2"), T0, GRACE)).outcome, "unknown");
  },
  "a password that was changed meanwhile opens no session": async ({ store }) => {
    await store.createUser(user());
    equal(await store.createSession({ session: session(), passwordHash: "$hash$0" }), false);
    equal(await store.createSession({ session: session(), passwordHash: "$hash$1" }), true);
  },
  "a session is opened before a change of the password or not at all": async ({ store }) => {
    for (let round = 0; round < 10; round++) {
      const id = `u-${round}`;
      await store.createUser(user({ id }));
      const changed = store.transaction(async () => {
        await store.updateUser(id, { passwordHash: "$hash$2" });
        return store.endSessions(id, T0, "password");
      });
      const opened = store.createSession({
        session: session({ id: `s-${round}`, userId: id }),
        passwordHash: "$hash$1",
      });
      const [ended, made] = await Promise.all([changed, opened]);
      deepEqual(ended, made ? [`s-${round}`] : []);
      deepEqual(await store.sessions(id, T0), []);
    }
  },
  "the sessions of an account are those that have neither ended nor expired, the one used last first": async ({
    store,
  }) => {
    await store.createUser(user());
    for (const id of ["s-1", "s-2", "s-3"]) await store.createSession({ session: session({ id }) });
    await store.createSession({ session: session({ id: "s-4", expiresAt: T0 + 10 }) });
    await store.touchSession("s-2", T0 + 5, "192.0.2.9");
    await store.touchSession("s-2", T0 + 4);
    equal(await store.endSession("s-3", T0 + 6, "logout"), true);
    equal(await store.endSession("s-3", T0 + 7, "logout"), false);
    const alive = await store.sessions("u-1", T0 + 10);
    deepEqual(
      alive.map(({ id, lastUsedAt, address }) => [id, lastUsedAt, address]),
      [
        ["s-2", T0 + 5, "192.0.2.9"],
        ["s-1", T0, undefined],
      ],
    );
    const ended = await store.findSession("s-3");
    deepEqual([ended?.session.endedAt, ended?.session.endedBy], [T0 + 6, "logout"]);
  },
  "members of a session are replaced until it has ended, and a replaced cookie is unknown": async ({ store }) => {
    await store.createUser(user());
    await store.createSession({ session: session({ cookieHash: "c-1" }) });
    equal(await store.updateSession("s-1", { cookieHash: "c-2", methods: ["pwd", "otp"] }), true);
    equal(await store.updateSession("s-1", { authenticatedAt: T0 + 5 }), true);
    equal(await store.findSessionByCookie("c-1"), undefined);
    deepEqual(
      (await store.findSessionByCookie("c-2"))?.session,
      session({ cookieHash: "c-2", methods: ["pwd", "otp"], authenticatedAt: T0 + 5 }),
    );
    await store.endSession("s-1", T0, "logout");
    equal(await store.updateSession("s-1", { cookieHash: "c-3" }), false);
    equal(await store.updateSession("s-9", { cookieHash: "c-3" }), false);
  },
  "all sessions of an account end, apart from one": async ({ store }) => {
    await store.createUser(user());
    await store.createUser(user({ id: "u-2" }));
    for (const id of ["s-1", "s-2", "s-3"]) await store.createSession({ session: session({ id }) });
    await store.createSession({ session: session({ id: "s-4", userId: "u-2" }) });
    const ended = await store.endSessions("u-1", T0 + 1, "password", "s-2");
    deepEqual([...ended].sort(), ["s-1", "s-3"]);
    deepEqual(await store.endSessions("u-1", T0 + 2, "suspended"), ["s-2"]);
    equal((await store.sessions("u-2", T0 + 2)).length, 1);
  },
  "of 20 parallel exchanges of a refresh token, one gets the successor, and the others its salt": async ({ store }) => {
    await withSession(store);
    const all = await Promise.all(
      times(20, (n) => store.rotateRefresh("f-1", { ...next(`n-${n}`), salt: `${n}` }, T0 + 1, GRACE)),
    );
    const won = all.findIndex(({ outcome }) => outcome === "rotated");
    deepEqual(
      all.map((one) => ("refresh" in one ? [one.outcome, one.refresh.successorSalt] : [])),
      all.map((_, n) => [n === won ? "rotated" : "grace", `${won}`]),
    );
    const successors = await Promise.all(
      times(20, (n) => store.rotateRefresh(`n-${n}`, next(`m-${n}`), T0 + 2, GRACE)),
    );
    deepEqual(
      successors.flatMap(({ outcome }, n) => (outcome === "unknown" ? [] : [n])),
      [won],
    );
  },
  "a refresh token ends with its session, and by itself": async ({ store }) => {
    await withSession(store);
    equal((await store.rotateRefresh("f-0", next("f-2"), T0, GRACE)).outcome, "unknown");
    equal((await store.rotateRefresh("f-1", next("f-2"), T0 + 50_000, GRACE)).outcome, "expired");
    const rotation = await store.rotateRefresh("f-1", { ...next("f-2"), expiresAt: T0 + DAY }, T0 + 49_999, GRACE);
    deepEqual(rotation, {
      outcome: "rotated",
      refresh: {
        ...refresh("f-1"),
        ...{ sessionId: "s-1", userId: "u-1", usedAt: T0 + 49_999, successorSalt: "salt of f-2" },
      },
    });
    equal((await store.rotateRefresh("f-2", next("f-3"), T0 + 100_000, GRACE)).outcome, "expired");
    await store.endSession("s-1", T0 + 50_000, "logout");
    equal((await store.rotateRefresh("f-2", next("f-3"), T0 + 50_001, GRACE)).outcome, "expired");
    equal((await store.rotateRefresh("f-1", next("f-3"), T0 + 50_001, GRACE)).outcome, "expired");
  },
  "a used refresh token is within its grace until its successor is used or the time is over": async ({ store }) => {
    await withSession(store);
    await store.rotateRefresh("f-1", next("f-2"), T0, GRACE);
    const late = await store.rotateRefresh("f-1", next("x"), T0 + GRACE, GRACE);
    deepEqual("refresh" in late && [late.outcome, late.refresh.successorSalt], ["grace", "salt of f-2"]);
    equal((await store.rotateRefresh("f-1", next("x"), T0 + GRACE + 1, GRACE)).outcome, "reused");
    equal((await store.rotateRefresh("f-2", next("f-3"), T0 + 1, GRACE)).outcome, "rotated");
    equal((await store.rotateRefresh("f-1", next("x"), T0 + 2, GRACE)).outcome, "reused");
    equal((await store.rotateRefresh("x", next("y"), T0 + 2, GRACE)).outcome, "unknown");
  },
  "a token that was refused by its id stays refused until it would have expired": async ({ store }) => {
    await withSession(store);
    equal(await store.isTokenRevoked("j-1"), false);
    await store.revokeToken("j-1", T0 + 10);
    await store.revokeToken("j-1", T0 + 5);
    equal(await store.isTokenRevoked("j-1"), true);
    equal((await store.findSession("s-1", "j-1"))?.revoked, true);
    equal((await store.findSession("s-1", "j-2"))?.revoked, false);
    await store.removeExpired(T0 + 9);
    equal(await store.isTokenRevoked("j-1"), true);
    await store.removeExpired(T0 + 10);
    equal(await store.isTokenRevoked("j-1"), false);
  },
  "clean-up removes what has expired and leaves the rest": async ({ store }) => {
    await withSession(store);
    await store.createSession({ session: session({ id: "s-2", expiresAt: T0 + 10 }) });
    await store.createSession({ session: session({ id: "s-3", expiresAt: T0 + 9 * DAY }) });
    await store.endSession("s-3", T0, "logout");
    await store.putOnce({ hash: "o-1", purpose: "reset", expiresAt: T0 + 10 });
    await store.putOnce({ hash: "o-2", purpose: "reset", expiresAt: T0 + 11 });
    equal(await store.removeExpired(T0 + 9), 0);
    equal(await store.removeExpired(T0 + 10), 2);
    equal(await store.findSession("s-2"), undefined);
    equal((await store.findSession("s-1"))?.session.id, "s-1");
    equal((await store.findOnce("o-2", "reset", T0 + 10))?.hash, "o-2");
    await store.removeExpired(T0 + DAY);
    equal(await store.findSession("s-3"), undefined);
    equal((await store.rotateRefresh("f-1", next("f-2"), T0, GRACE)).outcome, "unknown");
    equal((await store.findUser("u-1"))?.id, "u-1");
  },
};
