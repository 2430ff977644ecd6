import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  compose,
  createBreaker,
  hedge,
  type Policy,
  policy,
  retry,
  stopRetrying,
  tiers,
  withTimeout,
} from "./index.ts";

const quiet = (): undefined => undefined;
const down = (): Promise<never> => Promise.reject(new Error("down"));

describe("policies within policies", () => {
  test("an inner policy makes no more calls after the outer one has timed out", async () => {
    const clock = manualClock();
    const inner = policy("inner", {
      retry: { attempts: 20, initialDelay: "100ms", jitter: "none", maxDelay: "100ms" },
      budget: false,
      clock,
    });
    let calls = 0;
    const outer = policy("outer", { timeout: "250ms", clock }).execute(() =>
      inner.run(() => {
        calls += 1;
        return down();
      }),
    );
    await clock.advance("250ms");
    expect(await outer).toMatchObject({ ok: false, error: { code: "RESILIENCE_TIMEOUT" } });
    const before = calls;
    expect(before).toBe(3);
    await clock.advance("1m");
    expect(calls).toBe(before);
    expect(clock.pending).toBe(0);
  });

  test("the caller's abort reaches an operation of an inner policy, two awaits further down", async () => {
    const controller = new AbortController();
    let seen: AbortSignal | undefined;
    const run = policy("outer").run(
      async () => {
        await null;
        await policy("inner").run(({ signal }) => {
          seen = signal;
          return new Promise(quiet);
        });
      },
      { signal: controller.signal },
    );
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort("gone");
    await expect(run).rejects.toBe("gone");
    expect(seen?.reason).toBe("gone");
  });

  test("an inner run that goes on after the outer one has succeeded is not aborted", async () => {
    const clock = manualClock();
    const late = Promise.withResolvers<string>();
    let background: Promise<string> | undefined;
    await policy("outer", { timeout: "1s", clock }).run(async () => {
      background = policy("inner", { clock }).run(() => late.promise);
    });
    await clock.advance("5s");
    late.resolve("done");
    expect(await background).toBe("done");
  });
});

describe("retries", () => {
  test("onRetry is given the attempt, the delay and the error; what it throws does not matter", async () => {
    const clock = manualClock();
    const notices: unknown[] = [];
    const run = retry(({ attempt }) => (attempt < 3 ? down() : attempt), {
      initialDelay: "1s",
      jitter: "none",
      onRetry: ({ attempt, delay, error }) => {
        notices.push([attempt, delay, (error as Error).message]);
      },
      clock,
    });
    await clock.advance("10s");
    expect(await run).toBe(3);
    expect(notices).toEqual([
      [2, 1000, "down"],
      [3, 2000, "down"],
    ]);
  });

  test("retryIf may be asynchronous, for instance to renew a token first", async () => {
    let token = "old";
    const call = async (): Promise<string> => (token === "old" ? Promise.reject(new Error("401")) : token);
    const renew = async (): Promise<boolean> => {
      await null;
      token = "new";
      return true;
    };
    expect(await retry(call, { initialDelay: 0, retryIf: renew })).toBe("new");
  });

  test("a retryIf that hangs does not outlive the timeout", async () => {
    const clock = manualClock();
    const retryIf = () => new Promise<boolean>(quiet);
    const run = policy("p", { timeout: "1s", retry: { retryIf }, clock }).execute(down);
    await clock.advance("1s");
    expect(await run).toMatchObject({ ok: false, error: { code: "RESILIENCE_TIMEOUT" } });
  });

  test("an error that was marked is final, whatever retryIf says, and is thrown itself", async () => {
    const error = new Error("no such order");
    let calls = 0;
    const lookUp = (): Promise<never> => {
      calls += 1;
      return Promise.reject(stopRetrying(error));
    };
    await expect(retry(lookUp, { attempts: 5, retryIf: () => true })).rejects.toBe(error);
    expect(calls).toBe(1);
    expect(() => stopRetrying("text" as never)).toThrow(TypeError);
  });

  test("a backoff function's answer is not cut at ten seconds", async () => {
    const clock = manualClock();
    const run = retry(({ attempt }) => (attempt === 1 ? down() : clock.monotonic()), { backoff: () => "1m", clock });
    await clock.advance("1m");
    expect(await run).toBe(60_000);
  });

  test("retry has a timeout of its own for all attempts together", async () => {
    const clock = manualClock();
    const run = retry(down, { attempts: 9, initialDelay: "1s", jitter: "none", timeout: "1500ms", clock }).catch(
      (error) => error,
    );
    await clock.advance("1500ms");
    expect(await run).toMatchObject({ message: "down" });
  });
});

