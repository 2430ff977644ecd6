import { isObject } from "@seaworthy/core/objects";
import type { Snapshot } from "./prom.ts";

/** What gives samples as data: a `Metrics`. */
export interface SnapshotSource {
  snapshots(): Promise<Snapshot[]>;
}

/** The type of the primary's message to a worker. */
export const REQUEST = "seaworthy:metrics:request";
/** The type of a worker's message to the primary. */
export const ANSWER = "seaworthy:metrics:answer";

/** A worker's message. */
export interface Answer {
  readonly type: typeof ANSWER;
  /** The request that it answers; none if the worker sends it because it ends. */
  readonly id?: unknown;
  /** None if the worker could not read its metrics. */
  readonly snapshots?: readonly Snapshot[];
}

/** Whether a message of a worker is an answer, among whatever else the host sends. */
export function isAnswer(message: unknown): message is Answer {
  if (!isObject(message) || message.type !== ANSWER) return false;
  return message.snapshots === undefined || Array.isArray(message.snapshots);
}
