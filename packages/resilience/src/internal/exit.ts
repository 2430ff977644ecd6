import type { GuardedCall, Next } from "./guarded-call.ts";

/**
 * What a guard does once what it let through is over. A promise that it answers takes the outcome's place; with
 * `undefined` the outcome stands.
 */
export interface Leave<S = unknown> {
  returned(call: GuardedCall, value: unknown, state: S): Promise<unknown> | undefined;
  threw(call: GuardedCall, error: unknown, state: S): Promise<unknown> | undefined;
}

/**
 * The guards that a call has entered, the innermost first. They all leave in one turn of the promise that they share,
 * where a `then` in each would take a promise and a turn a guard.
 */
export class Exit {
  readonly leave: Leave;
  readonly call: GuardedCall;
  readonly state: unknown;
  readonly outer: Exit | undefined;

  constructor(leave: Leave, call: GuardedCall, state: unknown, outer: Exit | undefined) {
    this.leave = leave;
    this.call = call;
    this.state = state;
    this.outer = outer;
  }
}

/** The outcome of `work` after every guard has left. */
export function unwind(work: Promise<unknown>, exit: Exit | undefined): Promise<unknown> {
  if (exit === undefined) return work;
  return work.then(
    (value) => returned(exit, value),
    (error) => threw(exit, error),
  );
}

/** A step that takes a promise of its own, whatever it does in between. */
export function apart(work: (call: GuardedCall) => Promise<unknown>): Next {
  return (call, exit) => unwind(work(call), exit);
}

/** What a value becomes once every guard has left. Throws what the outcome fails with. */
export function returned(exit: Exit | undefined, value: unknown): unknown {
  for (let at = exit; at !== undefined; at = at.outer) {
    let instead: Promise<unknown> | undefined;
    try {
      instead = at.leave.returned(at.call, value, at.state);
    } catch (error) {
      return threw(at.outer, error);
    }
    if (instead !== undefined) return unwind(instead, at.outer);
  }
  return value;
}

/** What a failure becomes once every guard has left; most often it is thrown again. */
export function threw(exit: Exit | undefined, thrown: unknown): unknown {
  let error = thrown;
  for (let at = exit; at !== undefined; at = at.outer) {
    let instead: Promise<unknown> | undefined;
    try {
      instead = at.leave.threw(at.call, error, at.state);
    } catch (failure) {
      error = failure; // the guards further out have to be left all the same
    }
    if (instead !== undefined) return unwind(instead, at.outer);
  }
  throw error;
}