describe("hedges", () => {
  test("can be distinguished from attempts, and may begin when a call fails", async () => {
    const seen: number[][] = [];
    const operation = async ({ attempt, hedge: number }: { attempt: number; hedge: number }): Promise<string> => {
      seen.push([attempt, number]);
      return number === 0 ? down() : "from the hedge";
    };
    expect(await hedge(operation, { after: "1h", onFailure: true })).toBe("from the hedge");
    expect(seen).toEqual([
      [1, 0],
      [1, 1],
    ]);
    await expect(hedge(operation, { after: "1h" })).rejects.toThrow("down");
  });

  test("that a guard refused do not hide the failure of the call that was made", async () => {
    const clock = manualClock();
    const guarded = policy("p", { hedge: { after: 10 }, bulkhead: { concurrency: 1 }, clock });
    const work = Promise.withResolvers<never>();
    const run = guarded.execute(() => work.promise);
    await clock.advance(10);
    work.reject(new Error("own"));
    expect(await run).toMatchObject({ ok: false, error: { message: "own" } });
  });
});

describe("tiers", () => {
  test("a tier with a breaker that hangs costs its timeout only until the breaker opens, and the figures say so", async () => {
    const clock = manualClock();
    const answers = tiers(
      "classify",
      [
        { name: "model", run: () => new Promise<string>(quiet), timeout: "1s", breaker: { minimumCalls: 2 } },
        { name: "rule", run: (_input: string, _call, failures) => failures.length },
      ],
      { clock },
    );
    for (let i = 0; i < 2; i++) {
      const run = answers.run("text");
      await clock.advance("1s");
      expect(await run).toMatchObject({ tier: "rule", value: 1 });
    }
    const startedAt = clock.monotonic();
    for (let i = 0; i < 8; i++) await answers.run("text");
    expect(clock.monotonic()).toBe(startedAt);
    expect(answers.stats()).toEqual([
      { tier: "model", answered: 0, failed: 2, skipped: 8, share: 0, latency: 0, breaker: "open" },
      { tier: "rule", answered: 10, failed: 0, skipped: 0, share: 1, latency: 0 },
    ]);
    answers.dispose();
    expect(clock.pending).toBe(0);
  });

  test("all together end at the timeout", async () => {
    const clock = manualClock();
    const hung = () => new Promise<never>(quiet);
    const answers = tiers(
      "t",
      [
        { name: "a", run: hung, timeout: "1s" },
        { name: "b", run: hung },
      ],
      { timeout: "3s", clock },
    );
    const run = answers.run(undefined).catch((error: unknown) => error);
    await clock.advance("3s");
    expect(await run).toMatchObject({ code: "RESILIENCE_TIMEOUT" });
  });
});

test("types: unions of tiers, the fallback through compose, and functions that keep their overloads", () => {
  const mixed = tiers("t", [
    { name: "a", run: async (input: string) => input.length },
    { name: "b", run: () => "text" },
  ]);
  expectTypeOf(mixed.run).parameter(0).toEqualTypeOf<string>();
  expectTypeOf<Awaited<ReturnType<typeof mixed.run>>["value"]>().toEqualTypeOf<number | string>();
  const composed = compose(policy("f", { fallback: () => "x" }), createBreaker({ name: "b" }));
  expectTypeOf(composed.run(async () => 1)).toEqualTypeOf<Promise<number | string>>();
  expectTypeOf(policy("f", { fallback: () => "x" })).not.toExtend<Policy>();
  interface Query {
    (text: string): Promise<string[]>;
    (options: { text: string; array: true }): Promise<string[][]>;
    (text: string, callback: (rows: string[]) => void): void;
  }
  const query = (async () => []) as unknown as Query;
  expectTypeOf(policy("p").wrap(query)).toEqualTypeOf<Query>();
  const generic = policy("p").wrap(async <T>(value: T): Promise<T> => value);
  expectTypeOf(generic(7 as const)).toEqualTypeOf<Promise<7>>();
  expectTypeOf(policy("f", { fallback: () => "x" }).wrap((a: number) => a)).toEqualTypeOf<
    (a: number) => Promise<number | string>
  >();
  expect(mixed.name).toBe("t");
});

test("the message of a timeout names the policy and the time", async () => {
  const clock = manualClock();
  const run = withTimeout(() => new Promise(quiet), "2s", { name: "stock", clock }).catch(
    (error: Error) => error.message,
  );
  await clock.advance("2s");
  expect(await run).toBe("stock: the operation did not end within 2000 ms");
});
