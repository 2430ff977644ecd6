import type { Session } from "node:inspector/promises";
import { type Clock, startTimer } from "@seaworthy/core";

/** Takes CPU profiles and heap snapshots of this process, one at a time. */
export class Inspection {
  readonly #clock: Clock;
  #isRunning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** A CPU profile of `time` milliseconds, in the format of Chrome's developer tools. Canceling the stream ends it. */
  cpuProfile(time: number): ReadableStream<Uint8Array> {
    return this.#stream(async (session, { write, canceled }) => {
      await session.post("Profiler.enable");
      await session.post("Profiler.start");
      const stopped = Promise.withResolvers<void>();
      const stop = startTimer(this.#clock, time, stopped.resolve);
      await Promise.race([stopped.promise, canceled]);
      stop();
      const { profile } = await session.post("Profiler.stop");
      write(JSON.stringify(profile));
    });
  }

  /** A snapshot of the heap. While it is taken, the event loop stands still. */
  heapSnapshot(): ReadableStream<Uint8Array> {
    return this.#stream(async (session, { write }) => {
      session.on("HeapProfiler.addHeapSnapshotChunk", ({ params }) => write(params.chunk));
      await session.post("HeapProfiler.enable");
      await session.post("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
    });
  }

  #stream(
    run: (session: Session, io: { write: (text: string) => void; canceled: Promise<void> }) => Promise<void>,
  ): ReadableStream<Uint8Array> {
    this.#isRunning = true;
    const encoder = new TextEncoder();
    const canceled = Promise.withResolvers<void>();
    let isCanceled = false;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const write = (text: string): void => {
          if (!isCanceled) controller.enqueue(encoder.encode(text));
        };
        void this.#withSession((session) => run(session, { write, canceled: canceled.promise })).then(
          () => isCanceled || controller.close(),
          (error) => isCanceled || controller.error(error),
        );
      },
      cancel: () => {
        isCanceled = true;
        canceled.resolve();
      },
    });
  }

  /** The inspector is loaded when it is first needed: some runtimes do not have it. */
  async #withSession(run: (session: Session) => Promise<void>): Promise<void> {
    try {
      const { Session } = await import("node:inspector/promises");
      const session = new Session();
      session.connect();
      try {
        await run(session);
      } finally {
        session.disconnect();
      }
    } finally {
      this.#isRunning = false;
    }
  }
}
