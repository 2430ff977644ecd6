import { setImmediate as turn } from "node:timers/promises";
import { runWithContext } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createBulkhead, policy } from "../index.ts";

const quiet = (): undefined => undefined;
const gate = () => Promise.withResolvers<void>();

test("one call more than slots and queue hold is refused, with a cheap error", async () => {
  const bulkhead = createBulkhead({ name: "b", concurrency: 2, queue: 1 });
  const hold = gate();
  const runs = [1, 2, 3].map(() => bulkhead.run(() => hold.promise));
  expect(bulkhead.stats()).toMatchObject({ active: 2, queued: 1, limit: 2, rejected: 0 });
  const refusal = await bulkhead.run(quiet).catch((error: unknown) => error as Error);
  expect(refusal).toMatchObject({
    code: "RESILIENCE_BULKHEAD_FULL",
    status: 503,
    context: { reason: "bulkhead_full" },
  });
  expect((refusal as Error).stack?.split("\n")).toHaveLength(1);
  hold.resolve();
  await Promise.all(runs);
  expect(bulkhead.stats()).toMatchObject({ active: 0, queued: 0, limit: 2, rejected: 1 });
});

test("the queue is in order of arrival, and newcomers do not overtake it", async () => {
  const bulkhead = createBulkhead({ concurrency: 1, queue: 10 });
  const order: number[] = [];
  const runs = [0, 1, 2].map((i) => bulkhead.run(async () => void order.push(i)));
  await runs[0];
  runs.push(bulkhead.run(async () => void order.push(3)));
  await Promise.all(runs);
  expect(order).toEqual([0, 1, 2, 3]);
});

test("a wait longer than queueTimeout is refused, and leaves no timer", async () => {
  const clock = manualClock();
  const bulkhead = createBulkhead({ concurrency: 1, queue: 2, queueTimeout: 100, clock });
  const hold = gate();
  const running = bulkhead.run(() => hold.promise);
  const waiting = bulkhead.run(quiet);
  waiting.catch(quiet);
  await clock.advance(100);
  await expect(waiting).rejects.toMatchObject({
    code: "RESILIENCE_BULKHEAD_FULL",
    context: { reason: "queue_timeout" },
  });
  expect(bulkhead.queued).toBe(0);
  const inTime = bulkhead.run(() => "in time");
  hold.resolve();
  await running;
  await expect(inTime).resolves.toBe("in time");
  expect(clock.pending).toBe(0);
});

test("a deadline of the context ends the wait", async () => {
  const clock = manualClock();
  const bulkhead = createBulkhead({ concurrency: 1, queue: 2, clock });
  void bulkhead.run(() => new Promise(quiet));
  const waiting = runWithContext({ deadline: clock.now() + 50 }, () => bulkhead.run(quiet));
  waiting.catch(quiet);
  await clock.advance(50);
  await expect(waiting).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT" });
});

test("an aborted waiter leaves at once, from the middle too, and its place is free", async () => {
  const bulkhead = createBulkhead({ concurrency: 1, queue: 3 });
  const hold = gate();
  const order: string[] = [];
  const controller = new AbortController();
  const running = bulkhead.run(() => hold.promise);
  const first = bulkhead.run(() => order.push("first"));
  const middle = bulkhead.run(() => order.push("middle"), { signal: controller.signal });
  const last = bulkhead.run(() => order.push("last"));
  controller.abort("gone");
  await expect(middle).rejects.toBe("gone");
  expect(bulkhead.queued).toBe(2);
  hold.resolve();
  await Promise.all([running, first, last]);
  expect(order).toEqual(["first", "last"]);
});

test("a waiter aborted in the turn in which it got its slot gives the slot back", async () => {
  const bulkhead = createBulkhead({ concurrency: 1, queue: 2 });
  const hold = gate();
  const controller = new AbortController();
  const running = bulkhead.run(() => hold.promise).then(() => controller.abort("just now"));
  const waiting = bulkhead.run(() => new Promise(quiet), { signal: controller.signal });
  hold.resolve();
  await running;
  await expect(waiting).rejects.toBe("just now");
  await turn();
  expect(bulkhead.active + bulkhead.queued).toBeLessThanOrEqual(1); // the work itself, if it had begun, still runs
});

