import { once } from "node:events";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { generateTotp } from "@seaworthy/auth";
import { fromBase32 } from "@seaworthy/core/otp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engines, type Place } from "./engines.ts";
import {
  administrator,
  bearer,
  eventually,
  type Harbor,
  mailedToken,
  newAccount,
  PASSWORD,
  runHarbor,
  send,
  startHarbor,
} from "./harbor.ts";

describe.each(engines)("the service on %s", (name, make) => {
  let place: Place;
  let harbor: Harbor;
  let admin: { authorization: string };
  const start = (environment: Record<string, string> = {}): Promise<Harbor> =>
    startHarbor({
      ...place.environment,
      ...{ DATA__DIRECTORY: place.directory, LOG__LEVEL: "info" },
      ...environment,
    });
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>> =>
    (await (await fetch(harbor.url + path, { headers })).json()) as Record<string, unknown>;
  const submit = async (text: string): Promise<string> => {
    const headers = { "content-type": "application/json" };
    const created = await fetch(`${harbor.url}/tasks`, { method: "POST", headers, body: JSON.stringify({ text }) });
    expect(created.status).toBe(201);
    return created.headers.get("location") ?? "";
  };
  beforeAll(async () => {
    place = await make();
    harbor = await start();
    admin = await administrator(harbor);
  }, 120_000);
  afterAll(async () => {
    await harbor[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  test("a task, an account and a session are still there after the process was killed", async () => {
    const location = await submit("calm");
    const task = await get(location);
    await harbor.stop("SIGKILL");
    harbor = await start();
    expect(await get(location)).toEqual(task);
    expect(await get("/tasks")).toMatchObject({ total: 1, items: [task] });
    expect(await get("/auth/me", admin)).toMatchObject({ email: "admin@example.com", roles: ["administrator"] });
    expect(existsSync(join(place.directory, "first-administrator"))).toBe(false);
  }, 120_000);

  test("only a reviewer can remove a task; the removal and each refusal are in the audit trail", async () => {
    const location = await submit("calm");
    const remove = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(harbor.url + location, { method: "DELETE", headers })).status;
    const login = await newAccount(harbor, "reviewer@example.com");
    const { id } = login.user as { id: string };
    const reviewer = bearer(login);
    expect(await remove({})).toBe(401);
    expect(await remove({ authorization: "Bearer another" })).toBe(401);
    expect(await remove(reviewer)).toBe(403);
    const roles = `${harbor.url}/admin/accounts/${id}/roles`;
    expect((await send(roles, { roles: ["reviewer"] }, reviewer, "PUT")).status).toBe(403);
    expect((await send(roles, { roles: ["captain"] }, admin, "PUT")).status).toBe(422);
    expect((await send(roles, { roles: ["reviewer"] }, admin, "PUT")).body).toMatchObject({ roles: ["reviewer"] });
    expect(await remove({ ...reviewer, "x-request-id": "removal" })).toBe(204);
    expect(await remove(reviewer)).toBe(404);
    expect((await fetch(harbor.url + location)).status).toBe(404);
    expect((await fetch(`${harbor.url}/admin/audit`)).status).toBe(401);
    const removals = await get("/admin/audit?type=task.delete", admin);
    const subject = location.replace("/tasks/", "");
    expect(removals).toEqual({
      entries: [expect.objectContaining({ outcome: "success", actor: id, subject, correlationId: "removal" })],
    });
    const refusals = await eventually(
      () => get("/admin/audit?type=http.*&limit=100", admin),
      ({ entries }) => (entries as unknown[]).length >= 3,
    );
    expect(refusals.entries).toContainEqual(expect.objectContaining({ type: "http.access", outcome: "denied" }));
    expect(await get("/admin/audit/verification", admin)).toMatchObject({ ok: true });
    for (const query of ["limit=0", "limit=1001", "limit=1e3", "after=-1", "actor=", "who=me"])
      expect((await fetch(`${harbor.url}/admin/audit?${query}`, { headers: admin })).status, query).toBe(422);
  });

  test("a session is refreshed and ended, a suspension takes effect at once, and each of it is in the audit trail", async () => {
    const login = await newAccount(harbor, "bea@example.com");
    const { id } = login.user as { id: string };
    const refreshed = await send(`${harbor.url}/auth/refresh`, { refreshToken: login.refreshToken });
    expect(refreshed).toMatchObject({ status: 200, body: { user: { email: "bea@example.com" } } });
    const bea = bearer(refreshed.body);
    expect((await get("/auth/sessions", bea)).sessions).toHaveLength(1);
    const other = (await send(`${harbor.url}/auth/login`, { email: "bea@example.com", password: PASSWORD })).body;
    expect((await send(`${harbor.url}/auth/logout`, {}, bearer(other))).status).toBe(204);
    expect((await fetch(`${harbor.url}/auth/me`, { headers: bearer(other) })).status).toBe(401);
    expect(await get("/auth/me", bea)).toMatchObject({ id, roles: ["member"], totp: false });
    const status = `${harbor.url}/admin/accounts/${id}/status`;
    expect((await send(status, { status: "suspended" }, admin, "PUT")).status).toBe(200);
    const refused = await fetch(`${harbor.url}/auth/me`, { headers: bea });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toMatch(/^Bearer error="invalid_token"/);
    const again = await send(`${harbor.url}/auth/login`, { email: "bea@example.com", password: PASSWORD });
    expect(again.body).toMatchObject({ status: 403, code: "AUTH_SUSPENDED" });
    const { entries } = await get(`/admin/audit?subject=${id}&limit=1000`, admin);
    const types = (entries as { type: string }[]).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(["auth.register", "auth.login", "auth.logout", "auth.set_status"]));
  }, 60_000);

  test("an authenticator app is enrolled, and then a login needs its code", async () => {
    const headers = bearer(await newAccount(harbor, "cleo@example.com"));
    const { secret } = (await send(`${harbor.url}/auth/totp`, {}, headers)).body as { secret: string };
    const step = 30_000;
    const code = (now: number): string => generateTotp(fromBase32(secret) ?? new Uint8Array(), { now });
    const wrong = await send(`${harbor.url}/auth/totp/confirm`, { code: "none" }, headers);
    expect(wrong.body).toMatchObject({ status: 401, code: "AUTH_TOTP_INVALID" });
    const confirmed = await send(`${harbor.url}/auth/totp/confirm`, { code: code(Date.now()) }, headers);
    expect(confirmed.status).toBe(200);
    const [recovery] = confirmed.body.recoveryCodes as string[];
    const login = (totp?: string): ReturnType<typeof send> =>
      send(`${harbor.url}/auth/login`, { email: "cleo@example.com", password: PASSWORD, totp });
    expect((await login()).body).toMatchObject({ code: "AUTH_TOTP_REQUIRED", method: "app" });
    expect((await login(code(Date.now() - 20 * step))).body).toMatchObject({ code: "AUTH_TOTP_INVALID" });
    expect((await login(recovery)).status).toBe(200);
    expect((await login(recovery)).body).toMatchObject({ status: 401 });
  }, 60_000);

  test("a forgotten password is set anew by a mail, which ends all sessions", async () => {
    const headers = bearer(await newAccount(harbor, "dora@example.com"));
    for (const email of ["dora@example.com", "unknown@example.com"])
      expect(await send(`${harbor.url}/auth/password-reset`, { email })).toEqual({
        status: 202,
        body: { status: "requested" },
      });
    const token = await mailedToken(harbor, "reset-password", "dora@example.com");
    const password = "a longer walk on the pier";
    expect((await send(`${harbor.url}/auth/password`, { token, password })).status).toBe(204);
    expect((await send(`${harbor.url}/auth/password`, { token, password })).body).toMatchObject({
      code: "AUTH_TOKEN_INVALID",
    });
    expect((await fetch(`${harbor.url}/auth/me`, { headers })).status).toBe(401);
    const login = (value: string): ReturnType<typeof send> =>
      send(`${harbor.url}/auth/login`, { email: "dora@example.com", password: value });
    expect((await login(PASSWORD)).body).toMatchObject({ code: "AUTH_INVALID_CREDENTIALS" });
    expect((await login(password)).status).toBe(200);
  }, 60_000);

  test("there is one first administrator, and the service says nothing about accounts that do not exist", async () => {
    const headers = bearer(await newAccount(harbor, "eve@example.com"));
    const claim = await send(`${harbor.url}/auth/first-administrator`, { code: "a guess" }, headers);
    expect(claim.body).toMatchObject({ status: 403, code: "HARBOR_CODE_WRONG" });
    const unknown = await send(`${harbor.url}/auth/login`, { email: "unknown@example.com", password: PASSWORD });
    const wrong = await send(`${harbor.url}/auth/login`, {
      email: "eve@example.com",
      password: "wrong, but long enough",
    });
    expect({ ...unknown.body, correlationId: "" }).toEqual({ ...wrong.body, correlationId: "" });
    expect(await get("/admin/accounts?email=unknown@example.com", admin)).toMatchObject({
      code: "HARBOR_ACCOUNT_NOT_FOUND",
    });
    expect((await send(`${harbor.url}/auth/register`, { email: "not an address", password: PASSWORD })).status).toBe(
      422,
    );
  }, 60_000);

  test.skipIf(name !== "PGlite")(
    "a second process with the same data directory is refused",
    async () => {
      const { code, output } = await runHarbor({ DATA__DIRECTORY: place.directory });
      expect(code).toBe(1);
      expect(output).toContain(`is open in the process ${harbor.child.pid}`);
      expect((await fetch(`${harbor.url}/tasks`)).status).toBe(200);
    },
    120_000,
  );

  test("hostile input reaches the database as data or not at all", async () => {
    for (const [id, status] of [
      ["%00", 422],
      ["%F0%9F%9A%A2", 404],
      ["'%20or%20true--", 404],
      ["%ED%A0%80", 404],
    ])
      expect((await fetch(`${harbor.url}/tasks/${id}`)).status, String(id)).toBe(status);
    expect((await fetch(`${harbor.url}/tasks?skip=100001`)).status).toBe(422);
  });

  test("the health has a check of the database, and the metrics have its pool and statements", async () => {
    const { checks } = (await get("/healthz")) as { checks: Record<string, unknown> };
    const max = name === "PGlite" ? 1 : 8;
    expect(checks.database).toMatchObject({ status: "healthy", data: { pool: { waiting: 0, max } } });
    const text = await (await fetch(`${harbor.url}/metrics`)).text();
    expect(text).toMatch(/^postgres_connections\{database="harbor",state="idle"\} \d+$/m);
    expect(text).toMatch(/^postgres_query_duration_seconds_count\{database="harbor",outcome="ok"\} [1-9]/m);
  });
});

describe.skipIf(engines.length < 2)("instances on one server", () => {
  let place: Place;
  let url: string;
  beforeAll(async () => {
    place = await (engines[1] as (typeof engines)[0])[1]();
    url = place.environment.DATABASE_URL ?? "";
  });
  afterAll(() => place[Symbol.asyncDispose]());

  test("two that start at once on an empty database share the tasks, and one waits for a server that refuses it at first", async () => {
    const { hostname, port } = new URL(url);
    let refused = 0;
    // A server that is still starting: it refuses the first two connections.
    const proxy = createServer((socket) => {
      socket.on("error", () => undefined);
      if (refused++ < 2) {
        socket.destroy();
        return;
      }
      const upstream = connect(Number(port || 5432), hostname);
      for (const [from, to] of [
        [socket, upstream],
        [upstream, socket],
      ] as const)
        from
          .on("error", () => to.destroy())
          .on("close", () => to.destroy())
          .pipe(to);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const late = new URL(url);
    late.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const [first, second] = [startHarbor({ DATABASE_URL: url }), startHarbor({ DATABASE_URL: late.href })];
    await using one = await first;
    await using two = await second;
    expect(two.output()).toContain("POSTGRES_UNREACHABLE");
    const headers = { "content-type": "application/json" };
    const created = await fetch(`${one.url}/tasks`, { method: "POST", headers, body: '{"text":"calm"}' });
    const read = await fetch(two.url + created.headers.get("location"));
    expect(await read.json()).toEqual(await created.json());
    await two.stop();
    proxy.close();
  }, 120_000);

  test("a database that does not exist ends the process at once", async () => {
    const missing = new URL(url);
    missing.pathname = "/not_there";
    const { code, output } = await runHarbor({ DATABASE_URL: missing.href, DATA__DIRECTORY: place.directory });
    expect(code).toBe(1);
    expect(output).toContain("3D000");
    expect(output).not.toContain("listens on");
    expect(output.match(/"event":"postgres.acquire"/g)).toHaveLength(1);
  }, 60_000);
});
