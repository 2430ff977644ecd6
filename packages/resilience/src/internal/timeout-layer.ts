import { type Clock, startTimer } from "@seaworthy/core";
import { DeadlineList } from "./deadline-list.ts";
import { ExitFrame, type ExitHandler, unwind } from "./exit-frames.ts";
import type { GuardFacts } from "./facts.ts";
import type { GuardedCall } from "./guarded-call.ts";
import { timeoutError } from "./invoke.ts";
import { holdProcess, isPlatformClock, releaseProcess } from "./keep-alive.ts";
import type { Layer, Next } from "./layer.ts";
import { PerTimers } from "./per-timers.ts";

type Deadlines = DeadlineList<GuardedCall>;

// Lists of that many durations are kept while nothing waits in them.
const MOST_IDLE = 64;
const listsByClock = new PerTimers<Map<number, Deadlines>>(() => new Map());

/** The list that everything with this duration on this clock shares. */
function sharedDeadlines(clock: Clock, duration: number): Deadlines {
  const lists = listsByClock.of(clock);
  const found = lists.get(duration);
  if (found !== undefined) return found;
  const expire = (call: GuardedCall): void => call.abort(timeoutError(call.name, duration));
  const created: Deadlines = new DeadlineList(clock, duration, expire, (unused) => {
    if ((unused || lists.size > MOST_IDLE) && lists.get(duration) === created) lists.delete(duration);
  });
  lists.set(duration, created);
  return created;
}

/**
 * Ends what lies beneath after `duration`, or when the call's own deadline comes if that is earlier. Meanwhile it holds the
 * process open if it is to: an operation that hangs may have nothing that does.
 */
export function timeoutLayer(duration: number, clock: Clock, keepAlive = true): Layer {
  let list: Deadlines | undefined;
  const holds = keepAlive && isPlatformClock(clock);
  const handler = holds ? END_AND_RELEASE : END;
  return (next, outermost) => (call, exit) => {
    const due = clock.monotonic() + duration;
    if (call.dueAt <= due) return unwind(shortened(call, call.derive(true), next), exit);
    const child = outermost === true ? call : call.derive(true);
    child.abortable = true;
    child.dueAt = due;
    child.armed = true;
    if (list?.timers !== setTimeout) list = sharedDeadlines(clock, duration);
    list.add(child);
    if (holds) holdProcess();
    return next(child, new ExitFrame(handler, child, undefined, exit));
  };
}

/** What `explain` says of a timeout. */
export function timeoutFacts(duration: number): GuardFacts {
  return { guard: "timeout", after: duration };
}

function endTimeout(call: GuardedCall): undefined {
  call.deadlines?.remove(call);
  call.parent?.drop(call);
}

function endAndRelease(call: GuardedCall): undefined {
  releaseProcess();
  endTimeout(call);
}

const END: ExitHandler = { onReturn: endTimeout, onThrow: endTimeout };
/** Of a timeout that holds the process open. */
const END_AND_RELEASE: ExitHandler = { onReturn: endAndRelease, onThrow: endAndRelease };

/** An earlier deadline holds. If a timer stands behind it already, it aborts this call too. */
async function shortened(call: GuardedCall, child: GuardedCall, next: Next): Promise<unknown> {
  const left = call.remaining();
  if (left <= 0) {
    call.drop(child);
    throw timeoutError(call.name, left);
  }
  const cancel = call.armed
    ? undefined
    : startTimer(call.clock, Math.max(0, left), () => child.abort(timeoutError(call.name, left)), {
        keepAlive: true,
      });
  child.armed = true;
  try {
    return await next(child, undefined);
  } finally {
    cancel?.();
    call.drop(child);
  }
}
