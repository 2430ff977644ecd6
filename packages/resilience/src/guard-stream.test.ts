import { Readable } from "node:stream";
import { manualClock } from "@seaworthy/core/testing";
import { expect, test, vi } from "vitest";
import { guardStream } from "./index.ts";

async function* counting(until: number): AsyncGenerator<number, void, undefined> {
  for (let count = 1; count <= until; count++) yield count;
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const chunk of stream) seen.push(chunk);
  return seen;
}

const KINDS = {
  "an async generator": () => counting(3),
  "a web stream": () => ReadableStream.from(counting(3)),
  "a stream of Node.js": () => Readable.from(counting(3)),
};

test.each(Object.entries(KINDS))("%s is read to its end, in order, and no timer is left", async (_kind, create) => {
  const clock = manualClock();
  expect(await collect(guardStream(create() as AsyncIterable<number>, { idleTimeout: "1s", clock }))).toEqual([
    1, 2, 3,
  ]);
  expect(clock.pending).toBe(0);
});

test("a chunk that takes too long is a timeout, and cancels the web stream", async () => {
  const clock = manualClock();
  const cancel = vi.fn();
  const source = new ReadableStream<string>({ start: (controller) => controller.enqueue("first"), cancel });
  const stream = guardStream(source, { idleTimeout: 100, name: "answers", clock });
  expect(await stream.next()).toEqual({ done: false, value: "first" });
  await clock.advance(5000); // the reader may take its time
  const next = stream.next().catch((error: unknown) => error);
  await clock.advance(100);
  const error = await next;
  expect(error).toMatchObject({
    code: "RESILIENCE_TIMEOUT",
    message: "answers: the operation did not end within 100 ms",
  });
  expect(cancel).toHaveBeenCalledExactlyOnceWith(error);
  expect(clock.pending).toBe(0);
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("the caller's abort ends a stream that waits, whatever its kind, and gives the caller's reason", async () => {
  const hanging = new Readable({ read: () => undefined });
  const sources = [
    { source: new ReadableStream<number>(), ended: () => true },
    { source: hanging, ended: () => hanging.destroyed },
    {
      source: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) },
      ended: () => true,
    },
  ];
  for (const { source, ended } of sources) {
    const controller = new AbortController();
    const stream = guardStream(source as AsyncIterable<unknown>, { signal: controller.signal });
    const next = stream.next();
    const reason = new Error("the client left");
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    expect(ended()).toBe(true);
  }
});

test("an aborted signal reads nothing", async () => {
  const next = vi.fn();
  const stream = guardStream({ [Symbol.asyncIterator]: () => ({ next }) }, { signal: AbortSignal.abort("left") });
  await expect(stream.next()).rejects.toBe("left");
  expect(next).not.toHaveBeenCalled();
});

test("a reader that stops early lets the source clean up, and an error of the source is passed on", async () => {
  const ended = vi.fn();
  async function* source() {
    try {
      yield* counting(9);
    } finally {
      ended();
    }
  }
  for await (const count of guardStream(source())) if (count === 2) break;
  expect(ended).toHaveBeenCalledOnce();
  const error = new Error("broken");
  async function* broken(): AsyncGenerator<number> {
    yield 1;
    throw error;
  }
  await expect(collect(guardStream(broken(), { idleTimeout: "1s" }))).rejects.toBe(error);
});

test.each([[undefined], [null], ["text"], [{}], [[1, 2]]])("what is not a stream is refused: %s", (source) => {
  expect(() => guardStream(source as never)).toThrow(/guardStream takes a stream or an async iterable; got/);
});

test("wrong options are refused with their name", () => {
  const create = () => counting(1);
  expect(() => guardStream(create(), { idleTimeout: 0 })).toThrow(/idleTimeout must be more than 0; got 0/);
  expect(() => guardStream(create(), { signal: {} as never })).toThrow(/signal must be an AbortSignal/);
  expect(() => guardStream(create(), { idle: 5 } as never)).toThrow(/has no option "idle"/);
});
