import { manualClock } from "@seaworthy/core/testing";
import { describe, expect, test } from "vitest";
import { type StdoutOptions, stdout } from "./destinations/stdout.ts";
import { BackgroundWriter } from "./internal/stdout/background-writer.ts";
import { TurnWriter } from "./internal/stdout/turn-writer.ts";

/** A reader that takes so many bytes at a time. */
function reader(most = 1000) {
  const clock = manualClock();
  const state = { takes: 0, text: "", fault: undefined as Error | undefined };
  const lost: [string, number][] = [];
  const writer = new BackgroundWriter({
    most,
    clock,
    write: (bytes) => {
      if (state.fault !== undefined) throw state.fault;
      const taken = Math.min(state.takes, bytes.length);
      state.takes -= taken;
      state.text += bytes.subarray(0, taken).toString();
      return taken;
    },
    onLost: (reason, lines) => void lost.push([reason, lines]),
  });
  return { writer, state, lost, clock };
}

const line = (i: number): string => `${String(i).padStart(99, "0")}\n`;

describe("in the background", () => {
  test("lines wait for the reader in order, also if it reads only a part of one", async () => {
    const { writer, state, clock, lost } = reader();
    state.takes = 150;
    for (let i = 0; i < 3; i++) writer.write(line(i));
    expect(state.text).toHaveLength(150);
    expect(writer.waitingBytes).toBe(150);
    state.takes = 1000;
    await clock.advance(100);
    expect(state.text).toBe(line(0) + line(1) + line(2));
    expect(writer.waitingBytes).toBe(0);
    expect(lost).toEqual([]);
    await writer.close();
  });

  test("lines beyond the limit are dropped, and reported at once and then once per second", async () => {
    const { writer, state, clock, lost } = reader(1000);
    for (let i = 0; i < 25; i++) writer.write(line(i));
    expect(lost).toEqual([["buffer_full", 1]]);
    await clock.advance(1000);
    expect(lost).toEqual([
      ["buffer_full", 1],
      ["buffer_full", 14],
    ]);
    state.takes = 10_000;
    await clock.advance(100);
    writer.write(line(99));
    expect(state.text.trimEnd().split("\n").map(Number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99]);
    await writer.close();
    expect(lost).toHaveLength(2);
  });

  test("close gives a reader that does not read one second, and counts what it abandons", async () => {
    const { writer, lost, clock } = reader();
    for (let i = 0; i < 4; i++) writer.write(line(i));
    const closed = writer.close();
    await clock.advance(2000);
    await closed;
    expect(lost).toEqual([["closed", 4]]);
    expect(writer.waitingBytes).toBe(0);
  });

  test("if the reader closes the pipe, the lines that waited are lost, and nothing throws", async () => {
    const { writer, state, lost } = reader();
    writer.write(line(0));
    state.fault = Object.assign(new Error("gone"), { code: "EPIPE" });
    await writer.flush();
    writer.write(line(1));
    expect(lost).toEqual([
      ["EPIPE", 1],
      ["EPIPE", 1],
    ]);
    await writer.close();
  });
});

describe("per turn", () => {
  test("the lines of a turn are one write, which is early if there are many", async () => {
    const writes: string[] = [];
    const writer = new TurnWriter(
      (text) => void writes.push(text),
      () => undefined,
    );
    for (let i = 0; i < 10; i++) writer.write(line(i));
    expect(writes).toEqual([]);
    await new Promise(setImmediate);
    expect(writes).toEqual([Array.from({ length: 10 }, (_, i) => line(i)).join("")]);
    writer.write("x".repeat(300_000));
    expect(writes).toHaveLength(2);
    writer.write("last\n");
    const listeners = process.listenerCount("SIGTERM");
    writer.close();
    expect(writes.at(-1)).toBe("last\n");
    expect(process.listenerCount("SIGTERM")).toBe(listeners - 1);
  });

  test("a write that fails reports how many lines were lost with it", () => {
    const lost: number[] = [];
    const writer = new TurnWriter(
      () => {
        throw new Error("no");
      },
      (_, lines) => void lost.push(lines),
    );
    for (let i = 0; i < 3; i++) writer.write(line(i));
    writer.close();
    expect(lost).toEqual([3]);
  });
});

test.each([
  [{ mode: "async" }, /stdout mode.*"async"/],
  [{ buffer: "1mb" }, /stdout buffer/],
  [{ mode: "background", buffer: 10 }, /stdout buffer/],
  [{ mode: "background", buffer: "x" }, /stdout buffer/],
  [{ sync: false }, /sync/],
])("stdout refuses %j", (options, message) => {
  expect(() => stdout(options as unknown as StdoutOptions)).toThrow(TypeError);
  expect(() => stdout(options as unknown as StdoutOptions)).toThrow(message);
});
