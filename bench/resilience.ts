import { spawnSync } from "node:child_process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createBreaker, createBulkhead, retry as ownRetry, policy, withTimeout } from "@seaworthy/resilience";
import {
  bulkhead,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import CircuitBreaker from "opossum";
import pRetry from "p-retry";
import { compare, print } from "./harness.ts";

const SECOND = 1000;
const IDLE = 10_000;
const operation = async (): Promise<number> => 1;
const error = new Error("down");
const failing = (): Promise<never> => Promise.reject(error);
const failingAnew = async (): Promise<never> => {
  throw new Error("down");
};
const quiet = (): undefined => undefined;
const collect = globalThis.gc as () => void;

const samplingBreaker = (openFor = 30 * SECOND) =>
  circuitBreaker(handleAll, {
    halfOpenAfter: openFor,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 10 * SECOND, minimumRps: 1 }),
  });

/** A version without a library: attempts in a loop, and a race with a timer. */
async function minimalLoop(attempts: number, limit: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        operation(),
        new Promise<never>((_resolve, reject) => {
          timer = setTimeout(reject, limit, error);
        }),
      ]);
    } catch (failure) {
      if (attempt === attempts) throw failure;
    } finally {
      clearTimeout(timer);
    }
  }
}

async function successPath(): Promise<void> {
  const opossum = new CircuitBreaker(operation, { timeout: SECOND });
  const pipeline = {
    timeout: "1s",
    retry: { attempts: 3 },
    breaker: {},
    bulkhead: { concurrency: 100, queue: 100 },
  } as const;
  const full = policy("full", pipeline);
  const wrapped = wrap(
    retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
    samplingBreaker(),
    timeout(SECOND, TimeoutStrategy.Aggressive),
    bulkhead(100, 100),
  );
  await compare(
    "Full pipeline, success: retry, breaker, timeout, bulkhead",
    {
      "p-retry(opossum with timeout)": () => pRetry(() => opossum.fire(), { retries: 2 }),
      "cockatiel wrap": () => wrapped.execute(operation),
      "seaworthy policy": () => full.run(operation),
      "minimal loop (retry, timeout)": () => minimalLoop(3, SECOND),
      "bare call": operation,
    },
    { asynchronous: true },
  );
  full.dispose();
  opossum.shutdown();
}

async function singly(): Promise<void> {
  const cockatielBreaker = samplingBreaker();
  const opossum = new CircuitBreaker(operation, { timeout: false });
  const breaker = createBreaker({ name: "alone" });
  const title = "alone, success";
  await compare(
    `Breaker ${title}`,
    {
      "cockatiel sampling breaker": () => cockatielBreaker.execute(operation),
      opossum: () => opossum.fire(),
      "seaworthy breaker": () => breaker.run(operation),
    },
    { asynchronous: true },
  );
  const cockatielRetry = retry(handleAll, { maxAttempts: 2 });
  const own = policy("retry", { retry: { attempts: 3 } });
  await compare(
    `Retry ${title}`,
    {
      "p-retry": () => pRetry(operation, { retries: 2 }),
      "cockatiel retry": () => cockatielRetry.execute(operation),
      "seaworthy policy with retry": () => own.run(operation),
      "seaworthy retry()": () => ownRetry(operation, { attempts: 3 }),
    },
    { asynchronous: true },
  );
  const cockatielTimeout = timeout(SECOND, TimeoutStrategy.Aggressive);
  const limited = policy("timeout", { timeout: "1s" });
  await compare(
    `Timeout ${title}`,
    {
      "cockatiel timeout": () => cockatielTimeout.execute(operation),
      "seaworthy policy with timeout": () => limited.run(operation),
      "seaworthy withTimeout()": () => withTimeout(operation, SECOND),
    },
    { asynchronous: true },
  );
  const cockatielBulkhead = bulkhead(100, 100);
  const own100 = createBulkhead({ concurrency: 100, queue: 100 });
  await compare(
    `Bulkhead ${title}`,
    {
      "cockatiel bulkhead": () => cockatielBulkhead.execute(operation),
      "seaworthy bulkhead": () => own100.run(operation),
    },
    { asynchronous: true },
  );
  breaker.dispose();
  opossum.shutdown();
}

async function rejectedWhileOpen(): Promise<void> {
  const cockatielBreaker = samplingBreaker(3600 * SECOND);
  for (let i = 0; i < 100; i++) await cockatielBreaker.execute(failing).catch(quiet);
  const opossum = new CircuitBreaker(failing, { timeout: false, resetTimeout: 3600 * SECOND });
  await opossum.fire().catch(quiet);
  const breaker = createBreaker({ name: "open", minimumCalls: 1, openFor: "1h" });
  await breaker.run(failing).catch(quiet);
  await compare(
    "Rejected while open",
    {
      opossum: () => opossum.fire().catch(quiet),
      cockatiel: () => cockatielBreaker.execute(operation).catch(quiet),
      seaworthy: () => breaker.run(operation).catch(quiet),
    },
    { asynchronous: true },
  );
  breaker.dispose();
  opossum.shutdown();
}

