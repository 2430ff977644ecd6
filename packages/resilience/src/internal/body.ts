import { type Clock, startTimer } from "@seaworthy/core";
import { timeoutError } from "./invoke.ts";

/** How the body of a response is watched. */
export interface BodyPlan {
  /** The longest wait for a chunk, in milliseconds. */
  readonly idle: number | undefined;
  /** Whether the attempt lasts until the end of the body. */
  readonly whole: boolean;
  readonly clock: Clock;
}

/**
 * The same response with a body that reports its end, and fails if the next chunk takes too long. The time that the reader
 * takes between chunks does not count.
 *
 * @param request - aborted if a chunk takes too long
 */
export function watchBody(
  response: Response,
  { idle, clock }: BodyPlan,
  request: AbortController,
): { response: Response; ended: Promise<void> } {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => undefined); // a caller may only read the body
  const { body } = response;
  if (body === null) {
    resolve();
    return { response, ended };
  }
  const reader = body.getReader();
  const next = async (): Promise<{ done: boolean; value?: Uint8Array | undefined }> => {
    if (idle === undefined) return reader.read();
    const late = Promise.withResolvers<never>();
    const cancel = startTimer(clock, idle, () => {
      const error = timeoutError("body", idle);
      late.reject(error);
      request.abort(error);
    });
    try {
      return await Promise.race([reader.read(), late.promise]);
    } finally {
      cancel();
    }
  };
  const watched = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await next();
        if (!done) return controller.enqueue(value as Uint8Array);
        controller.close();
        resolve();
      } catch (error) {
        reject(error);
        throw error;
      }
    },
    async cancel(reason) {
      // A reader that stops early does not mean that the upstream failed.
      resolve();
      await reader.cancel(reason);
    },
  });
  const { status, statusText, headers, url, redirected } = response;
  const copy = new Response(watched, { status, statusText, headers });
  // The constructor takes neither of these.
  Object.defineProperties(copy, { url: { value: url }, redirected: { value: redirected } });
  return { response: copy, ended };
}
