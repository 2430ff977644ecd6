import { type ConformanceCase, conformanceCases } from "@seaworthy/core/conformance";
import { ACCOUNTS } from "./internal/conformance/accounts.ts";
import { CREDENTIALS } from "./internal/conformance/credentials.ts";
import { SESSIONS } from "./internal/conformance/sessions.ts";
import type { AuthStore } from "./stores/store.ts";

/** An empty store, which is removed after the case. */
export interface AuthConformancePlace {
  readonly store: AuthStore;
  close?(): Promise<void>;
}

/**
 * The suite that every store of accounts passes, for any test runner.
 *
 * @param createPlace - makes a new, empty store for each case
 * @example
 * ```ts
 * import { memoryAuthStore } from "@seaworthy/auth";
 * import { authStoreConformance } from "@seaworthy/auth/conformance";
 * const suite = authStoreConformance(() => ({ store: memoryAuthStore() }));
 * for (const { run } of suite) await run(); // it(title, run)
 * ```
 */
export function authStoreConformance(
  createPlace: () => AuthConformancePlace | Promise<AuthConformancePlace>,
): readonly ConformanceCase[] {
  return conformanceCases({ ...ACCOUNTS, ...SESSIONS, ...CREDENTIALS }, async () => createPlace());
}
