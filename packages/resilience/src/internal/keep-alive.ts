// From the module: fake timers that a test puts on the global object must not take this one's place.
import { setImmediate, setInterval } from "node:timers";
import { type Clock, systemClock } from "@seaworthy/core";

const LONG = 2 ** 30;
let holders = 0;
let handle: NodeJS.Timeout | undefined;
let held = false;
let ending = false;

/** Whether time on this clock is the platform's, so that an empty event loop would end the process before it has passed. */
export function isPlatformClock(clock: Clock): boolean {
  return clock.schedule === undefined || clock.schedule === systemClock.schedule;
}

/** Holds the process open until {@link releaseProcess} has been called as often. One handle serves all. */
export function holdProcess(): void {
  holders += 1;
  if (held) return;
  held = true;
  if (handle === undefined) handle = setInterval(() => undefined, LONG);
  else handle.ref();
}

/** Ends one {@link holdProcess}. The handle is let go of once per turn of the event loop: calls one after another share it. */
export function releaseProcess(): void {
  holders -= 1;
  if (holders > 0 || ending) return;
  ending = true;
  setImmediate(end);
}

function end(): void {
  ending = false;
  if (holders > 0) return;
  held = false;
  handle?.unref();
}
