import { AsyncLocalStorage, AsyncResource, executionAsyncId } from "node:async_hooks";
import { CallView, type GuardedCall } from "./guarded-call.ts";

const calls = new AsyncLocalStorage<GuardedCall>();

/** The call of another policy, within whose operation this code runs. */
export function surroundingCall(): GuardedCall | undefined {
  return calls.getStore();
}

/** What runs between an operation and its caller: it remembers the caller's context, and can put it back. */
export function callerScope(): AsyncResource {
  // The trigger is the default one; as a number it spares the look at an object of options.
  return new AsyncResource("SeaworthyCall", executionAsyncId());
}

/**
 * Runs the operation of a call so that the policies used in it stop when the call does. Leaving the scope puts the
 * caller's context back as it was, where `AsyncLocalStorage.run` would copy the context a second time for that.
 */
export function runWithin(scope: AsyncResource, call: GuardedCall): unknown {
  return scope.runInAsyncScope(enter, call);
}

function enter(this: GuardedCall): unknown {
  calls.enterWith(this);
  const { operation } = this;
  return operation(new CallView(this));
}
