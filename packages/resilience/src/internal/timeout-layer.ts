import { type Clock, startTimer } from "@seaworthy/core";
import { DeadlineList } from "./deadline-list.ts";
import { Exit, type Leave, unwind } from "./exit.ts";
import type { GuardedCall, Layer, Next } from "./guarded-call.ts";
import { timeoutError } from "./invoke.ts";
import { PerTimers } from "./per-timers.ts";

// Lists of that many durations are kept while nothing waits in them.
const MOST_IDLE = 64;
const listsByClock = new PerTimers<Map<number, DeadlineList>>(() => new Map());

/** The list that everything with this duration on this clock shares. */
function sharedDeadlines(clock: Clock, duration: number): DeadlineList {
  const lists = listsByClock.of(clock);
  const found = lists.get(duration);
  if (found !== undefined) return found;
  const expire = (call: GuardedCall): void => call.abort(timeoutError(call.name, duration));
  const created: DeadlineList = new DeadlineList(clock, duration, expire, (unused) => {
    if ((unused || lists.size > MOST_IDLE) && lists.get(duration) === created) lists.delete(duration);
  });
  lists.set(duration, created);
  return created;
}

/**
 * Ends what lies beneath after `duration`, or when the call's own deadline comes if that is earlier.
 */
export function timeoutLayer(duration: number, clock: Clock): Layer {
  let list: DeadlineList | undefined;
  return (next, outermost) => (call, exit) => {
    const due = clock.monotonic() + duration;
    if (call.dueAt <= due) return unwind(shortened(call, call.derive(true), next), exit);
    const child = outermost === true ? call : call.derive(true);
    child.abortable = true;
    child.dueAt = due;
    child.armed = true;
    if (list?.timers !== setTimeout) list = sharedDeadlines(clock, duration);
    list.add(child);
    return next(child, new Exit(LEAVE, child, undefined, exit));
  };
}

function leave(call: GuardedCall): undefined {
  call.deadlines?.remove(call);
  call.parent?.drop(call);
}

const LEAVE: Leave = { returned: leave, threw: leave };

/** An earlier deadline holds. If a timer stands behind it already, it aborts this call too. */
async function shortened(call: GuardedCall, child: GuardedCall, next: Next): Promise<unknown> {
  const left = call.remaining();
  if (left <= 0) {
    call.drop(child);
    throw timeoutError(call.name, left);
  }
  const cancel = call.armed
    ? undefined
    : startTimer(call.clock, Math.max(0, left), () => child.abort(timeoutError(call.name, left)));
  child.armed = true;
  try {
    return await next(child, undefined);
  } finally {
    cancel?.();
    call.drop(child);
  }
}
