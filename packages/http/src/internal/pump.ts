import type { ServerResponse } from "node:http";

/** Sends a stream as the body of an answer, no faster than its client reads, and cancels it if the client leaves. */
export async function pump(stream: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  if (response.destroyed) return cancel();
  response.once("close", cancel);
  response.flushHeaders();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || response.destroyed) break;
      if (!response.write(value)) await drained(response);
    }
    response.off("close", cancel);
    response.end();
  } catch (error) {
    response.destroy(error as Error);
  }
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const proceed = (): void => {
      response.off("drain", proceed).off("close", proceed);
      resolve();
    };
    response.on("drain", proceed).on("close", proceed);
  });
