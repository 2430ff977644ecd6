import { isSeaworthyError } from "@seaworthy/core";
import type { Plan } from "./plan.ts";

/**
 * Runs what follows the count of an attempt. If it fails although nothing was guessed wrong, because the store or the audit
 * trail is down, the attempt is taken back: an outage must not lock those who know their password.
 */
export async function uncountedIfDown<T>({ store }: Plan, userId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // What failed first is what the caller has to know.
    if (!isRefusal(error)) await store.undoAttempt(userId).catch(() => undefined);
    throw error;
  }
}

/** What the service itself refuses has been counted, or taken back, where it was refused. */
function isRefusal(error: unknown): boolean {
  return isSeaworthyError(error) && error.code.startsWith("AUTH_") && error.code !== "AUTH_STORE_FAILED";
}
