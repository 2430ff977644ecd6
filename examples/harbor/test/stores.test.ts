import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createEmbeddings } from "../src/store/embeddings.ts";
import { openDatabase } from "../src/store/open-database.ts";
import { openStores, type Stores } from "../src/store/stores.ts";
import { createTasks, type Task } from "../src/store/tasks.ts";
import { engines, type Place } from "./engines.ts";

describe.each(engines)("the stores in %s", (_name, make) => {
  let place: Place;
  let db: Awaited<ReturnType<typeof openDatabase>>;
  let stores: Stores;
  beforeAll(async () => {
    place = await make();
    const url = place.environment.DATABASE_URL;
    const database = { base: 2, overflow: 6, instances: 1, ...(url === undefined ? {} : { url }) };
    db = await openDatabase({ data: place, database });
    stores = openStores(db);
  });
  beforeEach(async () => {
    await db.query("truncate tasks, embeddings");
  });
  afterAll(async () => {
    await stores.close();
    await place[Symbol.asyncDispose]();
  });

  const task = (text: string, status: Task["status"] = "classified"): Task => ({
    ...{ id: randomUUID(), text, label: "routine", score: 0.1 + 0.2, answeredBy: "model", status },
    createdAt: new Date("2026-01-02T03:04:05.678Z"),
  });
  const texts = async (page: Parameters<Stores["tasks"]["page"]>[0]): Promise<unknown> => {
    const { total, items } = await stores.tasks.page(page);
    return { total, texts: items.map(({ text }) => text) };
  };

  test("a task is read back as it was stored, to the last digit, and an unknown one is an error", async () => {
    const stored = task("Ahoi, 水漏れ 🚢 '; drop table tasks; --");
    await stores.tasks.add(stored);
    expect(await stores.tasks.get(stored.id)).toEqual(stored);
    await expect(stores.tasks.get("none")).rejects.toMatchObject({ code: "HARBOR_TASK_NOT_FOUND" });
  });

  test("pages are in the order of creation, and can be restricted to one status", async () => {
    for (const n of [1, 2, 3, 4]) await stores.tasks.add(task(`n${n}`, n % 2 === 0 ? "provisional" : "classified"));
    expect(await texts({ skip: 0, limit: 3 })).toEqual({ total: 4, texts: ["n1", "n2", "n3"] });
    expect(await texts({ skip: 3, limit: 3 })).toEqual({ total: 4, texts: ["n4"] });
    expect(await texts({ skip: 4, limit: 3 })).toEqual({ total: 4, texts: [] });
    expect(await texts({ skip: 1, limit: 5, status: "provisional" })).toEqual({ total: 2, texts: ["n4"] });
  });

  test("a removal is in the audit trail, and one that cannot be recorded does not happen", async () => {
    const [first, second] = [task("first"), task("second")];
    for (const each of [first, second]) await stores.tasks.add(each);
    await stores.tasks.remove(first.id);
    await expect(stores.tasks.remove(first.id)).rejects.toMatchObject({ code: "HARBOR_TASK_NOT_FOUND" });
    const broken = createTasks(db, { record: () => Promise.reject(new Error("the trail is full")) });
    await expect(broken.remove(second.id)).rejects.toThrow("the trail is full");
    expect(await stores.tasks.get(second.id)).toEqual(second);
    const { entries } = await stores.audit.query({ type: "task.delete" });
    expect(entries.map(({ subject, outcome }) => [subject, outcome])).toEqual([[first.id, "success"]]);
    expect(await stores.audit.verify()).toMatchObject({ ok: true });
  });

  test("the nearest vectors are found, also after one was replaced, and none of another dimension", async () => {
    const { embeddings } = stores;
    expect(await embeddings.put({ id: "east", vector: [1, 0] })).toBe(1);
    expect(await embeddings.put({ id: "north", vector: [1, 0] })).toBe(2);
    expect(await embeddings.put({ id: "north", vector: [0, 1] })).toBe(2);
    expect(await embeddings.put({ id: "other", vector: [1, 0, 0] })).toBe(3);
    expect(await embeddings.nearest([0.8, 0.6], 5)).toEqual([
      { id: "east", similarity: 0.8 },
      { id: "north", similarity: 0.6 },
    ]);
    expect(await embeddings.nearest([0, 1], 1)).toEqual([{ id: "north", similarity: 1 }]);
  });

  test("a full store refuses a new vector and stores nothing, also when many are put at once", async () => {
    const few = createEmbeddings(db, 5);
    const puts = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => few.put({ id: `n${n}`, vector: [n] })));
    const refused = puts
      .filter((put) => put.status === "rejected")
      .map(({ reason }) => (reason as { code: string }).code);
    expect(refused).toEqual(Array(7).fill("HARBOR_STORE_FULL"));
    const [known] = await few.nearest([1], 10);
    expect(await few.nearest([1], 10)).toHaveLength(5);
    expect(await few.put({ id: known?.id ?? "", vector: [1] })).toBe(5);
  });
});
