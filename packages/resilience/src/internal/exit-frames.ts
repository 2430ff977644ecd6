import type { GuardedCall } from "./guarded-call.ts";

/**
 * What a guard does once what it let through is over. A promise that it answers takes the outcome's place; with
 * `undefined` the outcome stands.
 */
export interface ExitHandler<S = unknown> {
  onReturn(call: GuardedCall, value: unknown, state: S): Promise<unknown> | undefined;
  onThrow(call: GuardedCall, error: unknown, state: S): Promise<unknown> | undefined;
}

/**
 * The guards that a call has entered, the innermost first. They all leave in one turn of the promise that they share,
 * where a `then` in each would take a promise and a turn a guard.
 */
export class ExitFrame {
  readonly handler: ExitHandler;
  readonly call: GuardedCall;
  readonly state: unknown;
  readonly outer: ExitFrame | undefined;

  constructor(handler: ExitHandler, call: GuardedCall, state: unknown, outer: ExitFrame | undefined) {
    this.handler = handler;
    this.call = call;
    this.state = state;
    this.outer = outer;
  }
}

/** The outcome of `work` after every guard has left. */
export function unwind(work: Promise<unknown>, exit: ExitFrame | undefined): Promise<unknown> {
  if (exit === undefined) return work;
  return work.then(
    (value) => exitWithValue(exit, value),
    (error) => exitWithError(exit, error),
  );
}

/** What a value becomes once every guard has left. Throws what the outcome fails with. */
export function exitWithValue(exit: ExitFrame | undefined, value: unknown): unknown {
  for (let at = exit; at !== undefined; at = at.outer) {
    let instead: Promise<unknown> | undefined;
    try {
      instead = at.handler.onReturn(at.call, value, at.state);
    } catch (error) {
      return exitWithError(at.outer, error);
    }
    if (instead !== undefined) return unwind(instead, at.outer);
  }
  return value;
}

/** What a failure becomes once every guard has left; most often it is thrown again. */
export function exitWithError(exit: ExitFrame | undefined, thrown: unknown): unknown {
  let error = thrown;
  for (let at = exit; at !== undefined; at = at.outer) {
    let instead: Promise<unknown> | undefined;
    try {
      instead = at.handler.onThrow(at.call, error, at.state);
    } catch (failure) {
      error = failure; // the guards further out have to be left all the same
    }
    if (instead !== undefined) return unwind(instead, at.outer);
  }
  throw error;
}
