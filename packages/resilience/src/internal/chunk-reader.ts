import { readMember } from "@seaworthy/core/objects";

/** Reads a stream of any kind, chunk by chunk. */
export interface ChunkReader<T> {
  next(): Promise<IteratorResult<T, unknown>>;
  /** Gives up the source. */
  cancel(reason: unknown): Promise<unknown>;
}

/** A reader of a web stream, a stream of Node.js or an async iterable; `undefined` for another value. */
export function readerOf<T>(source: AsyncIterable<T> | ReadableStream<T>): ChunkReader<T> | undefined {
  // The iterator of a web stream cannot be ended while it waits; its reader can.
  if (isWebStream(source)) return webReader(source);
  return typeof readMember(source, Symbol.asyncIterator) === "function" ? iterableReader(source) : undefined;
}

function isWebStream<T>(source: AsyncIterable<T> | ReadableStream<T>): source is ReadableStream<T> {
  return typeof readMember(source, "getReader") === "function";
}

function webReader<T>(stream: ReadableStream<T>): ChunkReader<T> {
  const reader = stream.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done, value } : { done, value };
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

function iterableReader<T>(source: AsyncIterable<T>): ChunkReader<T> {
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: async () => iterator.next(),
    async cancel(reason) {
      const destroy = reason === undefined ? undefined : readMember(source, "destroy");
      if (typeof destroy === "function") destroy.call(source, reason instanceof Error ? reason : undefined);
      await iterator.return?.();
    },
  };
}
