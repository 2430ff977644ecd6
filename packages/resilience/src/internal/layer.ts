import { type ExitFrame, unwind } from "./exit-frames.ts";
import type { GuardedCall } from "./guarded-call.ts";

/**
 * Runs the rest of a pipeline, then leaves the guards of `exit`: a step passes `exit` on or unwinds it. It never
 * throws: a failure is a rejection.
 */
export type Next = (call: GuardedCall, exit: ExitFrame | undefined) => Promise<unknown>;
/**
 * Lays one guard over the rest of a pipeline, once, when the pipeline is built. `outermost` says that each call that it
 * is given is its own: nothing around it uses the call.
 */
export type Layer = (next: Next, outermost?: boolean) => Next;

/** A step that takes a promise of its own, whatever it does in between. */
export function detached(work: (call: GuardedCall) => Promise<unknown>): Next {
  return (call, exit) => unwind(work(call), exit);
}