test("a slot is held until the work has ended, although its call was aborted", async () => {
  const bulkhead = createBulkhead({ concurrency: 1 });
  const work = gate();
  const controller = new AbortController();
  const run = bulkhead.run(() => work.promise, { signal: controller.signal });
  controller.abort("gone");
  await expect(run).rejects.toBe("gone");
  expect(bulkhead.active).toBe(1);
  work.reject(new Error("swallowed"));
  await turn();
  expect(bulkhead.active).toBe(0);
});

test("whatever comes and goes, no more run than there are slots, the order holds, and all slots come back", async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant("come" as const) },
    { weight: 2, arbitrary: fc.nat(9) },
    { weight: 1, arbitrary: fc.record({ abort: fc.nat(9) }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.nat(5),
      fc.array(step, { maxLength: 50, size: "max" }),
      async (concurrency, queue, steps) => {
        const bulkhead = createBulkhead({ concurrency, queue });
        const began: number[] = [];
        const inFlight = new Map<number, () => void>();
        const controllers: AbortController[] = [];
        const runs: Promise<unknown>[] = [];
        for (const what of steps) {
          if (what === "come") {
            const id = runs.length;
            const controller = new AbortController();
            controllers.push(controller);
            const work = gate();
            const operation = (): Promise<void> => {
              began.push(id);
              inFlight.set(id, work.resolve);
              return work.promise.finally(() => inFlight.delete(id));
            };
            runs.push(bulkhead.run(operation, { signal: controller.signal }).catch(quiet));
          } else if (typeof what === "number") [...inFlight.values()][what]?.();
          else controllers[what.abort]?.abort();
          await turn();
          expect(inFlight.size).toBeLessThanOrEqual(concurrency);
          expect(bulkhead.queued).toBeLessThanOrEqual(queue);
          expect(bulkhead.active).toBe(inFlight.size);
        }
        expect(began).toEqual([...began].sort((a, b) => a - b));
        while (inFlight.size > 0) {
          for (const end of [...inFlight.values()]) end();
          await turn();
        }
        await Promise.all(runs);
        expect(bulkhead.stats()).toMatchObject({ active: 0, queued: 0 });
      },
    ),
    { numRuns: 80 },
  );
});

test.each([
  [{}, "concurrency"],
  [{ concurrency: 0 }, "concurrency"],
  [{ concurrency: Number.POSITIVE_INFINITY }, "concurrency"],
  [{ concurrency: 1.5 }, "concurrency"],
  [{ concurrency: 1, queue: -1 }, "queue"],
  [{ concurrency: 1, queueTimeout: 0 }, "queueTimeout"],
  [{ concurrency: 1, name: "" }, "name"],
  [{ concurrency: 1, size: 1 }, "size"],
])("createBulkhead refuses %j with a TypeError that names %s", (options, named) => {
  expect(() => createBulkhead(options as never)).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
  );
});

test("with releaseAfter, an operation that hangs and ignores its signal keeps its slot no longer than that", async () => {
  const clock = manualClock();
  const bulkhead = createBulkhead({ concurrency: 1, releaseAfter: "1m", clock });
  const guarded = policy("p", { timeout: "1s", bulkhead, clock });
  const hung = guarded.execute(() => new Promise(() => undefined));
  await clock.advance("1s");
  expect(await hung).toMatchObject({ ok: false, error: { code: "RESILIENCE_TIMEOUT" } });
  await clock.advance("30s");
  expect(bulkhead.stats()).toMatchObject({ active: 1, abandoned: 1, oldestAbandoned: 30_000, released: 0 });
  await expect(guarded.run(() => 1)).rejects.toMatchObject({ code: "RESILIENCE_BULKHEAD_FULL" });
  await clock.advance("30s");
  expect(bulkhead.stats()).toMatchObject({ active: 0, abandoned: 0, oldestAbandoned: 0, released: 1 });
  expect(await guarded.run(() => 2)).toBe(2);
});

test("an abandoned operation that ends before releaseAfter gives its slot back once, and leaves no timer", async () => {
  const clock = manualClock();
  const bulkhead = createBulkhead({ concurrency: 2, releaseAfter: "1m", clock });
  const work = Promise.withResolvers<void>();
  const late = policy("p", { timeout: "1s", bulkhead, clock }).execute(() => work.promise);
  await clock.advance("1s");
  await late;
  work.resolve();
  await clock.advance(0);
  expect(bulkhead.stats()).toMatchObject({ active: 0, abandoned: 0, released: 0 });
  expect(clock.pending).toBe(0);
  await clock.advance("2m");
  expect(bulkhead.active).toBe(0);
});
