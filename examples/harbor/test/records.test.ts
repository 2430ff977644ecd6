import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryRecords } from "../src/store/memory-records.ts";
import type { OpenRecords } from "../src/store/records.ts";
import { redisRecords } from "../src/store/redis-records.ts";
import { eventually, type Harbor, startHarbor } from "./harbor.ts";
import { reachable } from "./reachable.ts";

const server = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const url = (await reachable(server)) ? server : undefined;
const prefix = `harbor-test:${randomUUID()}:`;
let client: Redis;
beforeAll(() => {
  if (url !== undefined) client = new Redis(url);
});
afterAll(async () => {
  if (url === undefined) return;
  const keys = await client.keys(`${prefix}*`);
  if (keys.length > 0) await client.del(...keys);
  client.disconnect();
});

const stores: [string, () => OpenRecords][] = [["memory", () => memoryRecords]];
if (url !== undefined) stores.push(["Redis", () => redisRecords(client, prefix)]);

describe.each(stores)("records in %s", (_name, open) => {
  const records = (limit = 10) => open()<{ n: number }>(randomUUID(), limit);

  test("a record is read back as it was stored, and an unknown one is undefined", async () => {
    const notes = records();
    expect(await notes.put("a", { n: 1 })).toBe(1);
    expect(await notes.get("a")).toEqual({ n: 1 });
    expect(await notes.get("b")).toBeUndefined();
  });

  test("pages are in the order of creation, and a replaced record keeps its place", async () => {
    const notes = records();
    for (const n of [3, 1, 2]) await notes.put(`n${n}`, { n });
    await notes.put("n3", { n: 30 });
    expect(await notes.page({ skip: 0, limit: 2 })).toEqual({ total: 3, items: [{ n: 30 }, { n: 1 }] });
    expect(await notes.page({ skip: 2, limit: 2 })).toEqual({ total: 3, items: [{ n: 2 }] });
    expect(await notes.page({ skip: 3, limit: 2 })).toEqual({ total: 3, items: [] });
  });

  test("a page can be restricted to one status", async () => {
    const notes = records();
    for (const n of [1, 2, 3, 4]) await notes.put(`n${n}`, { n }, n % 2 === 0 ? "even" : "odd");
    expect(await notes.page({ skip: 1, limit: 5, status: "even" })).toEqual({ total: 2, items: [{ n: 4 }] });
    expect(await notes.page({ skip: 0, limit: 5, status: "neither" })).toEqual({ total: 0, items: [] });
  });

  test("a full store refuses a new record and stores nothing, also when many are put at once", async () => {
    const notes = records(5);
    const puts = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => notes.put(`n${n}`, { n })));
    expect(puts.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    const refused = puts.filter((put) => put.status === "rejected");
    expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(Array(7).fill("HARBOR_STORE_FULL"));
    expect((await notes.page({ skip: 0, limit: 100 })).total).toBe(5);
    expect(await notes.put("n0", { n: 100 })).toBe(5);
  });
});

describe.skipIf(url === undefined)("two instances with one Redis server", () => {
  const post = (harbor: Harbor, body: unknown): Promise<Response> =>
    fetch(`${harbor.url}/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  test("a task that one instance stored is read from the other", async () => {
    await using first = await startHarbor({ REDIS__URL: url as string, REDIS__PREFIX: prefix });
    await using second = await startHarbor({ REDIS__URL: url as string, REDIS__PREFIX: prefix });
    const created = await post(first, { text: "calm" });
    expect(created.status).toBe(201);
    const read = await fetch(second.url + created.headers.get("location"));
    expect(await read.json()).toEqual(await created.json());
    expect(await (await fetch(`${second.url}/healthz`)).json()).toMatchObject({ checks: { redis: expect.anything() } });
  }, 60_000);

  test("an instance whose Redis server cannot be reached starts, is not ready, and stays alive", async () => {
    await using lost = await startHarbor({ REDIS__URL: "redis://127.0.0.1:9" });
    await eventually(
      async () => (await fetch(`${lost.url}/readyz`)).status,
      (status) => status === 503,
    );
    expect((await fetch(`${lost.url}/livez`)).status).toBe(200);
    const refused = await post(lost, { text: "calm" });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ code: "HARBOR_STORE_UNAVAILABLE" });
  }, 60_000);
});
