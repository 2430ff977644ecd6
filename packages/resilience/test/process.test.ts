import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const door = pathToFileURL(join(import.meta.dirname, "../src/index.ts")).href;

function runScript(body: string): { status: number | null; stdout: string; milliseconds: number } {
  const startedAt = performance.now();
  const script = `import * as resilience from ${JSON.stringify(door)};\n${body}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@seaworthy/source", "--input-type=module", "--eval", script],
    { encoding: "utf8", timeout: 60_000 },
  );
  if (status !== 0) console.error(stderr);
  return { status, stdout, milliseconds: performance.now() - startedAt };
}

test("timeouts, open breakers, windows and waits for a slot never hold the process", () => {
  const { status, stdout } = runScript(`
    const { createBreaker, createBulkhead, hedge, policy, withTimeout } = resilience;
    const hang = () => new Promise(() => {});
    withTimeout(hang, "1h").catch(() => {});
    policy("p", { timeout: "1h", retry: { attemptTimeout: "2h" } }).run(hang).catch(() => {});
    hedge(hang, { after: "1h" }).catch(() => {});
    const bulkhead = createBulkhead({ concurrency: 1, queue: 1, queueTimeout: "1h" });
    bulkhead.run(hang); bulkhead.run(hang).catch(() => {});
    const breaker = createBreaker({ name: "b", minimumCalls: 1, openFor: "1h", window: "1h" });
    await breaker.run(() => Promise.reject(new Error("down"))).catch(() => {});
    console.log(breaker.state);
  `);
  expect(status).toBe(0);
  expect(stdout).toBe("open\n");
});

test("a wait between attempts does hold it: a script that retries comes to its end", () => {
  const { status, stdout } = runScript(`
    let calls = 0;
    const answer = await resilience.retry(() => { if (++calls < 3) throw new Error("busy"); return calls; }, { base: 20 });
    console.log(answer);
  `);
  expect(status).toBe(0);
  expect(stdout).toBe("3\n");
});

test("importing the package starts nothing", () => {
  const { stdout } = runScript(
    `console.log(process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate/.test(name)).length);`,
  );
  expect(stdout).toBe("0\n");
});
