import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";
import { bindContext, currentContext, lazySignal, remainingTime, runDetached, runWithContext } from "./context.ts";
import { manualClock } from "./testing.ts";

const id = (): string | undefined => currentContext().correlationId;

describe("runWithContext", () => {
  test("outside of it the context is empty and frozen", () => {
    expect(currentContext()).toEqual({});
    expect(Object.isFrozen(currentContext())).toBe(true);
  });

  test("returns what the function returns and passes its exception on", () => {
    expect(runWithContext({}, () => 7)).toBe(7);
    const error = new Error("x");
    expect(() =>
      runWithContext({}, () => {
        throw error;
      }),
    ).toThrow(error);
  });

  test("survives promises, timers, immediates, streams and emitters made inside", async () => {
    const seen = await runWithContext({ correlationId: "r-1" }, async () => {
      const ids: unknown[] = [];
      await Promise.resolve();
      ids.push(id());
      const note = (resolve: (count: number) => void): void => resolve(ids.push(id()));
      await new Promise<number>((resolve) => setTimeout(note, 0, resolve));
      await new Promise<number>((resolve) => setImmediate(note, resolve));
      for await (const _chunk of Readable.from(["a", "b"])) ids.push(id());
      const emitter = new EventEmitter();
      emitter.on("x", () => ids.push(id()));
      emitter.emit("x");
      return ids;
    });
    expect(seen).toEqual(Array(6).fill("r-1"));
    expect(id()).toBeUndefined();
  });

  test("keeps a thousand interleaved requests apart", async () => {
    const ids = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        runWithContext({ correlationId: `r-${i}` }, async () => {
          for (let turn = 0; turn < i % 7; turn++) await null;
          return id();
        }),
      ),
    );
    expect(ids).toEqual(Array.from({ length: 1000 }, (_, i) => `r-${i}`));
  });

  test("lays inner fields over outer ones and keeps the host's own", () => {
    runWithContext({ correlationId: "a", tenant: "t-1" }, () =>
      runWithContext({ correlationId: "b" }, () => {
        expect(currentContext()).toEqual({ correlationId: "b", tenant: "t-1" });
        expect(Object.isFrozen(currentContext())).toBe(true);
      }),
    );
  });

  test("the earlier of two deadlines holds, whichever way they are nested", () => {
    const now = Date.now();
    runWithContext({ deadline: now + 1000 }, () => {
      runWithContext({ deadline: now + 5000 }, () => expect(currentContext().deadline).toBe(now + 1000));
      runWithContext({ deadline: now + 500 }, () => expect(currentContext().deadline).toBe(now + 500));
      runWithContext({ correlationId: "x" }, () => expect(remainingTime()).toBeLessThanOrEqual(1000));
    });
  });

  test("an inner signal aborts with its own and with the outer one", () => {
    const outer = new AbortController();
    const inner = new AbortController();
    runWithContext({ signal: outer.signal }, () =>
      runWithContext({ signal: inner.signal }, () => {
        const { signal } = currentContext();
        outer.abort("client left");
        expect(signal?.aborted && signal.reason).toBe("client left");
      }),
    );
    expect(inner.signal.aborted).toBe(false);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, "soon"])("refuses the deadline %s", (deadline) => {
    expect(() => runWithContext({ deadline: deadline as number }, () => 0)).toThrow(/^deadline must be/);
  });

  test("refuses a signal that is not an AbortSignal", () => {
    expect(() => runWithContext({ signal: {} as AbortSignal }, () => 0)).toThrow(/^signal must be/);
  });
});

describe("remainingTime", () => {
  test("is infinite where no deadline was set", () => {
    expect(remainingTime()).toBe(Number.POSITIVE_INFINITY);
    runWithContext({ correlationId: "x" }, () => expect(remainingTime()).toBe(Number.POSITIVE_INFINITY));
  });

  test("does not move when the wall clock jumps an hour back", () => {
    runWithContext({ deadline: Date.now() + 1000 }, () => {
      const spy = vi.spyOn(Date, "now").mockReturnValue(Date.now() - 3_600_000);
      expect(systemClock.now()).toBeLessThan(Date.parse("2100-01-01"));
      expect(remainingTime()).toBeGreaterThan(-5000);
      expect(remainingTime()).toBeLessThanOrEqual(1000);
      spy.mockRestore();
    });
  });

  test("is measured on another clock where one is given, and is negative once passed", async () => {
    const clock = manualClock(5000);
    await runWithContext({ deadline: 6000 }, async () => {
      expect(remainingTime(clock)).toBe(1000);
      await clock.advance("3s");
      expect(remainingTime(clock)).toBe(-2000);
    });
  });
});

