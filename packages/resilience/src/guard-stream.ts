import { type Clock, type Duration, systemClock } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  positiveDuration,
  showValue,
  signalOption,
  withDefault,
} from "@seaworthy/core/options";
import { waitAtMost } from "@seaworthy/core/waiting";
import { type ChunkReader, readerOf } from "./internal/chunk-reader.ts";
import { timeoutError } from "./internal/invoke.ts";
import { checkName } from "./internal/options.ts";

/** Options of {@link guardStream}. */
export interface StreamOptions {
  /** The longest wait for the next chunk; more than 0. The time that the reader takes between chunks is not part of it. @default no limit */
  idleTimeout?: Duration;
  /** Ends the stream: the reader gets the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Named in the error's message. @default "stream" */
  name?: string;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS: readonly string[] = ["idleTimeout", "signal", "name", "clock"];

/**
 * Reads a stream under guard: it fails if the next chunk takes too long, and it ends when the caller aborts. The source may
 * be a web stream, a readable stream of Node.js, or any async iterable, such as the events of an SDK. If it is given up, the
 * source is canceled, even while a chunk is awaited; an async generator gets `return()`.
 *
 * A timer exists only while a chunk is awaited. `ReadableStream.from()` makes a web stream of the result.
 *
 * @throws TypeError if the source is not a stream, or an option is wrong
 * @throws RESILIENCE_TIMEOUT (while it is read) if no chunk came within `idleTimeout`
 * @example
 * ```ts
 * import { guardStream } from "@seaworthy/resilience";
 * const tokens = new Blob(["one two"]).stream().pipeThrough(new TextDecoderStream());
 * for await (const token of guardStream(tokens, { idleTimeout: "10s" })) console.log(token); // one two
 * ```
 */
export function guardStream<T>(
  source: AsyncIterable<T> | ReadableStream<T>,
  options: StreamOptions = {},
): AsyncGenerator<T, void, undefined> {
  const reader = readerOf(source);
  if (reader === undefined)
    throw new TypeError(`guardStream takes a stream or an async iterable; got ${showValue(source)}`);
  checkOptions("guardStream", options, OPTIONS);
  const { clock = systemClock, idleTimeout } = options;
  clockOption("clock", clock);
  signalOption("signal", options.signal);
  const name = checkName(withDefault(options.name, "stream"), "guardStream");
  const limit = idleTimeout === undefined ? undefined : positiveDuration("idleTimeout", idleTimeout);
  return chunks(reader, { name, limit, clock, signal: options.signal });
}

interface ReadPlan {
  readonly name: string;
  readonly limit: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

async function* chunks<T>(reader: ChunkReader<T>, { name, limit, clock, signal }: ReadPlan) {
  const onLimit = (): never => {
    throw timeoutError(name, limit ?? 0);
  };
  let ended = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await waitAtMost(reader.next(), { limit, onLimit, clock, signal, keepAlive: true });
      ended = done === true;
      if (ended) return;
      yield value as T;
    }
  } catch (error) {
    ended = true;
    // Not awaited: a source that hangs may never end.
    reader.cancel(error).catch(() => undefined);
    throw error;
  } finally {
    if (!ended) await reader.cancel(undefined);
  }
}
