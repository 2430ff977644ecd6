import { type Clock, jsonSafe, startTimer } from "@seaworthy/core";
import type { TailedLines } from "../ports.ts";

const KEEP_ALIVE = 15_000;

/**
 * The lines of a tail as server-sent events (HTML Standard, section 9.2), with a comment every 15 seconds, so that proxies do
 * not take the connection for dead. What the reader was too slow for is counted in an event named `dropped`.
 */
export function eventStream(lines: TailedLines, clock: Clock): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = lines[Symbol.asyncIterator]();
  let dropped = 0;
  let cancelBeat: (() => void) | undefined;
  let isCanceled = false;
  const end = (): void => {
    cancelBeat?.();
    lines.close();
  };
  const beat = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    cancelBeat = startTimer(clock, KEEP_ALIVE, () => {
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(":\n\n"));
      beat(controller);
    });
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(": the stream has begun\n\n"));
        beat(controller);
      },
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (isCanceled) return;
        if (done === true) {
          end();
          controller.close();
          return;
        }
        const now = lines.dropped ?? 0;
        const gap = now > dropped ? `event: dropped\ndata: ${now - dropped}\n\n` : "";
        dropped = now;
        controller.enqueue(encoder.encode(`${gap}data: ${JSON.stringify(jsonSafe(value))}\n\n`));
      },
      cancel() {
        isCanceled = true;
        end();
      },
    },
    // Few lines at a time: what a slow reader has not taken stays in the tail, which is bounded.
    { highWaterMark: 2 },
  );
}
