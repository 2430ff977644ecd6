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

test("open breakers and windows never hold the process, nor do policies with keepAlive: false", () => {
  const { status, stdout } = runScript(`
    const { createBreaker, policy, withTimeout } = resilience;
    const hang = () => new Promise(() => {});
    withTimeout(hang, "1h", { keepAlive: false }).catch(() => {});
    policy("p", { timeout: "1h", retry: { attemptTimeout: "2h" }, keepAlive: false }).run(hang).catch(() => {});
    const breaker = createBreaker({ name: "b", minimumCalls: 1, openFor: "1h", window: "1h" });
    await breaker.run(() => Promise.reject(new Error("down"))).catch(() => {});
    console.log(breaker.state);
  `);
  expect(status).toBe(0);
  expect(stdout).toBe("open\n");
});

test("a script does not end in the middle of a guarded call that hangs: it gets the timeout", () => {
  const { status, stdout } = runScript(`
    const { createBulkhead, policy, withTimeout } = resilience;
    const hang = () => new Promise(() => {});
    const code = (run) => run.catch((error) => error.code);
    console.log(await code(withTimeout(hang, "20ms")));
    console.log(await code(policy("p", { timeout: "20ms" }).run(hang)));
    console.log(await code(policy("q", { retry: { attempts: 1, attemptTimeout: "20ms" } }).run(hang)));
    const bulkhead = createBulkhead({ concurrency: 1, queue: 1, queueTimeout: "20ms" });
    bulkhead.run(hang);
    console.log(await code(bulkhead.run(hang)));
  `);
  expect(status).toBe(0);
  expect(stdout.split("\n")).toEqual([...Array(3).fill("RESILIENCE_TIMEOUT"), "RESILIENCE_BULKHEAD_FULL", ""]);
});

test("once the guarded calls have ended nothing holds the process, after thousands of them too", () => {
  const { status, milliseconds } = runScript(`
    const guarded = resilience.policy("p", { timeout: "1h" });
    for (let i = 0; i < 5000; i++) await guarded.run(async () => i);
  `);
  expect(status).toBe(0);
  expect(milliseconds).toBeLessThan(60_000);
});

test("a wait between attempts does hold it: a script that retries comes to its end", () => {
  const { status, stdout } = runScript(`
    let calls = 0;
    const answer = await resilience.retry(() => { if (++calls < 3) throw new Error("busy"); return calls; }, { initialDelay: 20 });
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
