import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { secret } from "./secret.ts";
import { definedEvents, defineEvent, onTelemetry, type TelemetryEvent, type TelemetryRecord } from "./telemetry.ts";
import { captureTelemetry } from "./testing.ts";

const done = defineEvent("example.done", { help: "Something was done.", unit: "seconds", labels: ["outcome"] });
const counted = defineEvent("example.counted", { help: "Something happened.", labels: ["outcome"] });

afterEach(() => vi.restoreAllMocks());

describe("an event", () => {
  test("is inactive with no listener, active with one, and inactive again after the last left", () => {
    expect(done.active).toBe(false);
    const ends = [onTelemetry(() => 0), onTelemetry(() => 0)];
    expect(done.active).toBe(true);
    for (const end of ends) end();
    expect(done.active).toBe(false);
  });

  test("with no listener an emit neither reads the time nor builds a record", () => {
    const now = vi.spyOn(Date, "now");
    done.emit({ outcome: "ok" }, 1);
    expect(now).not.toHaveBeenCalled();
  });

  test("reaches every listener with name, labels, value, details, time and definition", () => {
    using captured = captureTelemetry();
    const before = Date.now();
    done.emit({ outcome: "ok" }, 0.25, { attempt: 2 });
    const record = captured.of("example.done")[0] as TelemetryRecord;
    expect(record).toMatchObject({
      name: "example.done",
      labels: { outcome: "ok" },
      value: 0.25,
      details: { attempt: 2 },
    });
    expect(record.at).toBeGreaterThanOrEqual(before);
    expect(record.definition).toMatchObject({ unit: "seconds", labels: ["outcome"], help: "Something was done." });
  });

  test("does not compile with labels that it does not have, or without the value that its unit asks for", () => {
    const bare = defineEvent("example.bare", { help: "h" });
    // @ts-expect-error the event has no labels
    bare.emit({ x: 1 });
    // @ts-expect-error the label is misspelt
    done.emit({ outcom: "ok" }, 1);
    // @ts-expect-error a duration is missing
    done.emit({ outcome: "ok" });
    counted.emit({ outcome: "ok" }, 3);
    const annotated: TelemetryEvent<"outcome"> = done;
    annotated.emit({ outcome: "ok" });
    expectTypeOf(annotated.emit).toBeFunction();
  });

  test("has typed labels", () => {
    expectTypeOf(done.emit).parameter(0).toEqualTypeOf<Readonly<Record<"outcome", string | number | boolean>>>();
  });

  test("leaves value and details out where none were given", () => {
    using captured = captureTelemetry();
    counted.emit({ outcome: "ok" });
    expect(Object.keys(captured.events[0] as object).sort()).toEqual(["at", "definition", "labels", "name"]);
  });
});

describe("onTelemetry", () => {
  test("a listener that throws reaches neither the caller, nor its neighbours, nor uncaughtException, and is reported once", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const uncaught = vi.fn();
    process.prependOnceListener("uncaughtException", uncaught);
    const end = onTelemetry(() => {
      throw new Error("listener broke");
    });
    using captured = captureTelemetry();
    done.emit({ outcome: "ok" }, 1);
    done.emit({ outcome: "ok" }, 1);
    await new Promise((resolve) => setImmediate(resolve));
    end();
    process.off("uncaughtException", uncaught);
    expect(uncaught).not.toHaveBeenCalled();
    expect(captured.events).toHaveLength(2);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(String(warned.mock.calls[0]?.[0])).toContain("listener broke");
    expect(warned.mock.calls[0]?.[1]).toMatchObject({ code: "CORE_TELEMETRY_LISTENER" });
  });

  test("a listener that rejects, or throws what cannot be read, is isolated too", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const hostile = new Proxy(new Error("x"), {
      get() {
        throw new Error("trap");
      },
    });
    const ends = [
      onTelemetry((async () => Promise.reject(new Error("late"))) as never),
      onTelemetry(() => {
        throw hostile;
      }),
    ];
    done.emit({ outcome: "ok" }, 1);
    await new Promise((resolve) => setImmediate(resolve));
    for (const end of ends) end();
    expect(warned).toHaveBeenCalledTimes(2);
  });

  test("a listener that emits is not called for what it caused itself", () => {
    let calls = 0;
    const end = onTelemetry(() => {
      calls++;
      done.emit({ outcome: "again" }, 1);
    });
    done.emit({ outcome: "ok" }, 1);
    end();
    expect(calls).toBe(1);
  });

  test("refuses a listener that is not a function", () => {
    expect(() => onTelemetry("x" as never)).toThrow(TypeError);
  });
});

describe("defineEvent", () => {
  test.each(["x", "X.y", "a.", "a..b", "a.b-c", ""])("refuses the name %j", (name) => {
    expect(() => defineEvent(name, { help: "h" })).toThrow(TypeError);
  });

  test("refuses a label that no metric could carry, and a missing help", () => {
    expect(() => defineEvent("example.label", { help: "h", labels: ["a-b"] })).toThrow(/"a-b"/);
    expect(() => defineEvent("example.help", { help: "" })).toThrow(/help/);
  });

  test("accepts the same definition again and refuses other labels or another unit for the same name", () => {
    defineEvent("example.twice", { help: "h", unit: "bytes", labels: ["a", "b"] });
    expect(() => defineEvent("example.twice", { help: "h", unit: "bytes", labels: ["b", "a"] })).not.toThrow();
    expect(() => defineEvent("example.twice", { help: "h", unit: "bytes", labels: ["b"] })).toThrow(
      "event example.twice is already defined with unit bytes and labels [a, b]; got unit bytes and labels [b]",
    );
    expect(() => defineEvent("example.twice", { help: "h", labels: ["a", "b"] })).toThrow(/got no unit and labels/);
  });

  test("keeps the first help text if a second definition rewords it, whichever of the two emits", () => {
    const first = defineEvent("example.reworded", { help: "A message was sent." });
    const second = defineEvent("example.reworded", { help: "A message, was sent.", level: "info" });
    expect([first.help, second.help]).toEqual(["A message was sent.", "A message was sent."]);
    expect(definedEvents().find(({ name }) => name === "example.reworded")).toBe(first);
    using captured = captureTelemetry();
    second.emit({});
    expect(captured.events[0]?.definition).toMatchObject({ help: "A message was sent.", level: "info" });
  });

  test("every definition is listed, in order of the names", () => {
    const names = definedEvents().map((event) => event.name);
    expect(names).toContain("example.done");
    expect(names).toEqual([...names].sort());
  });
});

test.each<[string, unknown]>([
  ["no description", null],
  ["labels that are not an array", { help: "x", labels: "ab" }],
  ["a label that is not a string", { help: "x", labels: [5] }],
  ["a label twice", { help: "x", labels: ["a", "a"] }],
  ["a unit that there is not", { help: "x", unit: "parsecs" }],
  ["a level that there is not", { help: "x", level: "loud" }],
  ["a mistyped member", { help: "x", label: ["a"] }],
])("defineEvent refuses %s", (_, definition) => {
  expect(() => defineEvent("testcore.refused", definition as { help: string })).toThrow(TypeError);
  expect(() => defineEvent("testcore.refused", definition as { help: string })).toThrow(/testcore\.refused/);
});

test("the warning about a listener that failed shows no secret", () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const held = secret("in-the-listeners-error");
  const end = onTelemetry(() => {
    throw new Error(`cannot send ${held.reveal()}`);
  });
  defineEvent("testcore.scrubbed", { help: "x" }).emit({});
  end();
  expect(String(warned.mock.calls[0]?.[0])).toContain("cannot send [redacted]");
  warned.mockRestore();
});
