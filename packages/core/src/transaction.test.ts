import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { SqlClient } from "./ports.ts";
import { openTransaction, runInTransaction } from "./transaction.ts";

const client = (): SqlClient => ({ query: async () => ({ rows: [] }) });

describe("the open transaction", () => {
  test("is found by everything that runs inside it, also behind awaits, and by nothing outside", async () => {
    const [database, connection] = [client(), client()];
    const inside = runInTransaction(database, connection, async () => {
      await setImmediate();
      return openTransaction(database);
    });
    expect(openTransaction(database)).toBeUndefined();
    expect(await inside).toBe(connection);
    expect(openTransaction(database)).toBeUndefined();
  });

  test("belongs to one database: that of another is not found, and both can be open at once", async () => {
    const [a, b, onA, onB] = [client(), client(), client(), client()];
    await runInTransaction(a, onA, async () => {
      expect(openTransaction(b)).toBeUndefined();
      await runInTransaction(b, onB, async () => {
        expect(openTransaction(a)).toBe(onA);
        expect(openTransaction(b)).toBe(onB);
      });
    });
  });

  test("the innermost one is found, and the outer one again after it", async () => {
    const [database, outer, inner] = [client(), client(), client()];
    await runInTransaction(database, outer, async () => {
      await runInTransaction(database, inner, () => expect(openTransaction(database)).toBe(inner));
      expect(openTransaction(database)).toBe(outer);
    });
  });

  test("is not found by work that was left running when it ended, whether it succeeded or failed", async () => {
    const [database, connection] = [client(), client()];
    let left: Promise<unknown> | undefined;
    const leave = (): void => {
      left = setImmediate().then(() => openTransaction(database));
    };
    await runInTransaction(database, connection, leave);
    expect(await left).toBeUndefined();
    const failed = runInTransaction(database, connection, () => {
      leave();
      throw new Error("rolled back");
    });
    await expect(failed).rejects.toThrow("rolled back");
    expect(await left).toBeUndefined();
  });

  test("what is not a database or a client is refused", async () => {
    await expect(runInTransaction(null as never, client(), () => 1)).rejects.toThrow("database must be an object");
    await expect(runInTransaction(client(), {} as never, () => 1)).rejects.toThrow("sql must have a query method");
  });
});