describe("bindContext", () => {
  test("a bound function runs in the context of its binding, wherever it is called", () => {
    const bound = runWithContext({ correlationId: "bound" }, () => bindContext((suffix: string) => `${id()}${suffix}`));
    expect(bound("!")).toBe("bound!");
    runWithContext({ correlationId: "other" }, () => expect(bound("?")).toBe("bound?"));
  });

  test("a function bound outside runs outside", () => {
    const bound = bindContext(id);
    runWithContext({ correlationId: "x" }, () => expect(bound()).toBeUndefined());
  });

  test("a bound method keeps its this, and a bound listener the context in which the emitter was made", () => {
    const counter = {
      step: 2,
      add: bindContext(function (this: { step: number }, n: number) {
        return this.step + n;
      }),
    };
    expect(counter.add(3)).toBe(5);
    const seen: unknown[] = [];
    const emitter = runWithContext({ correlationId: "made" }, () =>
      new EventEmitter().on(
        "event",
        bindContext(() => seen.push(id())),
      ),
    );
    emitter.emit("event");
    expect(seen).toEqual(["made"]);
  });

  test.each([undefined, null, "fn"])("%s cannot be bound", (fn) => {
    expect(() => bindContext(fn as never)).toThrow(/^fn must be a function; got /);
  });
});

test.each([null, "signal", {}])("a signal of %j is refused by name", (signal) => {
  expect(() => runWithContext({ signal } as never, () => undefined)).toThrow("signal must be an AbortSignal");
});

test.each([null, undefined, 5, "r-1"])("runWithContext refuses %s in place of fields, and runs nothing", (fields) => {
  const run = (): unknown => runWithContext(fields as never, () => expect.unreachable());
  expect(run).toThrow(/^context fields must be an object; got /);
});

describe("a lazy signal", () => {
  const source = (): { signal: AbortSignal; made: number; controller: AbortController } => {
    const controller = new AbortController();
    return {
      made: 0,
      controller,
      get signal() {
        this.made++;
        return controller.signal;
      },
    };
  };

  test("is made when it is read, in inner contexts too, and never before", () => {
    const lazy = source();
    runWithContext({ correlationId: "x", [lazySignal]: lazy }, () => {
      runWithContext({ tenant: "acme" }, () => expect(currentContext()).toMatchObject({ tenant: "acme" }));
      expect(lazy.made).toBe(0);
      runWithContext({ tenant: "acme" }, () => expect(currentContext().signal).toBe(lazy.controller.signal));
    });
    expect(lazy.made).toBe(1);
  });

  test("is joined with a signal around it and with one inside it", () => {
    for (const aborted of [0, 1, 2]) {
      const [outer, inner, lazy] = [new AbortController(), new AbortController(), source()];
      runWithContext({ signal: outer.signal }, () =>
        runWithContext({ [lazySignal]: lazy }, () =>
          runWithContext({ signal: inner.signal }, () => {
            const { signal } = currentContext();
            expect(signal?.aborted).toBe(false);
            [outer, inner, lazy.controller][aborted]?.abort();
            expect(signal?.aborted).toBe(true);
          }),
        ),
      );
    }
  });
});

describe("runDetached", () => {
  test("keeps the context, apart from its deadline and its signal, and makes no lazy signal", () => {
    let made = 0;
    const lazy = {
      get signal() {
        made++;
        return new AbortController().signal;
      },
    };
    const fields = { correlationId: "r-1", principal: { id: "u-7" }, deadline: Date.now() + 1000, [lazySignal]: lazy };
    const inner = runWithContext(fields, () => runDetached(() => ({ ...currentContext(), left: remainingTime() })));
    expect(inner).toEqual({ correlationId: "r-1", principal: { id: "u-7" }, left: Number.POSITIVE_INFINITY });
    expect(made).toBe(0);
    const signalled = runWithContext({ signal: AbortSignal.abort() }, () => runDetached(() => currentContext().signal));
    expect(signalled).toBeUndefined();
    expect(runDetached(() => currentContext())).toEqual({});
  });
});
