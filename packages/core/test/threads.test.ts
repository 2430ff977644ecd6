import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { decodeError, isSeaworthyError, type SeaworthyError } from "../src/index.ts";

const start = (how: string): Worker =>
  new Worker(join(import.meta.dirname, "fixtures", "failing-worker.ts"), {
    workerData: { how },
    execArgv: ["--conditions=@seaworthy/source"],
  });

test("an error that a worker thread throws is recognised by the thread that started it, with its members", async () => {
  const [error] = (await once(start("throw"), "error").catch((thrown: unknown) => [thrown])) as [unknown];
  expect(isSeaworthyError(error, "WORKER_FAILED")).toBe(true);
  expect((error as SeaworthyError).status).toBe(422);
});

test("an error posted to another thread is recognised there", async () => {
  const [error] = (await once(start("post"), "message")) as [unknown];
  expect(isSeaworthyError(error, "WORKER_FAILED")).toBe(true);
});

test("an encoded error posted to another thread comes back whole", async () => {
  const [text] = (await once(start("encode"), "message")) as [string];
  const error = decodeError(text);
  expect(isSeaworthyError(error, "WORKER_FAILED")).toBe(true);
  expect(error).toMatchObject({ status: 422, context: { step: 3 } });
});
