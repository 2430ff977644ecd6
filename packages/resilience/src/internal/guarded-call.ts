import type { Clock } from "@seaworthy/core";
import type { Call, Operation } from "../call.ts";
import type { Due } from "./deadline-list.ts";

/** What few calls have: made for those alone, so that a call is small. */
export class CallNotes {
  /** The call's own signal joined with those of the caller. */
  joined: AbortSignal | undefined = undefined;
  /** Called once no operation under the call runs any more. */
  idle: (() => void) | undefined = undefined;
  // Of the root only.
  /** The fallback tier that answered. */
  tier: string | undefined = undefined;
  /** What a fallback has answered for. */
  replaced: { readonly error: unknown } | undefined = undefined;
  /** Retries and hedges that a budget refused. */
  refused = 0;
  /** Of tiers. */
  input: unknown = undefined;
  /** Signals of the caller, which go on to govern what the operation has returned. */
  callerSignals: readonly AbortSignal[] | undefined = undefined;
}

/**
 * One run, or one attempt within a run. Attempts, timeouts and hedges are children, so that each can be aborted
 * without the others. It plays the part of an abort signal inside the package, at a small part of the cost; a real
 * signal is made when an operation asks for it.
 */
export class GuardedCall implements Due<GuardedCall> {
  readonly operation: Operation<unknown>;
  /** Of the pipeline; a metric label. */
  readonly name: string;
  readonly clock: Clock;
  readonly parent: GuardedCall | undefined;
  readonly root: GuardedCall;
  attempt = 1;
  /** 0 for the first call of an attempt. */
  hedge = 0;
  /** Whether anything may abort it; where nothing can, nothing has to wait for that. */
  abortable = false;
  /** On the monotonic clock. */
  dueAt: number = Number.POSITIVE_INFINITY;
  /** Whether a timer stands behind `dueAt`. */
  armed = false;
  aborted = false;
  reason: unknown = undefined;
  /** Ends whatever this call waits for at the moment. */
  waiter: ((reason: unknown) => void) | undefined = undefined;
  controller: AbortController | undefined = undefined;
  /** Operations under this call that are no longer waited for and still run. */
  abandonedOperations = 0;
  /** Milliseconds spent in queues, which are not part of the latency of the operation. */
  waited = 0;
  /** Whether it is, or ended, in a queue: the operation was not called. */
  queued = false;
  // Of the root only.
  idempotent = true;
  calls = 0;
  /** `undefined` until there is something to note; see {@link note}. */
  notes: CallNotes | undefined = undefined;
  // Places in the parent's list of children and in a list of deadlines.
  firstChild: GuardedCall | undefined = undefined;
  nextSibling: GuardedCall | undefined = undefined;
  deadlines: { remove(call: GuardedCall): void } | undefined = undefined;
  laterDue: GuardedCall | undefined = undefined;
  earlierDue: GuardedCall | undefined = undefined;

  constructor(operation: Operation<unknown>, name: string, clock: Clock, parent: GuardedCall | undefined) {
    this.operation = operation;
    this.name = name;
    this.clock = clock;
    this.parent = parent;
    this.root = parent === undefined ? this : parent.root;
  }

  /** The notes, to write into. */
  note(): CallNotes {
    this.notes ??= new CallNotes();
    return this.notes;
  }

  /** A call under this one, aborted with it. Give it back with {@link drop}. */
  derive(abortable: boolean, operation: Operation<unknown> = this.operation): GuardedCall {
    const child = new GuardedCall(operation, this.name, this.clock, this);
    child.attempt = this.attempt;
    child.hedge = this.hedge;
    child.abortable = abortable || this.abortable;
    child.dueAt = this.dueAt;
    child.armed = this.armed;
    child.nextSibling = this.firstChild;
    this.firstChild = child;
    if (this.aborted) child.abort(this.reason);
    return child;
  }

  /** Lets go of a child that is over: a later abort does not reach it. */
  drop(child: GuardedCall): void {
    this.waited += child.waited;
    this.queued = child.queued;
    this.release(child);
  }

  /** Aborts a run of another pipeline together with this call. Give it back with {@link release}. */
  adopt(run: GuardedCall): void {
    run.nextSibling = this.firstChild;
    this.firstChild = run;
  }

  /** Takes a child or an adopted run out of the list. */
  release(child: GuardedCall): void {
    if (this.firstChild === child) {
      this.firstChild = child.nextSibling;
      return;
    }
    for (let at = this.firstChild; at !== undefined; at = at.nextSibling) {
      if (at.nextSibling === child) at.nextSibling = child.nextSibling;
    }
  }

  /** Ends the call and everything under it. The first reason holds. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    // The waiting caller gets the reason itself, before the operation can answer its signal with an error of its own.
    const { waiter } = this;
    this.waiter = undefined;
    waiter?.(reason);
    this.controller?.abort(reason);
    for (let child = this.firstChild; child !== undefined; child = child.nextSibling) child.abort(reason);
  }

  /** Keeps count of an operation that still runs although it is no longer waited for, here and in every call above. */
  abandon(work: Promise<unknown>): void {
    for (let call: GuardedCall | undefined = this; call !== undefined; call = call.parent)
      call.abandonedOperations += 1;
    const ended = (): void => {
      for (let call: GuardedCall | undefined = this; call !== undefined; call = call.parent) {
        call.abandonedOperations -= 1;
        if (call.abandonedOperations === 0) call.notes?.idle?.();
      }
    };
    work.then(ended, ended);
  }

  /** Calls back once no operation under this call runs any more; at once if none does. */
  whenIdle(callback: () => void): void {
    if (this.abandonedOperations === 0) {
      callback();
      return;
    }
    const notes = this.note();
    const earlier = notes.idle;
    notes.idle = () => {
      notes.idle = undefined;
      earlier?.();
      callback();
    };
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.aborted) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  /**
   * The signal that an operation sees: the call's own, joined with the caller's. The platform holds the joined one weakly,
   * so it can follow the caller's signal for as long as what the operation has returned.
   */
  get visibleSignal(): AbortSignal {
    const callerSignals = this.root.notes?.callerSignals;
    if (callerSignals === undefined) return this.signal;
    const notes = this.note();
    notes.joined ??= AbortSignal.any([this.signal, ...callerSignals]);
    return notes.joined;
  }

  /** Milliseconds left on the monotonic clock. */
  remaining(): number {
    return this.dueAt === Number.POSITIVE_INFINITY ? this.dueAt : this.dueAt - this.clock.monotonic();
  }
}

/** What an operation sees of its call. */
export class CallView implements Call {
  readonly #call: GuardedCall;

  constructor(call: GuardedCall) {
    this.#call = call;
  }

  get signal(): AbortSignal {
    return this.#call.visibleSignal;
  }

  get hedge(): number {
    return this.#call.hedge;
  }

  get attempt(): number {
    return this.#call.attempt;
  }

  get deadline(): number | undefined {
    const left = this.#call.remaining();
    return left === Number.POSITIVE_INFINITY ? undefined : Math.round(this.#call.clock.now() + left);
  }
}
