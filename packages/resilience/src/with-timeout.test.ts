import { runWithContext } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { expect, test, vi } from "vitest";
import { policy, withTimeout } from "./index.ts";

const quiet = (): undefined => undefined;
const hang = (): Promise<never> => new Promise<never>(quiet);

test("what ends in time is passed through, a value, a failure or a throw", async () => {
  await expect(withTimeout(() => 1, 100)).resolves.toBe(1);
  const error = new Error("own");
  await expect(withTimeout(() => Promise.reject(error), 100)).rejects.toBe(error);
  const thrower = (): never => {
    throw error;
  };
  await expect(withTimeout(thrower, 100)).rejects.toBe(error);
});

test("it rejects on time though the operation ignores its signal", async () => {
  const clock = manualClock();
  const late = withTimeout(hang, "2s", { clock });
  const seen = vi.fn();
  late.catch(seen);
  await clock.advance(1999);
  expect(seen).not.toHaveBeenCalled();
  await clock.advance(1);
  expect(seen).toHaveBeenCalledWith(
    expect.objectContaining({
      code: "RESILIENCE_TIMEOUT",
      status: 504,
      retryable: true,
      context: { policy: "timeout", after: 2000 },
    }),
  );
});

test("the signal is aborted on a timeout, with the error that is thrown, and what the operation then does is swallowed", async () => {
  const clock = manualClock();
  let signal: AbortSignal | undefined;
  const late = withTimeout(
    (call) => {
      signal = call.signal;
      return new Promise((_resolve, reject) => call.signal.addEventListener("abort", () => reject(new Error("mine"))));
    },
    100,
    { clock },
  );
  const error = late.catch((reason: unknown) => reason);
  await clock.advance(100);
  expect(signal?.reason).toBe(await error);
  expect(await error).toMatchObject({ code: "RESILIENCE_TIMEOUT" });
});

test("an abort by the caller rejects with the caller's reason, which the operation sees", async () => {
  const clock = manualClock();
  const controller = new AbortController();
  let signal: AbortSignal | undefined;
  const pending = withTimeout(
    (call) => {
      signal = call.signal;
      return hang();
    },
    100,
    { clock, signal: controller.signal },
  );
  controller.abort("gone");
  await expect(pending).rejects.toBe("gone");
  expect(signal?.reason).toBe("gone");
});

test("calls of one duration share a timer, each keeps its own time, and none is left in the end", async () => {
  const clock = manualClock();
  const guarded = policy("p", { timeout: 100, clock });
  const ended: number[] = [];
  const runs: Promise<unknown>[] = [];
  for (let i = 0; i < 5; i++) {
    runs.push(guarded.run(hang).catch(() => ended.push(clock.monotonic())));
    runs.push(withTimeout(hang, 100, { clock }).catch(() => ended.push(clock.monotonic())));
    expect(clock.pending).toBe(1);
    await clock.advance(10);
  }
  await clock.advance(200);
  await Promise.all(runs);
  expect(ended).toEqual([100, 100, 110, 110, 120, 120, 130, 130, 140, 140]);
  expect(clock.pending).toBe(0);
});

test("calls that end in any order leave the list sound", async () => {
  const clock = manualClock();
  const guarded = policy("p", { timeout: 100, clock });
  const settles = Array.from({ length: 30 }, () => Promise.withResolvers<number>());
  const runs = settles.map(({ promise }) => guarded.execute(() => promise));
  const order = settles.map((_, i) => i).sort((a, b) => ((a * 7) % 30) - ((b * 7) % 30));
  for (const i of order.slice(0, 20)) settles[i]?.resolve(i);
  await clock.advance(100);
  const outcomes = await Promise.all(runs);
  for (const i of order.slice(0, 20)) expect(outcomes[i]).toMatchObject({ ok: true, value: i });
  for (const i of order.slice(20))
    expect(outcomes[i]).toMatchObject({ ok: false, error: { code: "RESILIENCE_TIMEOUT" } });
  expect(clock.pending).toBe(0);
});

test("a deadline of the context that comes first holds, and is shown to the operation", async () => {
  const clock = manualClock();
  const deadline = clock.now() + 40;
  let shown: number | undefined;
  const late = runWithContext({ deadline }, () =>
    withTimeout(
      (call) => {
        shown = call.deadline;
        return hang();
      },
      "1h",
      { clock },
    ),
  );
  late.catch(quiet);
  await clock.advance(40);
  await expect(late).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT", context: { after: 40 } });
  expect(shown).toBe(deadline);
  expect(clock.pending).toBe(0);
});

test("a timeout that comes first holds, and is the deadline that the operation sees", async () => {
  const clock = manualClock();
  const shown = runWithContext({ deadline: clock.now() + 5000 }, () =>
    withTimeout(({ deadline }) => deadline, 200, { clock }),
  );
  await expect(shown).resolves.toBe(clock.now() + 200);
  await expect(withTimeout(({ deadline }) => deadline, 200, { clock })).resolves.toBe(clock.now() + 200);
});

test("a jump of the wall clock neither shortens nor lengthens it", async () => {
  const clock = manualClock();
  const seen = vi.fn();
  withTimeout(hang, 100, { clock }).catch(seen);
  clock.jumpTo(clock.now() + 86_400_000);
  await clock.advance(99);
  expect(seen).not.toHaveBeenCalled();
  await clock.advance(1);
  expect(seen).toHaveBeenCalledOnce();
});

test("nested timeouts end in the order of their lengths", async () => {
  const clock = manualClock();
  const outer = policy("outer", { timeout: 50, clock });
  const inner = policy("inner", { timeout: 100, clock });
  const late = outer.run((call) => inner.run(hang, { signal: call.signal }));
  const error = late.catch((reason: unknown) => reason);
  await clock.advance(50);
  expect(await error).toMatchObject({ context: { policy: "outer" } });
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "soon", undefined, null, {}])(
  "the duration %s is refused",
  async (duration) => {
    const operation = vi.fn();
    await expect(withTimeout(operation, duration as never)).rejects.toBeInstanceOf(TypeError);
    expect(operation).not.toHaveBeenCalled();
  },
);

test("unknown options, what is not a signal and what is not an operation are refused", async () => {
  await expect(withTimeout(quiet, 1, { sgnal: 1 } as never)).rejects.toThrow(/sgnal/);
  await expect(withTimeout(quiet, 1, { signal: true } as never)).rejects.toThrow(/signal/);
  await expect(withTimeout(undefined as never, 1)).rejects.toThrow(/operation/);
});
