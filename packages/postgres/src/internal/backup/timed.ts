import { backupEvent } from "../../telemetry.ts";

/** Runs one action and emits how it ended. */
export async function timed<T>(action: string, fn: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const emit = (outcome: string, error?: unknown): void => {
    if (backupEvent.active) backupEvent.emit({ action, outcome }, (performance.now() - began) / 1000, { error });
  };
  try {
    const result = await fn();
    emit("ok");
    return result;
  } catch (error) {
    emit("failed", error);
    throw error;
  }
}
