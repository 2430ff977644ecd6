/** One promise that every implementation of a port keeps. */
export interface ConformanceCase {
  /** A full sentence. */
  readonly title: string;
  /** Rejects if the implementation does not keep the promise. */
  run(): Promise<void>;
}

/** Where one case runs, such as an empty store with a clock. A suite adds the members that its checks need. */
export interface ConformancePlace {
  /** Called after the case, also if the case fails. */
  close?(): Promise<void>;
}

/**
 * Makes the cases of a conformance suite, for any test runner. Each case gets a place of its own, which is closed at the
 * end.
 *
 * @param checks - what each case does, by its title
 * @param createPlace - makes a new, empty place for each case
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { conformanceCases } from "@seaworthy/core/conformance";
 * const checks = {
 *   "a key that was set is found": async ({ store }: { store: Map<string, number> }) => {
 *     store.set("a", 1);
 *     equal(store.get("a"), 1);
 *   },
 * };
 * for (const { run } of conformanceCases(checks, async () => ({ store: new Map() }))) await run(); // it(title, run)
 * ```
 */
export function conformanceCases<P extends object>(
  checks: Readonly<Record<string, (place: P) => Promise<void>>>,
  createPlace: () => Promise<P & ConformancePlace>,
): readonly ConformanceCase[] {
  return Object.entries(checks).map(([title, check]) => ({
    title,
    async run() {
      const place = await createPlace();
      try {
        await check(place);
      } finally {
        await place.close?.();
      }
    },
  }));
}
