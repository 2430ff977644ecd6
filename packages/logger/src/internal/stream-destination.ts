import type { Destination, DestinationHealth, DestinationSetting } from "../destinations/destination.ts";
import { reasonOf } from "./output-status.ts";
import { METADATA, type MetadataStream } from "./pino.ts";
import { releaseStream, takeStream } from "./shared-transport.ts";

/** The members of streams that are used here, as far as a stream has them. */
interface AnyStream extends MetadataStream {
  readonly kind?: unknown;
  readonly writableLength?: unknown;
  on?(event: string, listener: (error: unknown) => void): unknown;
  flush?(done: () => void): unknown;
  flushSync?(): unknown;
  write(line: string, done?: () => void): unknown;
}

// Streams that have an "error" listener already: many loggers may share one stream.
const guarded = new WeakSet<object>();

/** Whether this is a stream of Node.js or pino, and not a destination, which may be an emitter as well. */
export function isStream(value: { write: unknown }): value is AnyStream {
  const { kind, on, [METADATA]: wantsLevel } = value as AnyStream;
  return kind === undefined && (typeof on === "function" || wantsLevel === true);
}

/** A stream as a destination. It belongs to the host, so that it is flushed, but not closed. */
export class StreamDestination implements Destination {
  readonly #stream: AnyStream;
  #isClosed = false;
  #failure: string | undefined;

  constructor(stream: AnyStream) {
    this.#stream = stream;
    takeStream(stream);
  }

  get waitingBytes(): number {
    const { writableLength } = this.#stream;
    return typeof writableLength === "number" ? writableLength : 0;
  }

  // A stream without a listener ends the process when it emits "error".
  open({ onLost }: DestinationSetting): void {
    const stream = this.#stream;
    if (typeof stream.on !== "function" || guarded.has(stream)) return;
    guarded.add(stream);
    stream.on("error", (error) => {
      this.#failure = reasonOf(error);
      onLost(this.#failure);
    });
  }

  health(): DestinationHealth {
    return this.#failure === undefined ? { status: "healthy" } : { status: "degraded", reason: this.#failure };
  }

  write(line: string, level: number): void {
    this.#failure = undefined; // a stream that still fails emits its next error later
    // pino.multistream writes no line whose level is not set beforehand.
    if (this.#stream[METADATA] === true) this.#stream.lastLevel = level;
    this.#stream.write(line);
  }

  flushSync(): void {
    this.#stream.flushSync?.();
  }

  flush(): Promise<void> | undefined {
    const stream = this.#stream;
    if (typeof stream.flush === "function" && stream.flush.length > 0)
      return new Promise((resolve) => stream.flush?.(() => resolve()));
    if (this.waitingBytes === 0) return undefined;
    return new Promise((resolve) => stream.write("", () => resolve()));
  }

  close(): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    this.#isClosed = true;
    return releaseStream(this.#stream);
  }
}
