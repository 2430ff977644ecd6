import { type Clock, startTimer } from "@seaworthy/core";
import {
  boundedString,
  checkOptions,
  clockOption,
  integer,
  optionalFunction,
  positiveDuration,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import type { Auth } from "./auth.ts";
import type { AuthOptions } from "./auth-options.ts";
import { accounts } from "./internal/service/accounts.ts";
import { authenticators } from "./internal/service/authenticators.ts";
import { budgetsOf } from "./internal/service/budgets.ts";
import { guardedStore } from "./internal/service/guard-store.ts";
import { Journal } from "./internal/service/journal.ts";
import { logins } from "./internal/service/login.ts";
import { Outbox, plainMail } from "./internal/service/outbox.ts";
import { passwordChanges } from "./internal/service/password-change.ts";
import type { Plan } from "./internal/service/plan.ts";
import { registration } from "./internal/service/registration.ts";
import { sealedSecrets } from "./internal/service/sealed-secrets.ts";
import { SessionCookie } from "./internal/service/session-cookie.ts";
import { openSessions } from "./internal/service/sessions.ts";
import { totpEnrolment } from "./internal/service/totp-enrolment.ts";
import { createPasswords } from "./passwords/create-passwords.ts";
import type { Passwords } from "./passwords/passwords.ts";
import { cleanUpEvent } from "./telemetry.ts";
import { createTokens } from "./tokens/create-tokens.ts";
import type { Tokens } from "./tokens/tokens.ts";

const OPTIONS = [
  ...["store", "tokens", "passwords", "lockout", "sessions", "cookie", "audit", "mailer", "links", "composeMail"],
  ...["linkLifetime", "limiter", "totp", "onAnomaly", "cleanUpEvery", "clock"],
];
const MINUTE = 60_000;
// The longest time for which browsers keep a cookie.
const LONGEST_SESSION = 400 * 86_400_000;
const LONGEST_CLEAN_UP = 86_400_000;

/**
 * Accounts, logins and sessions over a store. It makes no accounts by itself.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createAuth, createKeyRing, memoryAuthStore, memoryKeyStore } from "@seaworthy/auth";
 * const keys = createKeyRing({ rotation: { store: memoryKeyStore(), every: "30d" } });
 * const tokens = { issuer: "https://harbor.example", audience: "harbor", keys };
 * await using auth = createAuth({ store: memoryAuthStore(), tokens });
 * await auth.register({ email: "ada@example.com", password: "correct horse battery staple" });
 * const { accessToken } = await auth.login({ email: "ada@example.com", password: "correct horse battery staple" });
 * console.log((await auth.authenticate(accessToken)).methods); // [ 'pwd' ]
 * ```
 */
export function createAuth(options: AuthOptions): Auth {
  checkOptions("createAuth", options, OPTIONS);
  const clock = clockOption("clock", options.clock);
  const store = guardedStore(options.store);
  if (options.audit !== undefined) requiredFunction("audit.record", options.audit?.record);
  const plan: Plan = {
    store,
    tokens: tokensOf(options.tokens, clock),
    passwords: passwordsOf(options.passwords, clock),
    lockout: lockoutOf(options.lockout),
    sessions: sessionsOf(options.sessions),
    cookie: new SessionCookie(options.cookie),
    journal: new Journal(store, options.audit),
    outbox: outboxOf(options, clock),
    budgets: budgetsOf(options.limiter),
    totp: totpOf(options.totp),
    onAnomaly: optionalFunction("onAnomaly", options.onAnomaly),
    clock,
  };
  const { cleanUpEvery } = options;
  const every = cleanUpEvery === undefined ? undefined : positiveDuration("cleanUpEvery", cleanUpEvery);
  const stop = every === undefined ? undefined : cleanUp(plan, Math.min(every, LONGEST_CLEAN_UP));
  const close = async (): Promise<void> => {
    stop?.();
    await plan.outbox?.drained();
  };
  return {
    ...registration(plan),
    ...logins(plan),
    ...openSessions(plan),
    ...authenticators(plan),
    ...passwordChanges(plan),
    ...accounts(plan),
    ...totpEnrolment(plan),
    removeExpired: () => store.removeExpired(clock.now()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Removes expired records again and again. Returns a function that ends this. */
function cleanUp({ store, clock }: Plan, every: number): () => void {
  let cancel: (() => void) | undefined;
  let ended = false;
  const next = (): void => {
    if (!ended) cancel = startTimer(clock, every, run, { keepAlive: false });
  };
  const run = (): void => {
    store
      .removeExpired(clock.now())
      .then(
        (removed) => cleanUpEvent.emit({ outcome: "ok" }, removed),
        (error: unknown) => cleanUpEvent.emit({ outcome: "failed" }, 0, { error }),
      )
      .finally(next);
  };
  next();
  return () => {
    ended = true;
    cancel?.();
  };
}

function tokensOf(option: AuthOptions["tokens"], clock: Clock): Tokens {
  if (typeof option !== "object" || option === null)
    throw new TypeError(`tokens must be an object; got ${showValue(option)}`);
  if (!("issue" in option)) return createTokens({ clock, ...option });
  requiredFunction("tokens.issue", option.issue);
  requiredFunction("tokens.verify", option.verify);
  return option;
}

function passwordsOf(option: AuthOptions["passwords"] = {}, clock: Clock): Passwords {
  if (typeof option !== "object" || option === null)
    throw new TypeError(`passwords must be an object; got ${showValue(option)}`);
  if (!("verify" in option)) return createPasswords({ clock, ...option });
  for (const method of ["check", "hash", "verify"] as const) requiredFunction(`passwords.${method}`, option[method]);
  return option;
}

function lockoutOf(option: AuthOptions["lockout"] = {}): Plan["lockout"] {
  checkOptions("lockout", option, ["failures", "for"]);
  return {
    failures: integer("lockout.failures", withDefault(option.failures, 5), 1, 100),
    for: Math.round(positiveDuration("lockout.for", withDefault(option.for, "30m"))),
  };
}

function sessionsOf(option: AuthOptions["sessions"] = {}): Plan["sessions"] {
  checkOptions("sessions", option, ["idle", "absolute", "grace", "touchEvery"]);
  const duration = (name: keyof typeof option, fallback: string, most: number): number => {
    const value = Math.round(positiveDuration(`sessions.${name}`, withDefault(option[name], fallback)));
    return integer(`sessions.${name} in milliseconds`, value, 1, most);
  };
  const absolute = duration("absolute", "30d", LONGEST_SESSION);
  const idle = duration("idle", "7d", LONGEST_SESSION);
  const touchEvery = Math.min(duration("touchEvery", "1m", LONGEST_SESSION), idle / 2);
  return { absolute, idle, touchEvery, grace: option.grace === 0 ? 0 : duration("grace", "10s", MINUTE) };
}

function outboxOf({ mailer, links, composeMail, linkLifetime = {} }: AuthOptions, clock: Clock): Outbox | undefined {
  optionalFunction("composeMail", composeMail);
  checkOptions("linkLifetime", linkLifetime, ["verify", "reset"]);
  const lifetime = {
    verify: positiveDuration("linkLifetime.verify", withDefault(linkLifetime.verify, "24h")),
    reset: positiveDuration("linkLifetime.reset", withDefault(linkLifetime.reset, "1h")),
  };
  if ((mailer === undefined) !== (links === undefined))
    throw new TypeError("links must be given with a mailer, and only with one");
  if (mailer === undefined || links === undefined) return undefined;
  requiredFunction("mailer.send", mailer?.send);
  requiredFunction("links.verifyEmail", links?.verifyEmail);
  requiredFunction("links.resetPassword", links.resetPassword);
  return new Outbox({ mailer, links, compose: composeMail ?? plainMail, lifetime, clock });
}

function totpOf(option: AuthOptions["totp"]): Plan["totp"] {
  if (option === undefined) return undefined;
  checkOptions("totp", option, ["issuer", "key"]);
  const issuer = boundedString("totp.issuer", option.issuer, 1, 64);
  if (issuer.includes(":")) throw new TypeError(`totp.issuer must not have a colon; got ${showValue(issuer)}`);
  return { issuer, secrets: sealedSecrets(option.key) };
}
