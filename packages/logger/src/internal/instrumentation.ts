import { tracingChannel } from "node:diagnostics_channel";
import { METADATA, type MetadataStream, type PinoInside, sym } from "./pino.ts";
import type { Sink } from "./sink.ts";

// pino publishes the making of each line here for tools that watch applications (https://github.com/pinojs/pino/pull/2281);
// they subscribe by this name, and get from a Seaworthy logger what they get from pino.
const asJson = tracingChannel("pino_asJson");

/** Makes a line where the subscribers of pino's channel see it; without any it costs one look at the channel. */
export function traceLine(
  logger: object,
  call: { level: number; fields: object | undefined; message: string | undefined; time: string },
  make: () => string,
): string {
  const { level, fields = {}, message, time } = call;
  return asJson.traceSync(make, { instance: logger, arguments: [fields, message, level, `,"time":${time}`] });
}

/** Whether a tool wants to see lines being made. */
export function isTraced(): boolean {
  return asJson.hasSubscribers;
}

/**
 * The stream that an instrumentation has put in the place of the logger's own when pino was called, so that it receives
 * the lines too: OpenTelemetry's does so. What it hands back to the logger's own stream is not written a second time.
 */
export class ReplacedStream {
  readonly #stream: MetadataStream;
  readonly #sink: Sink;

  constructor(stream: MetadataStream, sink: Sink) {
    this.#stream = stream;
    this.#sink = sink;
  }

  /** The stream in the place of the sink's, if there is one. */
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
      // The tool's own failure; the line has been written.
    } finally {
      this.#sink.isEcho = false;
    }
  }
}
