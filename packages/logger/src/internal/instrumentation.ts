import { tracingChannel } from "node:diagnostics_channel";
import { METADATA, type MetadataStream, type PinoInside, sym } from "./pino.ts";
import type { Sink } from "./sink.ts";

// pino publishes here that it makes a line (https://github.com/pinojs/pino/pull/2281). Tools that monitor applications
// subscribe by this name, and receive from a logger of this package what they receive from pino.
const asJson = tracingChannel("pino_asJson");

/** Makes a line and publishes that on pino's channel. Without a subscriber, it costs the check of the channel. */
export function traceLine(
  logger: object,
  call: { level: number; fields: object | undefined; message: string | undefined; time: string },
  make: () => string,
): string {
  const { level, fields = {}, message, time } = call;
  return asJson.traceSync(make, { instance: logger, arguments: [fields, message, level, `,"time":${time}`] });
}

/** Whether a tool subscribes to the making of lines. */
export function isTraced(): boolean {
  return asJson.hasSubscribers;
}

/**
 * The stream with which an instrumentation has replaced the stream of the logger when pino was called, as that of
 * OpenTelemetry does. It receives the lines too. What it passes on to the stream of the logger is not written twice.
 */
export class ReplacedStream {
  readonly #stream: MetadataStream;
  readonly #sink: Sink;

  constructor(stream: MetadataStream, sink: Sink) {
    this.#stream = stream;
    this.#sink = sink;
  }

  /** Returns the stream that replaces the sink's; `undefined` if the logger has the stream of the sink. */
  static of(root: PinoInside, sink: Sink): ReplacedStream | undefined {
    const stream = root[sym.stream] as MetadataStream;
    return stream === sink.stream ? undefined : new ReplacedStream(stream, sink);
  }

  write(line: string, level: number, logger: object): void {
    const stream = this.#stream;
    this.#sink.isEcho = true;
    try {
      if (stream[METADATA] === true) {
        stream.lastLevel = level;
        stream.lastLogger = logger;
      }
      stream.write(line);
    } catch {
      // The tool failed. The line has been written already.
    } finally {
      this.#sink.isEcho = false;
    }
  }
}
