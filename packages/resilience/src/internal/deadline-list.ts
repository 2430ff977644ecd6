import { type Clock, startTimer } from "@seaworthy/core";

// A list that has run empty this often is in steady use: to set its timer anew would cost what sharing it saves.
const STEADY = 1000;

/** What can be in a list of deadlines: its place there. */
export interface Due<T> {
  /** On the monotonic clock. */
  readonly dueAt: number;
  /** The list that it is in. */
  deadlines: { remove(item: T): void } | undefined;
  earlierDue: T | undefined;
  laterDue: T | undefined;
}

/**
 * The calls that may take the same time, in the order in which they are due, behind one timer. A call costs two
 * pointer writes to add and two to remove. The timer waits for the call that was first when it was set, and never holds
 * the process. It is taken back when the last call has ended; in steady use it stays, and ends by itself one duration
 * after the last call at the latest.
 */
export class DeadlineList<T extends Due<T>> {
  readonly duration: number;
  /** The platform's timers that it was made with. */
  readonly timers: typeof setTimeout = setTimeout;
  readonly #clock: Clock;
  readonly #expire: (call: T) => void;
  readonly #onEmpty: ((unused: boolean) => void) | undefined;
  #first: T | undefined = undefined;
  #last: T | undefined = undefined;
  #cancel: (() => void) | undefined = undefined;
  #waitingFor = 0;
  #emptied = 0;
  readonly #tick = (): void => this.#fire();

  /** @param onEmpty - called when neither a call nor a timer is left, with whether no call came for a whole duration */
  constructor(clock: Clock, duration: number, expire: (call: T) => void, onEmpty?: (unused: boolean) => void) {
    this.#clock = clock;
    this.duration = duration;
    this.#expire = expire;
    this.#onEmpty = onEmpty;
  }

  /** Adds a call that is due at `call.dueAt`, which is no earlier than that of any call added before. */
  add(call: T): void {
    call.deadlines = this;
    call.earlierDue = this.#last;
    if (this.#last === undefined) this.#first = call;
    else this.#last.laterDue = call;
    this.#last = call;
    if (this.#cancel === undefined) this.#wait(call, this.duration);
  }

  /** Takes a call out that is over; nothing happens if it is out already. */
  remove(call: T): void {
    if (call.deadlines !== this) return;
    this.#unlink(call);
    if (this.#first !== undefined || this.#cancel === undefined || this.#emptied >= STEADY) return;
    this.#emptied += 1;
    this.#cancel();
    this.#cancel = undefined;
    this.#onEmpty?.(false);
  }

  #unlink(call: T): void {
    const { earlierDue, laterDue } = call;
    if (earlierDue === undefined) this.#first = laterDue;
    else earlierDue.laterDue = laterDue;
    if (laterDue === undefined) this.#last = earlierDue;
    else laterDue.earlierDue = earlierDue;
    call.deadlines = undefined;
    call.earlierDue = undefined;
    call.laterDue = undefined;
  }

  #wait(first: T, delay: number): void {
    this.#waitingFor = first.dueAt;
    this.#cancel = startTimer(this.#clock, delay, this.#tick);
  }

  #fire(): void {
    this.#cancel = undefined;
    // Platform timers may fire a little early; what this one was set for is due all the same.
    const now = Math.max(this.#clock.monotonic(), this.#waitingFor);
    for (let call = this.#first; call !== undefined && call.dueAt <= now; call = this.#first) {
      this.#unlink(call);
      this.#expire(call);
    }
    if (this.#first !== undefined) {
      if (this.#cancel === undefined) this.#wait(this.#first, this.#first.dueAt - now);
    } else if (this.#cancel === undefined) this.#onEmpty?.(true);
  }
}
