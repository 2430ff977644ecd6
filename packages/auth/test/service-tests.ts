import { type AuditEntry, openTransaction } from "@seaworthy/core";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { postgresAuthStore } from "../src/postgres.ts";
import { cheapPasswords, type TestAuth, testAuth } from "../src/testing.ts";
import type { TestServer } from "./databases.ts";

const credentials = { email: "ada@example.com", password: "correct horse battery staple" };
const coded = (code: string): unknown => expect.objectContaining({ code });

/** The tests of the service with a database, which a file opens once for all of its tests. */
export function serviceTests(serverOf: () => TestServer): void {
  let server: TestServer;
  let t: TestAuth;
  let compared = 0;
  let refused: string | undefined;

  /** A trail in the same database, as `@seaworthy/audit` keeps it. */
  const audit = {
    async record({ type, outcome }: AuditEntry): Promise<void> {
      if (`${type} ${outcome}` === refused) throw new Error("the trail is full");
      await (openTransaction(server.db) ?? server.db).query("insert into trail (entry) values ($1)", [
        `${type} ${outcome}`,
      ]);
    },
  };
  const trail = async (): Promise<unknown[]> =>
    (await server.db.query("select entry from trail order by n")).rows.map(({ entry }) => entry);

  beforeAll(async () => {
    server = serverOf();
    await server.db.query("create table trail (n serial primary key, entry text not null)");
  });
  beforeEach(async () => {
    for (const table of ["seaworthy_auth_users", "seaworthy_auth_once", "trail"])
      await server.db.query(`delete from ${table}`);
    refused = undefined;
    compared = 0;
    const cheap = cheapPasswords();
    const verify: typeof cheap.verify = (hash, password) => {
      if (hash !== undefined) compared++;
      return cheap.verify(hash, password);
    };
    t = await testAuth({ store: postgresAuthStore(server.db), audit, passwords: { ...cheap, verify } });
  });

  test("an account lives from registration to removal, and the trail has all of it", async () => {
    const { auth } = t;
    const made = await auth.register(credentials, { roles: ["reader"], tenant: "t-1" });
    const id = made.status === "active" ? made.user.id : "";
    const login = await auth.login({ ...credentials, ip: "192.0.2.1", userAgent: "agent", device: "phone" });
    expect(await auth.authenticate(login.accessToken)).toMatchObject({ id, roles: ["reader"], tenant: "t-1" });
    const next = await auth.refresh(login.refreshToken);
    expect(await auth.sessions(id)).toMatchObject([{ device: "phone", address: "192.0.2.1", userAgent: "agent" }]);
    await auth.revoke(next.accessToken);
    await expect(auth.authenticate(next.accessToken)).rejects.toEqual(coded("AUTH_TOKEN_REVOKED"));
    const { cookie } = await auth.loginWithCookie(credentials);
    const headers: Record<string, string> = { cookie: cookie.split(";")[0] ?? "" };
    expect(await auth.cookie()({ method: "GET", header: (name) => headers[name] })).toMatchObject({ id });
    await auth.setStatus(id, "suspended");
    expect(await auth.sessions(id)).toEqual([]);
    await auth.deleteUser(id);
    expect(await auth.findUser(id)).toBeUndefined();
    expect(await trail()).toEqual([
      ...["auth.register success", "auth.login success", "auth.refresh success", "auth.revoke_token success"],
      ...["auth.login success", "auth.set_status success", "auth.delete_user success"],
    ]);
  });

  test("20 parallel guesses make 5 comparisons", async () => {
    await t.auth.register(credentials);
    const guesses = Array.from({ length: 20 }, (_, n) => t.auth.login({ ...credentials, password: `guess ${n}` }));
    expect((await Promise.allSettled(guesses)).filter(({ status }) => status === "fulfilled")).toEqual([]);
    expect(compared).toBe(5);
    expect(await trail()).toHaveLength(21);
  });

  test("10 parallel refreshes get one successor", async () => {
    await t.auth.register(credentials);
    const { refreshToken } = await t.auth.login(credentials);
    const all = await Promise.all(Array.from({ length: 10 }, () => t.auth.refresh(refreshToken)));
    expect(new Set(all.map((login) => login.refreshToken)).size).toBe(1);
  });

  test("a password change and parallel logins with the old password leave no session of the old password", async () => {
    const made = await t.auth.register(credentials);
    const userId = made.status === "active" ? made.user.id : "";
    const change = t.auth.changePassword({ userId, current: credentials.password, password: "a new long passphrase" });
    await Promise.allSettled([change, t.auth.login(credentials), t.auth.login(credentials), t.auth.login(credentials)]);
    await change;
    expect(await t.auth.sessions(userId)).toEqual([]);
  });

  test("what the trail does not keep does not happen", async () => {
    refused = "auth.register success";
    await expect(t.auth.register(credentials)).rejects.toEqual(coded("AUTH_STORE_FAILED"));
    expect(await t.auth.findUserByEmail(credentials.email)).toBeUndefined();
    refused = "auth.login success";
    const made = await t.auth.register(credentials);
    const userId = made.status === "active" ? made.user.id : "";
    await expect(t.auth.login(credentials)).rejects.toEqual(coded("AUTH_STORE_FAILED"));
    expect(await t.auth.sessions(userId)).toEqual([]);
    refused = "auth.set_status success";
    await expect(t.auth.setStatus(userId, "suspended")).rejects.toEqual(coded("AUTH_STORE_FAILED"));
    expect((await t.auth.findUser(userId))?.status).toBe("active");
    expect(await trail()).toEqual(["auth.register success", "auth.set_status failure"]);
  });

  test("a registration is part of the transaction of the host, and a login is refused there", async () => {
    const doomed = server.db.transaction(async () => {
      await t.auth.register(credentials);
      throw new Error("undo");
    });
    await expect(doomed).rejects.toThrow("undo");
    expect(await t.auth.findUserByEmail(credentials.email)).toBeUndefined();
    expect(await trail()).toEqual([]);
    await t.auth.register(credentials);
    const login = server.db.transaction(() => t.auth.login(credentials));
    await expect(login).rejects.toThrow("must not run in an open transaction");
  });
}
