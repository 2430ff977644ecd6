import type { Clock } from "@seaworthy/core";
import type { AuthOptions } from "../../auth-options.ts";
import type { Passwords } from "../../passwords/passwords.ts";
import type { AuthStore, LockoutPolicy } from "../../stores/store.ts";
import type { Tokens } from "../../tokens/tokens.ts";
import type { Budgets } from "./budgets.ts";
import type { Journal } from "./journal.ts";
import type { Outbox } from "./outbox.ts";
import type { SealedSecrets } from "./sealed-secrets.ts";
import type { SessionCookie } from "./session-cookie.ts";

/** What all parts of the service share. Times are milliseconds. */
export interface Plan {
  readonly store: AuthStore;
  readonly tokens: Tokens;
  readonly passwords: Passwords;
  readonly lockout: LockoutPolicy;
  readonly sessions: {
    readonly idle: number;
    readonly absolute: number;
    readonly grace: number;
    readonly touchEvery: number;
  };
  readonly cookie: SessionCookie;
  readonly journal: Journal;
  /** Absent without a mailer. */
  readonly outbox: Outbox | undefined;
  readonly budgets: Budgets;
  readonly totp: { readonly issuer: string; readonly secrets: SealedSecrets } | undefined;
  readonly onAnomaly: AuthOptions["onAnomaly"];
  readonly clock: Clock;
}
