import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CAN_START_REDIS, type OwnRedis, startRedis } from "./servers.ts";

interface Outcome {
  readonly allowed: number;
  readonly degraded: number;
  readonly retryAfter: number;
}

describe.skipIf(!CAN_START_REDIS)("four processes on one server", () => {
  const LIMIT = 5;
  let server: OwnRedis;
  let workers: ChildProcess[] = [];

  beforeAll(async () => {
    server = await startRedis();
    workers = [0, 120_000, -120_000, 0].map((skew) =>
      fork(join(import.meta.dirname, "worker.ts"), [String(server.port), String(LIMIT), String(skew)], {
        execArgv: ["--conditions=@seaworthy/source"],
      }),
    );
    await Promise.all(workers.map((worker) => once(worker, "message")));
  });

  afterAll(async () => {
    for (const worker of workers) worker.disconnect();
    await server.close();
  });

  const all = (key: string, calls: number): Promise<Outcome[]> =>
    Promise.all(
      workers.map(async (worker) => {
        const answered = once(worker, "message");
        worker.send({ key, calls });
        const [outcome] = await answered;
        return outcome as Outcome;
      }),
    );

  test("they allow exactly as much as the limit, although their clocks are two minutes apart", async () => {
    const outcomes = await all("k", 50);
    expect(outcomes.map(({ degraded }) => degraded)).toEqual([0, 0, 0, 0]);
    expect(outcomes.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(LIMIT);
    for (const { retryAfter } of outcomes) {
      expect(retryAfter).toBeLessThanOrEqual(600_000);
      expect(retryAfter).toBeGreaterThan(500_000);
    }
  });

  test("after FLUSHALL, none of them gets a fresh quota", async () => {
    const before = await all("flushed", 1);
    expect(before.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(4);
    const client = new Redis(server.port);
    await client.flushall();
    const after = await all("flushed", 20);
    expect(after.reduce((sum, { allowed }) => sum + allowed, 0)).toBeLessThanOrEqual(4);
    await all("flushed", 1);
    await client.flushall();
    const third = await all("flushed", 20);
    expect(third.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(0);
    client.disconnect();
  });

  test("SCRIPT FLUSH goes unnoticed", async () => {
    const client = new Redis(server.port);
    await client.script("FLUSH");
    const outcomes = await all("scripts", 10);
    expect(outcomes.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(LIMIT);
    expect(outcomes.map(({ degraded }) => degraded)).toEqual([0, 0, 0, 0]);
    client.disconnect();
  });
});