/** Nanoseconds per failure, by the number of samples in a window that does not expire. No breaker opens at these rates. */
async function failures(samples: number): Promise<Record<string, number>> {
  const window = 3600 * SECOND;
  const opossum = new CircuitBreaker((ok: boolean) => (ok ? operation() : failing()), {
    timeout: false,
    rollingCountTimeout: window,
    errorThresholdPercentage: 100,
  });
  const cockatielBreaker = circuitBreaker(handleAll, {
    halfOpenAfter: SECOND,
    breaker: new SamplingBreaker({ threshold: 0.999_999_9, duration: window, minimumRps: 1 }),
  });
  const breaker = createBreaker({ name: "window", failureRate: 1, window });
  for (let i = 0; i < samples; i++) {
    await opossum.fire(true);
    await cockatielBreaker.execute(operation);
    await breaker.run(operation);
  }
  const title = `with ${samples.toLocaleString("en")} samples in the window`;
  const slow = await compare(
    `Failure ${title}, opossum (it gets slower with each)`,
    { opossum: () => opossum.fire(false).catch(quiet) },
    { asynchronous: true, rounds: 9, iterations: 10 },
  );
  const others = await compare(
    `Failure ${title}`,
    {
      cockatiel: () => cockatielBreaker.execute(failing).catch(quiet),
      seaworthy: () => breaker.run(failing).catch(quiet),
    },
    { asynchronous: true, iterations: 1000 },
  );
  await compare(
    `Failure with a new error ${title}`,
    {
      cockatiel: () => cockatielBreaker.execute(failingAnew).catch(quiet),
      seaworthy: () => breaker.run(failingAnew).catch(quiet),
      "bare call": () => failingAnew().catch(quiet),
    },
    { asynchronous: true, iterations: 1000 },
  );
  breaker.dispose();
  opossum.shutdown();
  return { ...slow, ...others };
}

const idleBreakers: Record<string, () => unknown> = {
  seaworthy: () => createBreaker({ name: "idle" }),
  cockatiel: () => samplingBreaker(),
  opossum: () => new CircuitBreaker(operation, {}),
};

async function heap(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 10));
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Bytes and CPU time of `count` idle breakers. All are kept alive, so that freeing one kind does not distort the next. */
async function idle(count: number): Promise<void> {
  const bytes: Record<string, number> = {};
  const cpu: Record<string, number> = {};
  const kept: unknown[][] = [];
  for (const [name, create] of Object.entries(idleBreakers)) {
    kept.push(new Array(count));
    const held = kept.at(-1) as unknown[];
    const before = await heap();
    for (let i = 0; i < count; i++) held[i] = create();
    bytes[name] = ((await heap()) - before) / count;
    const spent = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 3 * SECOND));
    const { user, system } = process.cpuUsage(spent);
    cpu[name] = (user + system) / 3000;
  }
  print("Bytes an idle breaker", bytes, "opossum", "B");
  print(`CPU of ${count.toLocaleString("en")} idle breakers`, cpu, "opossum", "ms a second");
  for (const breaker of kept.flat() as { shutdown?(): void }[]) breaker.shutdown?.();
}

/** A breaker that was called and has been idle for a window is as small as a new one again. */
async function usedThenIdle(count: number): Promise<void> {
  const before = await heap();
  const held = Array.from({ length: count }, () => createBreaker({ name: "used", window: "3s" }));
  for (const breaker of held) await breaker.run(operation);
  const busy = ((await heap()) - before) / count;
  await new Promise((resolve) => setTimeout(resolve, 4 * SECOND));
  const after = ((await heap()) - before) / count;
  print("Bytes a seaworthy breaker", { "with a call in its window": busy, "idle again": after }, "idle again", "B");
  for (const breaker of held) breaker.dispose();
}

/**
 * The longest turn of the event loop while so many breakers have calls in their windows and each turn calls a hundred of
 * them. The windows move ten times per second, so each second has what a tick costs; the quietest of ten seconds is taken,
 * because other processes of the machine interrupt a turn as well.
 */
async function longestTurn(count: number): Promise<number> {
  const breakers = Array.from({ length: count }, (_, index) => createBreaker({ name: `b${index}`, window: "1s" }));
  for (const breaker of breakers) await breaker.run(operation);
  const longest: number[] = [];
  for (let second = 0, at = 0; second < 10; second++) {
    const end = performance.now() + SECOND;
    let most = 0;
    for (let before = performance.now(); before < end; ) {
      for (let i = 0; i < 100; i++, at++) void (breakers[at % count] as (typeof breakers)[number]).run(operation);
      await nextTurn();
      const now = performance.now();
      most = Math.max(most, now - before);
      before = now;
    }
    longest.push(most);
  }
  for (const breaker of breakers) breaker.dispose();
  return Math.min(...longest);
}

async function turns(): Promise<void> {
  const figures = { "1 breaker": await longestTurn(1), "50,000 breakers": await longestTurn(50_000) };
  print("Longest turn of the event loop, active breakers", figures, "1 breaker", "ms");
}

async function everything(): Promise<void> {
  await successPath();
  await singly();
  await rejectedWhileOpen();
  await failures(100); // once for nothing: both figures are of warm code
  const few = await failures(100);
  const many = await failures(100_000);
  const growth = Object.fromEntries(
    Object.keys(few).map((name) => [name, (many[name] as number) / (few[name] as number)]),
  );
  print("Failure: 100,000 samples against 100", growth, "seaworthy", "times");
  await idle(IDLE);
  await usedThenIdle(IDLE);
}

// The turns are measured in a process of their own: here, a collection of the whole heap would be the longest of them.
if (process.argv[2] === "turns") await turns();
else {
  await everything();
  spawnSync(process.execPath, ["--conditions=@seaworthy/source", import.meta.filename, "turns"], { stdio: "inherit" });
}
