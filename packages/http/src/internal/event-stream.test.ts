import { manualClock } from "@seaworthy/core/testing";
import { expect, test } from "vitest";
import type { TailedLines } from "../ports.ts";
import { eventStream } from "./event-stream.ts";

interface Script extends TailedLines {
  dropped: number;
  closed: number;
  push(line: unknown): void;
}

function script(): Script {
  const waiting: unknown[] = [];
  let wake: (() => void) | undefined;
  return {
    dropped: 0,
    closed: 0,
    push(line) {
      waiting.push(line);
      wake?.();
    },
    close() {
      this.closed++;
      wake?.();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift();
        if (this.closed > 0) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** Reads the stream itself: a stream behind it would pass a cancellation on only later. */
function texts(stream: ReadableStream<Uint8Array>): {
  read(): Promise<{ done: boolean; value: string }>;
  cancel(): Promise<void>;
} {
  const reader = stream.getReader();
  return {
    async read() {
      const { done, value } = await reader.read();
      return { done, value: new TextDecoder().decode(value) };
    },
    cancel: () => reader.cancel(),
  };
}

test("lines are events, and what the reader was too slow for is counted before the next one", async () => {
  const lines = script();
  const reader = texts(eventStream(lines, manualClock()));
  expect((await reader.read()).value).toBe(": the stream has begun\n\n");
  lines.push({ msg: "one\nof two rows" });
  expect((await reader.read()).value).toBe('data: {"msg":"one\\nof two rows"}\n\n');
  lines.dropped = 7;
  lines.push({ msg: "two" });
  expect((await reader.read()).value).toBe('event: dropped\ndata: 7\n\ndata: {"msg":"two"}\n\n');
  lines.push({ msg: "three" });
  expect((await reader.read()).value).toBe('data: {"msg":"three"}\n\n');
});

test("a comment keeps a silent stream alive, and no timer is left behind its end", async () => {
  const clock = manualClock();
  const lines = script();
  const reader = texts(eventStream(lines, clock));
  await reader.read();
  for (let i = 0; i < 3; i++) {
    await clock.advance("15s");
    expect((await reader.read()).value).toBe(":\n\n");
  }
  expect(clock.pending).toBe(1);
  await reader.cancel();
  expect([lines.closed, clock.pending]).toEqual([1, 0]);
});

test("the stream ends when the tail does, and a line that cannot be shown does not break it", async () => {
  const lines = script();
  const reader = texts(eventStream(lines, manualClock()));
  await reader.read();
  const cyclic: Record<string, unknown> = { msg: "cyclic", big: 7n };
  cyclic.self = cyclic;
  lines.push(cyclic);
  expect((await reader.read()).value).toMatch(/^data: \{"msg":"cyclic"/);
  lines.close();
  expect((await reader.read()).done).toBe(true);
});
