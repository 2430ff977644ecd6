import { deepEqual, doesNotReject, equal, match, ok } from "node:assert/strict";
import { systemClock } from "@seaworthy/core";
import { type ConformanceCase, conformanceCases } from "@seaworthy/core/conformance";
import { createLogger } from "./create-logger.ts";
import type { Destination, DestinationSetting } from "./destinations/destination.ts";

/** An empty place that lines are written to, such as a file or a server. It is closed after the case. */
export interface ConformancePlace {
  /** Creates a destination that writes to this place; each call creates another one. */
  create(): Destination;
  /**
   * Returns the lines that have arrived, without their line feeds and without what the destination adds around them.
   * Called after `flush()` or `close()`; what those do not wait for, such as the network, is to be waited for here.
   *
   * @param count - how many lines are expected; the suite never expects fewer than have been written
   */
  read(count: number): readonly string[] | Promise<readonly string[]>;
  close?(): Promise<void>;
}

/**
 * The suite that every log destination passes, for any test runner.
 *
 * @param createPlace - creates a new, empty place for each case
 * @example
 * ```ts
 * import { destinationConformance } from "@seaworthy/logger/conformance";
 * const suite = destinationConformance(() => {
 *   const lines: string[] = [];
 *   return {
 *     create: () => ({ kind: "memory", write: (line: string) => void lines.push(line.slice(0, -1)) }),
 *     read: () => lines,
 *   };
 * });
 * for (const { run } of suite) await run(); // in a test file: it(title, run)
 * ```
 */
export function destinationConformance(
  createPlace: () => ConformancePlace | Promise<ConformancePlace>,
): readonly ConformanceCase[] {
  return conformanceCases({ ...destinationCases, ...loggerCases }, async () => createPlace());
}

type Check = (place: ConformancePlace) => Promise<void>;

const INFO = 30;
const ODD_TEXTS = [
  "",
  " ",
  "a|b\\c\"d'e",
  "ünïcödé 漢字 🚢",
  "\u2028\u2029",
  "%s %d %%",
  "<13>1 - - -",
  "x".repeat(60_000),
];

const destinationCases: Record<string, Check> = {
  "it has a kind that is fit for the label of an event": async (place) => {
    const destination = place.create();
    match(destination.kind ?? "stream", /^[\w.:-]{1,64}$/);
    await opened(destination).close();
  },
  "lines arrive unchanged, in order and once each, of whatever characters and lengths": async (place) => {
    const { destination, flush, close } = opened(place.create());
    const lines = [...numbered(200), ...ODD_TEXTS.map((text) => JSON.stringify({ level: INFO, msg: text }))];
    for (const line of lines) await destination.write(`${line}\n`, INFO);
    await flush();
    deepEqual(await place.read(lines.length), lines);
    await close();
  },
  "flush() and close() resolve if nothing was written, if they are repeated, and if they are called at once": async (
    place,
  ) => {
    const { flush, close } = opened(place.create());
    await doesNotReject(flush());
    await doesNotReject(Promise.all([flush(), flush(), close(), flush(), close()]));
    await doesNotReject(close());
    deepEqual(await place.read(0), []);
  },
  "close() flushes": async (place) => {
    const { destination, close } = opened(place.create());
    const lines = numbered(50);
    for (const line of lines) destination.write(`${line}\n`, INFO);
    await close();
    deepEqual(await place.read(lines.length), lines);
  },
  "a line that is written after close() arrives or counts as lost": async (place) => {
    const { destination, flush, close, lost } = opened(place.create());
    destination.write(`${numbered(1)[0]}\n`, INFO);
    await close();
    let refused = 0;
    try {
      await destination.write('{"level":30,"i":1}\n', INFO);
      await flush();
    } catch {
      refused++;
    }
    await close();
    const arrived = await place.read(lost() + refused === 0 ? 2 : 1);
    equal(arrived.length + lost() + refused, 2);
  },
  "what waits is a number of bytes, and 0 after flush()": async (place) => {
    const { destination, flush, close } = opened(place.create());
    const waiting = (): number => destination.waitingBytes ?? 0;
    ok(waiting() >= 0);
    for (const line of numbered(20)) destination.write(`${line}\n`, INFO);
    ok(waiting() >= 0);
    await flush();
    equal(waiting(), 0);
    await place.read(20);
    await close();
  },
  "a destination that accepts lines is healthy": async (place) => {
    const { destination, flush, close } = opened(place.create());
    destination.write(`${numbered(1)[0]}\n`, INFO);
    await flush();
    await place.read(1);
    equal(destination.health?.().status ?? "healthy", "healthy");
    await close();
  },
};

const loggerCases: Record<string, Check> = {
  "a logger that is closed has written all its lines": async (place) => {
    const logger = createLogger({ name: "conformance", pretty: false, level: "trace", destinations: place.create() });
    for (let i = 0; i < 200; i++) logger.info({ i }, "line %d", i);
    logger.fatal({ i: 200 }, "the last line");
    await logger.close();
    const arrived = (await place.read(201)).map(numberIn);
    deepEqual(
      arrived,
      Array.from({ length: 201 }, (_, i) => i),
    );
    deepEqual(logger.health().data.lostLines, 0);
  },
  "closing one of two loggers loses no line of the other": async (place) => {
    const destination = place.create();
    const options = { pretty: false, destinations: destination };
    const [one, two] = [createLogger({ name: "one", ...options }), createLogger({ name: "two", ...options })];
    one.info({ i: 0 }, "before");
    await one.close();
    two.info({ i: 1 }, "after");
    await two.close();
    const arrived = await place.read(2 - one.health().data.lostLines - two.health().data.lostLines);
    equal(arrived.length + one.health().data.lostLines + two.health().data.lostLines, 2);
  },
};

function numberIn(line: string): number {
  const record: { i: number } = JSON.parse(line);
  return record.i;
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `{"level":30,"i":${i}}`);

/** The destination after its `open`, with the methods that it may leave out. */
function opened(destination: Destination): {
  destination: Destination;
  flush(): Promise<unknown>;
  close(): Promise<unknown>;
  lost(): number;
} {
  let lost = 0;
  const setting: DestinationSetting = {
    clock: systemClock,
    onLost: (_, lines = 1) => {
      lost += lines;
    },
    onFailed: () => undefined,
    onRecovered: () => undefined,
    parse: () => undefined,
    format: (level, fields, message) => `${JSON.stringify({ level, ...fields, msg: message })}\n`,
  };
  destination.open?.(setting);
  return {
    destination,
    flush: async () => destination.flush?.(),
    close: async () => destination.close?.(),
    lost: () => lost,
  };
}
