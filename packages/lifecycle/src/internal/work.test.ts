import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { Work } from "./work.ts";

describe("tracked work", () => {
  test("gives back the very same promise, and is idle once all have settled, one way or the other", async () => {
    const clock = manualClock();
    const work = new Work(clock);
    let resolve: (value: string) => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    const first = new Promise<string>((ok) => {
      resolve = ok;
    });
    const second = new Promise<string>((_, no) => {
      reject = no;
    });
    expect(work.track(first, "mail")).toBe(first);
    work.track(second);
    let idle = false;
    void work.idle().then(() => {
      idle = true;
    });
    await clock.advance(50);
    expect([idle, work.size]).toEqual([false, 2]);
    expect(work.left()).toEqual([
      { kind: "work", name: "mail", after: 50 },
      { kind: "work", name: "work", after: 50 },
    ]);
    resolve("sent");
    await clock.advance(0);
    expect(idle).toBe(false);
    reject(new Error("no"));
    await clock.advance(0);
    expect([idle, work.size, work.left()]).toEqual([true, 0, []]);
  });

  test("work that begins while the last is ending is waited for as well", async () => {
    const clock = manualClock();
    const work = new Work(clock);
    let end: () => void = () => undefined;
    const second = new Promise<void>((resolve) => {
      end = resolve;
    });
    const first = Promise.resolve();
    work.track(first);
    void first.then(() => work.track(second));
    let idle = false;
    void work.idle().then(() => {
      idle = true;
    });
    await clock.advance(10);
    expect(idle).toBe(false);
    end();
    await clock.advance(0);
    expect(idle).toBe(true);
  });

  test("a rejection that is not handled elsewhere is reported by an event and raises no unhandledRejection", async () => {
    using telemetry = captureTelemetry();
    const clock = manualClock();
    const work = new Work(clock);
    const error = new Error("mail server gone");
    work.track(Promise.reject(error), "mail");
    await clock.advance(0);
    const [event] = telemetry.of("lifecycle.work");
    expect(event).toMatchObject({ labels: { outcome: "failed" }, value: 0, details: { name: "mail", error } });
    expect(String(event?.definition.level)).toContain('"error"');
  });

  test("a thenable that settles twice counts once", async () => {
    const clock = manualClock();
    const work = new Work(clock);
    const odd = {
      // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is what is tested
      then: (ok: () => void, no: () => void): void => {
        ok();
        no();
        ok();
      },
    };
    work.track(odd as unknown as PromiseLike<unknown>);
    work.track(new Promise(() => undefined));
    expect(work.size).toBe(1);
  });

  test.each([undefined, null, 7, "text", {}, () => undefined])("rejects what is not a promise: %s", (value) => {
    expect(() => new Work(manualClock()).track(value as never)).toThrow(TypeError);
  });

  test("rejects a name that is not a string", () => {
    expect(() => new Work(manualClock()).track(Promise.resolve(), 7 as never)).toThrow(/name must be a string; got 7/);
  });
});
