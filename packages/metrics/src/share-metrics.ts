import cluster from "node:cluster";
import { isObject } from "@seaworthy/core/objects";
import { showValue } from "@seaworthy/core/options";
import { ANSWER, REQUEST, type SnapshotSource } from "./internal/share.ts";

/**
 * In a `node:cluster` worker, answers the primary's requests for `metrics`. Returns a function that sends the primary
 * what was counted since its last request, and then stops answering; call it when the worker shuts down. In another
 * process it does nothing.
 *
 * @throws TypeError if `metrics` has no `snapshots()`
 */
export function shareMetrics(metrics: SnapshotSource): () => Promise<void> {
  if (typeof metrics?.snapshots !== "function")
    throw new TypeError(`metrics must have snapshots(); got ${showValue(metrics)}`);
  if (!cluster.isWorker) return async () => undefined;
  const send = async (id: unknown): Promise<void> => {
    const snapshots = await metrics.snapshots().catch(() => undefined);
    if (!process.connected) return;
    // A callback keeps a channel that has just closed from becoming an 'error' event.
    await new Promise<void>((resolve) =>
      process.send?.({ type: ANSWER, id, snapshots }, undefined, {}, () => resolve()),
    );
  };
  const listener = (message: unknown): void => {
    if (isObject(message) && message.type === REQUEST) void send(message.id);
  };
  process.on("message", listener);
  return async () => {
    if (!process.listeners("message").includes(listener)) return;
    process.off("message", listener);
    await send(undefined);
  };
}
