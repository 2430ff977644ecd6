import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engines, type Place } from "./engines.ts";
import { eventually, type Harbor, runHarbor, startHarbor } from "./harbor.ts";

const TOKEN = "a-token-for-this-test";
const operator = { authorization: `Bearer ${TOKEN}` };

describe.each(engines)("the service on %s", (name, make) => {
  let place: Place;
  let harbor: Harbor;
  const start = (environment: Record<string, string> = {}): Promise<Harbor> =>
    startHarbor({
      ...place.environment,
      ...{ DATA__DIRECTORY: place.directory, OPERATORS__TOKEN: TOKEN, LOG__LEVEL: "info" },
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
  }, 120_000);
  afterAll(async () => {
    await harbor[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  test("a task is still there after the process was killed", async () => {
    const location = await submit("calm");
    const task = await get(location);
    await harbor.stop("SIGKILL");
    harbor = await start();
    expect(await get(location)).toEqual(task);
    expect(await get("/tasks")).toMatchObject({ total: 1, items: [task] });
  }, 120_000);

  test("only an operator can remove a task; the removal and each refusal are in the audit trail", async () => {
    const location = await submit("calm");
    const remove = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(harbor.url + location, { method: "DELETE", headers })).status;
    expect(await remove({})).toBe(401);
    expect(await remove({ authorization: "Bearer another-token-than-that" })).toBe(401);
    expect(await remove({ ...operator, "x-request-id": "removal" })).toBe(204);
    expect(await remove(operator)).toBe(404);
    expect((await fetch(harbor.url + location)).status).toBe(404);
    expect((await fetch(`${harbor.url}/admin/audit`)).status).toBe(401);
    const removals = await get("/admin/audit?type=task.delete", operator);
    const subject = location.replace("/tasks/", "");
    expect(removals).toEqual({
      entries: [expect.objectContaining({ outcome: "success", actor: "operator", subject, correlationId: "removal" })],
    });
    const refusals = await eventually(
      () => get("/admin/audit?type=http.*&limit=100", operator),
      ({ entries }) => (entries as unknown[]).length >= 3,
    );
    expect(refusals.entries).toContainEqual(expect.objectContaining({ type: "http.access", outcome: "denied" }));
    expect(await get("/admin/audit/verification", operator)).toMatchObject({ ok: true });
    for (const query of ["limit=0", "limit=1001", "limit=1e3", "after=-1", "actor=", "who=me"])
      expect((await fetch(`${harbor.url}/admin/audit?${query}`, { headers: operator })).status, query).toBe(422);
  });

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
