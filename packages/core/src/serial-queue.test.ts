import { expect, test } from "vitest";
import { SerialQueue } from "./serial-queue.ts";

/** A promise that the test settles. */
const gate = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();

test("work runs one piece after the other, in the order in which it was added", async () => {
  const queue = new SerialQueue();
  const open = gate();
  const seen: string[] = [];
  const first = queue.add(async () => {
    seen.push("first starts");
    await open.promise;
    seen.push("first ends");
    return 1;
  });
  const second = queue.add(() => {
    seen.push("second");
    return 2;
  });
  await new Promise(setImmediate);
  expect(seen).toEqual(["first starts"]);
  open.resolve();
  expect(await Promise.all([first, second])).toEqual([1, 2]);
  expect(seen).toEqual(["first starts", "first ends", "second"]);
});

test("work that rejects or throws fails alone, without an unhandled rejection", async () => {
  const queue = new SerialQueue();
  const rejected = queue.add(() => Promise.reject(new Error("rejected")));
  const thrown = queue.add(() => {
    throw new Error("thrown");
  });
  const next = queue.add(async () => "ran");
  await expect(rejected).rejects.toThrow("rejected");
  await expect(thrown).rejects.toThrow("thrown");
  expect(await next).toBe("ran");
});

test("work does not receive what the work before it returned", async () => {
  const queue = new SerialQueue();
  const received: unknown[][] = [];
  await queue.add(async () => "result");
  await queue.add(async (...args: unknown[]) => void received.push(args));
  expect(received).toEqual([[]]);
});

test("idle() waits for what is added while it waits", async () => {
  const queue = new SerialQueue();
  const open = gate();
  const seen: string[] = [];
  await queue.idle();
  void queue.add(async () => {
    void queue.add(async () => {
      await open.promise;
      seen.push("added later");
    });
  });
  const idle = queue.idle().then(() => seen.push("idle"));
  await new Promise(setImmediate);
  expect(seen).toEqual([]);
  open.resolve();
  await idle;
  expect(seen).toEqual(["added later", "idle"]);
});
