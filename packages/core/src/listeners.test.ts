import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { failureText, ListenerSet, warnOfCallback } from "./listeners.ts";
import { secret } from "./secret.ts";

let warn: MockInstance<typeof process.emitWarning>;
beforeEach(() => {
  warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
});
afterEach(() => warn.mockRestore());

const options = { owner: "queue.onChange", code: "QUEUE_LISTENER" };
const fails = (error: unknown) => () => {
  throw error;
};

describe("a listener set", () => {
  test("calls every listener with the event, in the order in which they were added", () => {
    const set = new ListenerSet<number>(options);
    const calls: string[] = [];
    set.add((event) => calls.push(`a${event}`));
    const removeB = set.add((event) => calls.push(`b${event}`));
    set.notify(1);
    removeB();
    removeB();
    set.notify(2);
    expect(calls).toEqual(["a1", "b1", "a2"]);
    expect(set.size).toBe(1);
    set.clear();
    set.notify(3);
    expect(calls).toHaveLength(3);
  });
  test("calls a function twice that was added twice, until each is removed", () => {
    const set = new ListenerSet<void>(options);
    const listener = vi.fn();
    const remove = set.add(listener);
    set.add(listener);
    set.notify();
    expect(listener).toHaveBeenCalledTimes(2);
    remove();
    set.notify();
    expect(listener).toHaveBeenCalledTimes(3);
  });
  test("does not call a listener that another one has removed, nor one that another one has added", () => {
    const set = new ListenerSet<void>(options);
    const late = vi.fn();
    let remove = (): void => undefined;
    set.add(() => {
      remove();
      set.add(late);
    });
    const removed = vi.fn();
    remove = set.add(removed);
    set.notify();
    expect(removed).not.toHaveBeenCalled();
    expect(late).not.toHaveBeenCalled();
  });
  test.each([undefined, null, 5, {}])("refuses %s as a listener", (listener) => {
    const set = new ListenerSet<void>(options);
    expect(() => set.add(listener as never)).toThrow(/^queue\.onChange: listener must be a function; got /);
  });
  test("warns once of a listener that throws, and calls the others", () => {
    const set = new ListenerSet<void>(options);
    const other = vi.fn();
    set.add(fails(new RangeError("too far")));
    set.add(other);
    set.notify();
    set.notify();
    expect(other).toHaveBeenCalledTimes(2);
    const text = "A listener of queue.onChange failed (RangeError: too far); later failures of it are not reported.";
    expect(warn.mock.calls).toEqual([[text, { code: "QUEUE_LISTENER" }]]);
  });
  test.each([
    ["a promise", () => Promise.reject(new Error("late"))],
    // biome-ignore lint/suspicious/noThenProperty: a promise of another library is a thenable
    ["a foreign thenable", () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error("late")) })],
  ])("warns of a listener that rejects with %s", async (_title, listener) => {
    const set = new ListenerSet<void>(options);
    set.add(listener);
    set.notify();
    await new Promise((resolve) => setImmediate(resolve));
    expect(warn.mock.calls.map(([text]) => text)).toEqual([expect.stringContaining("(Error: late)")]);
  });
  test("hands every failure to onFailure in place of the warning, and survives an onFailure that throws", () => {
    const failures: unknown[] = [];
    const set = new ListenerSet<void>({
      ...options,
      onFailure: (error) => {
        failures.push(error);
        throw new Error("again");
      },
    });
    const error = new Error("first");
    set.add(fails(error));
    set.notify();
    set.notify();
    expect(failures).toEqual([error, error]);
    expect(warn).not.toHaveBeenCalled();
  });
  test("describes a failure with the caller's words, where it has any", () => {
    const set = new ListenerSet<void>({ ...options, describe: () => "HEALTH_CHECK_FAILED" });
    set.add(fails(new Error("password=1")));
    set.notify();
    expect(warn.mock.calls[0]?.[0]).toContain("(HEALTH_CHECK_FAILED)");
  });
});

describe("warnOfCallback", () => {
  test("warns once per callback and code", () => {
    const callback = (): void => undefined;
    warnOfCallback(callback, { name: "retryIf", code: "A" }, 1);
    warnOfCallback(callback, { name: "retryIf", code: "A" }, 2);
    warnOfCallback(callback, { name: "retryIf", code: "B" }, 3);
    warnOfCallback(() => undefined, { name: "retryIf", code: "A" }, 4);
    expect(warn.mock.calls.map(([, options]) => (options as { code: string }).code)).toEqual(["A", "B", "A"]);
  });
  test("warns even if the failure cannot be described", () => {
    warnOfCallback(() => undefined, { name: "retryIf", code: "A", describe: fails(new Error("no")) }, 1);
    expect(warn.mock.calls[0]?.[0]).toBe(
      "retryIf failed (an unreadable value); later failures of it are not reported.",
    );
  });
});

describe("failureText", () => {
  test("is name and message of an error, and the text of anything else", () => {
    expect(failureText(new TypeError("no"))).toBe("TypeError: no");
    expect(failureText("no")).toBe("no");
    expect(failureText(undefined)).toBe("undefined");
    expect(failureText(Object.create(null))).toBe("an unreadable value");
  });
  test("is bounded, and shows no living secret", () => {
    const key = secret("sk-live-98765");
    expect(failureText(new Error(`refused ${key.reveal()}`))).toBe("Error: refused [redacted]");
    expect(failureText("x".repeat(5000)).length).toBeLessThan(1100);
  });
});
