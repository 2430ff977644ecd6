import { manualClock } from "@seaworthy/core/testing";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Postgres, postgresLease, withLease } from "../src/index.ts";
import { ENGINES, Place } from "./engines.ts";

describe.each(ENGINES)("leases on %s", (engine) => {
  const place = new Place(engine);
  let db: Postgres;
  beforeEach(async () => {
    db = await place.open();
  });
  afterEach(() => place.clean());
  afterAll(() => place.close());
  const expire = (name: string): Promise<unknown> =>
    db.query("update seaworthy_leases set expires_at = '-infinity' where name = $1", [name]);

  test("of many that ask at the same moment one gets it", async () => {
    const lease = postgresLease(db);
    const held = await Promise.all(Array.from({ length: 20 }, () => lease.acquire("job", { ttl: "30s" })));
    expect(held.filter((one) => one !== undefined)).toHaveLength(1);
    for (const one of held) await one?.release();
  });

  test("each holder's fence is greater than the one before", async () => {
    const lease = postgresLease(db);
    const fences: bigint[] = [];
    for (let n = 0; n < 3; n++) {
      const held = await lease.acquire("job", { ttl: "30s" });
      fences.push(held?.fence ?? 0n);
      await held?.release();
    }
    expect(fences).toEqual([1n, 2n, 3n]);
  });

  test("it is renewed while it is held", async () => {
    const clock = manualClock();
    let renewals = 0;
    const query = async (...args: Parameters<Postgres["query"]>) => {
      const result = await db.outside.query(...args);
      if (String(args[0]).startsWith("update")) renewals++;
      return result;
    };
    const held = await postgresLease(withOutside(db, query), { clock }).acquire("job", { ttl: "40s" });
    for (let n = 1; n <= 10; n++) {
      await clock.advance("10s");
      while (renewals < n) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setImmediate(resolve)); // the lease has seen the answer
    }
    expect(held?.signal.aborted).toBe(false);
    await held?.release();
    expect(clock.pending).toBe(0);
  });

  test("its signal aborts if another process took it", async () => {
    const clock = manualClock();
    const lease = postgresLease(db, { clock });
    const first = await lease.acquire("job", { ttl: "40s" });
    await expire("job");
    const second = await lease.acquire("job", { ttl: "40s" });
    expect(second?.fence).toBe(2n);
    const lost = new Promise((resolve) => first?.signal.addEventListener("abort", resolve, { once: true }));
    await clock.advance("10s");
    await lost;
    expect(first?.signal.reason).toMatchObject({ code: "POSTGRES_LEASE_HELD" });
    await first?.release();
    expect(await lease.acquire("job", { ttl: "40s" })).toBeUndefined(); // a late release does not take it from its holder
    await second?.release();
  });

  test("its signal aborts by the holder's own clock if the server does not answer", async () => {
    const clock = manualClock();
    let hang = false;
    const query = (...args: Parameters<Postgres["query"]>) =>
      hang ? new Promise<never>(() => undefined) : db.outside.query(...args);
    const held = await postgresLease(withOutside(db, query), { clock }).acquire("job", { ttl: "40s" });
    hang = true;
    await clock.advance("39s");
    expect(held?.signal.aborted).toBe(false);
    await clock.advance("2s");
    expect(held?.signal.aborted).toBe(true);
  });

  test("withLease runs the work of one and refuses the other", async () => {
    const inner = await withLease(db, "job", { ttl: "30s" }, async ({ fence, signal }) => {
      await expect(withLease(db, "job", { ttl: "30s" }, async () => "never")).rejects.toMatchObject({
        code: "POSTGRES_LEASE_HELD",
        status: 409,
      });
      return [fence, signal.aborted];
    });
    expect(inner).toEqual([1n, false]);
    await expect(withLease(db, "job", { ttl: "30s" }, () => Promise.reject(new Error("work")))).rejects.toThrow("work");
    expect(await withLease(db, "job", { ttl: "30s" }, async ({ fence }) => fence)).toBe(3n);
  });

  test("malformed arguments are refused", async () => {
    const lease = postgresLease(db);
    await expect(lease.acquire("", { ttl: "1s" })).rejects.toThrow("name must be");
    await expect(lease.acquire("x", { ttl: 0 })).rejects.toThrow("ttl must be more than 0");
    expect(() => postgresLease({} as never)).toThrow("db must be a database");
    expect(() => postgresLease(db, { clok: 1 } as never)).toThrow('no option "clok"');
  });
});

/** The same database with other statements outside of transactions. */
function withOutside(db: Postgres, query: (...args: Parameters<Postgres["query"]>) => Promise<unknown>): Postgres {
  return new Proxy(db, {
    get(target, name) {
      if (name === "outside") return { ...target.outside, query };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
