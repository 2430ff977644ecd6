import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";

test.each(["exit", "throw", "end"])(
  "a parent that captures the output of a worker thread gets its lines, on %s",
  async (how) => {
    const worker = new Worker(join(import.meta.dirname, "fixtures", "log-in-worker.ts"), {
      workerData: how,
      stdout: true,
      execArgv: ["--conditions=@seaworthy/source"],
    });
    worker.on("error", () => undefined);
    const [output] = await Promise.all([text(worker.stdout), new Promise((resolve) => worker.once("exit", resolve))]);
    const numbers = output
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { i: number }).i);
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i));
  },
);
