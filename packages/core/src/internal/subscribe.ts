import type { Channel } from "node:diagnostics_channel";
import { warnOfCallback } from "../listeners.ts";

/**
 * Calls `listener` with every message of a channel, so that it can neither break the code that publishes nor loop:
 * diagnostics_channel turns an exception of a subscriber into an uncaughtException, so no exception may leave here.
 *
 * @returns a function that unsubscribes
 */
export function subscribe<T>(channel: Channel, listener: (message: T) => unknown): () => void {
  if (typeof listener !== "function") throw new TypeError("listener must be a function");
  let busy = false;
  const report = (error: unknown): void =>
    warnOfCallback(listener, { name: "A telemetry listener", code: "CORE_TELEMETRY_LISTENER" }, error);
  const subscriber = (message: unknown): void => {
    if (busy) return;
    busy = true;
    try {
      const result = listener(message as T);
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    } finally {
      busy = false;
    }
  };
  channel.subscribe(subscriber);
  return () => void channel.unsubscribe(subscriber);
}
