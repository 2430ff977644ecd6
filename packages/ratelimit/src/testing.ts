import { requiredFunction } from "@seaworthy/core/options";
import type { LimitStore } from "./stores/store.ts";

/** A store that can be taken away, for tests of what a service does then. */
export interface InterruptibleLimitStore extends LimitStore {
  /** Rejects every call from now on. */
  fail(): void;
  /** Answers no call from now on; the calls are made once it is restored. */
  hang(): void;
  /** Works again. */
  restore(): void;
}

/**
 * Makes a store that can be taken away out of any other, such as a memory store. It counts as shared by several processes, so
 * that a limiter puts a deadline in front of it and does what `onStoreFailure` says.
 *
 * @throws TypeError if `store` is not a store
 * @example
 * ```ts
 * import { createRateLimiter, memoryLimitStore } from "@seaworthy/ratelimit";
 * import { interruptibleLimitStore } from "@seaworthy/ratelimit/testing";
 * const store = interruptibleLimitStore(memoryLimitStore());
 * await using limiter = createRateLimiter({ name: "login", limits: [{ limit: 5, window: "1m" }], store });
 * await limiter.consume("u-7");
 * store.fail();
 * const { remaining, source, degraded } = await limiter.consume("u-7");
 * console.log(remaining, source, degraded); // 3 memory true
 * ```
 */
export function interruptibleLimitStore(store: LimitStore): InterruptibleLimitStore {
  requiredFunction("store.apply", store?.apply);
  let state: "up" | "failing" | "hanging" = "up";
  const waiting: (() => void)[] = [];
  const through = async <T>(work: () => T | Promise<T>): Promise<T> => {
    if (state === "failing") throw new Error("the store was made to fail");
    if (state === "hanging") await new Promise<void>((resolve) => waiting.push(resolve));
    return work();
  };
  return {
    source: "shared",
    local: false,
    apply: (call) => through(() => store.apply(call)),
    lease: (call) => through(() => store.lease(call)),
    fail() {
      state = "failing";
    },
    hang() {
      state = "hanging";
    },
    restore() {
      state = "up";
      for (const resume of waiting.splice(0)) resume();
    },
  };
}
