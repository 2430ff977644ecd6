import { runWithContext } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test, vi } from "vitest";
import { policy, retry } from "./index.ts";
import { scriptedOperation } from "./testing.ts";

const quiet = (): undefined => undefined;
const busy = (): Error => Object.assign(new Error("busy"), { code: "EBUSY" });

test("the first success is the answer, and nothing follows it", async () => {
  const operation = scriptedOperation([{ error: busy() }, { value: "done" }]);
  await expect(retry(operation, { initialDelay: 0 })).resolves.toBe("done");
  expect(operation.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

test("what is thrown after the last attempt is the operation's own last error, the very same", async () => {
  const errors = [busy(), busy(), busy()];
  const operation = scriptedOperation(errors.map((error) => ({ error })));
  await expect(retry(operation, { initialDelay: 0 })).rejects.toBe(errors[2]);
});

test("attempts: 1 calls once, attempts: Infinity until it works", async () => {
  const failing = scriptedOperation([{ error: busy() }]);
  await expect(retry(failing, { attempts: 1 })).rejects.toThrow("busy");
  expect(failing.calls.length).toBe(1);
  const late = scriptedOperation([...Array.from({ length: 40 }, () => ({ error: busy() })), { value: 41 }]);
  await expect(retry(late, { attempts: Number.POSITIVE_INFINITY, initialDelay: 0 })).resolves.toBe(41);
});

test("retryIf decides by the error and gets the attempt's number", async () => {
  const retryIf = vi.fn((error: unknown, _attempt: number) => (error as { code?: string }).code === "EBUSY");
  const fatal = new Error("fatal");
  const operation = scriptedOperation([{ error: busy() }, { error: fatal }, { value: 1 }]);
  await expect(retry(operation, { attempts: 5, initialDelay: 0, retryIf })).rejects.toBe(fatal);
  expect(retryIf.mock.calls.map(([, attempt]) => attempt)).toEqual([1, 2]);
});

test("retryResult repeats over results, and the last one is returned even if it fails", async () => {
  const operation = scriptedOperation([{ value: 503 }, { value: 503 }, { value: 502 }, { value: 200 }]);
  const retryResult = (status: number): boolean => status >= 500;
  await expect(retry(operation, { initialDelay: 0, retryResult })).resolves.toBe(502);
  const better = scriptedOperation([{ value: 503 }, { value: 200 }]);
  await expect(retry(better, { initialDelay: 0, retryResult })).resolves.toBe(200);
});

test("a predicate that throws ends the retries with the operation's own outcome, and is reported", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(quiet);
  const mistake = (): never => {
    throw new Error("mistake");
  };
  const error = busy();
  await expect(retry(() => Promise.reject(error), { initialDelay: 0, retryIf: mistake })).rejects.toBe(error);
  const alsoMistake = (): never => mistake();
  await expect(retry(() => "value", { initialDelay: 0, retryResult: alsoMistake })).resolves.toBe("value");
  expect(warned).toHaveBeenCalledTimes(2);
  warned.mockRestore();
});

test("a predicate that rejects ends the retries, and is reported", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(quiet);
  const operation = vi.fn(() => Promise.reject(busy()));
  const later = () => Promise.reject(new Error("also fails")) as unknown as boolean;
  await expect(retry(operation, { initialDelay: 0, retryIf: later })).rejects.toThrow("busy");
  expect(operation).toHaveBeenCalledOnce();
  expect(warned.mock.calls[0]?.[0]).toMatch(/^retryIf failed \(Error: also fails/);
  warned.mockRestore();
});

test("refusals of our own guards are not retried, unless retryIf says so", async () => {
  const clock = manualClock();
  const guarded = policy("p", { retry: { attempts: 3, initialDelay: 0 }, breaker: { minimumCalls: 1 }, clock });
  await expect(guarded.execute(() => Promise.reject(busy()))).resolves.toMatchObject({ ok: false, attempts: 1 });
  const inner = vi.fn(() => guarded.run(() => "never"));
  await expect(retry(inner, { initialDelay: 0 })).rejects.toMatchObject({ code: "RESILIENCE_CIRCUIT_OPEN" });
  expect(inner).toHaveBeenCalledTimes(1);
  await expect(retry(inner, { initialDelay: 0, retryAfter: false, retryIf: () => true })).rejects.toMatchObject({
    code: "RESILIENCE_CIRCUIT_OPEN",
  });
  expect(inner).toHaveBeenCalledTimes(4);
});

describe("Retry-After", () => {
  const asking = (headers: Record<string, string>): Error => Object.assign(new Error("429"), { headers });

  test.each([
    ["seconds", (_now: number) => "7"],
    ["an HTTP date", (now: number) => new Date(now + 7000).toUTCString()],
  ])("in %s is waited for", async (_kind, header) => {
    const clock = manualClock();
    const error = asking({ "retry-after": header(clock.now()) });
    const operation = scriptedOperation([{ error }, { value: "later" }], { clock });
    const result = retry(operation, { initialDelay: 10, jitter: "none", clock });
    await clock.advance(6999);
    expect(operation.calls.length).toBe(1);
    await clock.advance(1);
    await expect(result).resolves.toBe("later");
  });

  test("is no reason to wait less than the backoff", async () => {
    const clock = manualClock();
    const operation = scriptedOperation([{ error: asking({ "retry-after": "1" }) }, { value: 1 }], { clock });
    const result = retry(operation, { initialDelay: 5000, jitter: "none", clock });
    await clock.advance(4999);
    expect(operation.calls.length).toBe(1);
    await clock.advance(1);
    await result;
  });

  test("beyond its limit ends the retries at once", async () => {
    const clock = manualClock();
    const error = asking({ "retry-after": "86400" });
    const operation = scriptedOperation([{ error }], { clock });
    await expect(retry(operation, { clock })).rejects.toBe(error);
    expect(clock.pending).toBe(0);
  });

  test("is ignored when shown so", async () => {
    const error = asking({ "retry-after": "50" });
    const operation = scriptedOperation([{ error }, { value: 2 }]);
    await expect(retry(operation, { initialDelay: 0, retryAfter: false })).resolves.toBe(2);
  });

  test("of a result counts too", async () => {
    const clock = manualClock();
    const full = new Response(null, { status: 503, headers: { "retry-after": "3" } });
    const operation = scriptedOperation([{ value: full }, { value: new Response("ok") }], { clock });
    const result = retry(operation, {
      initialDelay: 0,
      jitter: "none",
      retryResult: (response) => !response.ok,
      clock,
    });
    await clock.advance(2999);
    expect(operation.calls.length).toBe(1);
    await clock.advance(1);
    expect((await result).status).toBe(200);
  });

  test("that ends after the deadline is not waited for: the failure is final at once", async () => {
    const clock = manualClock();
    const error = asking({ "retry-after": "30" });
    const operation = scriptedOperation([{ error }, { value: 2 }], { clock });
    const within = runWithContext({ deadline: clock.now() + 20_000 }, () => retry(operation, { clock }));
    await expect(within).rejects.toBe(error);
    expect(operation.calls.length).toBe(1);
  });
});

describe("the deadline of the context", () => {
  test("cuts the attempts that a backoff would have made after it", async () => {
    const clock = manualClock();
    const operation = scriptedOperation([{ error: busy() }], { clock });
    const options = { attempts: 10, backoff: "constant", initialDelay: 100, jitter: "none", clock } as const;
    const within = runWithContext({ deadline: clock.now() + 250 }, () => retry(operation, options));
    within.catch(quiet);
    await clock.advance(250);
    await expect(within).rejects.toThrow("busy");
    expect(operation.calls.length).toBe(3);
  });

  test("shortens an attempt timeout", async () => {
    const clock = manualClock();
    const operation = scriptedOperation([{ hang: true }], { clock });
    const within = runWithContext({ deadline: clock.now() + 300 }, () =>
      retry(operation, { attemptTimeout: "10s", clock }),
    );
    within.catch(quiet);
    await clock.advance(300);
    await expect(within).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT" });
    expect(operation.calls.length).toBe(1);
  });

  test("ends a hung attempt that has no timeout of its own, and is shown to the operation", async () => {
    const clock = manualClock();
    const deadline = clock.now() + 300;
    let shown: number | undefined;
    const within = runWithContext({ deadline }, () =>
      retry(
        (call) => {
          shown = call.deadline;
          return new Promise(quiet);
        },
        { clock },
      ),
    );
    within.catch(quiet);
    expect(shown).toBe(deadline);
    await clock.advance(300);
    await expect(within).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT" });
    expect(clock.pending).toBe(0);
  });

  test("that has passed already calls nothing", async () => {
    const clock = manualClock();
    const operation = scriptedOperation([{ value: 1 }], { clock });
    const within = runWithContext({ deadline: clock.now() }, () => retry(operation, { clock }));
    await expect(within).rejects.toMatchObject({ code: "RESILIENCE_TIMEOUT" });
    expect(operation.calls.length).toBe(0);
  });
});

describe("an abort", () => {
  test("before the run calls nothing", async () => {
    const operation = scriptedOperation([{ value: 1 }]);
    await expect(retry(operation, { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
    expect(operation.calls.length).toBe(0);
  });

  test("of the context's signal counts like one's own", async () => {
    const controller = new AbortController();
    const hung = runWithContext({ signal: controller.signal }, () => retry(() => new Promise(quiet)));
    controller.abort("request gone");
    await expect(hung).rejects.toBe("request gone");
  });

  test("within the operation itself is seen", async () => {
    const controller = new AbortController();
    const operation = (): Promise<never> => {
      controller.abort("by myself");
      return new Promise(quiet) as Promise<never>;
    };
    await expect(retry(operation, { signal: controller.signal })).rejects.toBe("by myself");
  });

  test("after the end of a run still reaches what the operation has returned, such as the body of a response", async () => {
    const controller = new AbortController();
    let seen: AbortSignal | undefined;
    await retry(
      (call) => {
        seen = call.signal;
      },
      { signal: controller.signal },
    );
    expect(seen?.aborted).toBe(false);
    controller.abort("late");
    expect(seen?.aborted).toBe(true);
    expect(seen?.reason).toBe("late");
  });
});

test("an operation that throws, returns a value, or a thenable that misbehaves is treated like a promise", async () => {
  await expect(retry(() => 5)).resolves.toBe(5);
  const sync = (): never => {
    throw busy();
  };
  await expect(retry(sync, { attempts: 1 })).rejects.toThrow("busy");
  const trap = (): never => {
    throw new Error("trap");
  };
  const hostile = Object.defineProperty({}, ["th", "en"].join(""), { get: trap });
  await expect(retry(() => hostile as never, { attempts: 1 })).rejects.toThrow("trap");
});

test.each([
  [{ attempts: 0 }, "attempts"],
  [{ attempts: 1.5 }, "attempts"],
  [{ attempts: Number.NaN }, "attempts"],
  [{ attempts: "3" }, "attempts"],
  [{ backoff: "fibonacci" }, "backoff"],
  [{ initialDelay: -1 }, "initialDelay"],
  [{ initialDelay: Number.POSITIVE_INFINITY }, "initialDelay"],
  [{ maxDelay: "soon" }, "maxDelay"],
  [{ jitter: "some" }, "jitter"],
  [{ attemptTimeout: 0 }, "attemptTimeout"],
  [{ retryIf: true }, "retryIf"],
  [{ retryResult: 7 }, "retryResult"],
  [{ retryAfter: "yes" }, "retryAfter"],
  [{ retryAfterLimit: -1 }, "retryAfterLimit"],
  [{ budget: {} }, "budget"],
  [{ random: 0.5 }, "random"],
  [{ signal: {} }, "signal"],
  [{ clock: Date }, "clock"],
  [{ atempts: 3 }, "atempts"],
  [null, "options"],
])("retry refuses %j with a TypeError that names %s, and calls nothing", async (options, name) => {
  const operation = vi.fn();
  const refused = retry(operation, options as never).catch((error: unknown) => error as Error);
  expect(await refused).toBeInstanceOf(TypeError);
  expect(((await refused) as Error).message).toContain(name);
  expect(operation).not.toHaveBeenCalled();
});

test("an operation that is not a function is refused", async () => {
  await expect(retry("op" as never)).rejects.toBeInstanceOf(TypeError);
});

test("two minutes of Retry-After are waited, in seconds or as a date; a demand beyond retryAfterLimit is final", async () => {
  const clock = manualClock();
  const busy = (header: string): Error => Object.assign(new Error("busy"), { headers: { "retry-after": header } });
  for (const header of ["120", new Date(clock.now() + 240_000).toUTCString()]) {
    const operation = vi.fn().mockRejectedValueOnce(busy(header)).mockResolvedValue("done");
    const run = retry(operation, { jitter: "none", clock });
    await clock.advance(119_999);
    expect(operation).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    expect(await run).toBe("done");
  }
  await expect(retry(() => Promise.reject(busy("301")), { clock })).rejects.toMatchObject({ message: "busy" });
  await expect(retry(() => Promise.reject(busy("2")), { clock, retryAfterLimit: "1s" })).rejects.toThrow("busy");
  expect(clock.pending).toBe(0);
});
