import { isSeaworthyError, type SeaworthyError } from "@seaworthy/core";
import { checkOptions } from "@seaworthy/core/options";
import type { Auth, LoginInput, SessionInput } from "../../auth.ts";
import { errors } from "../../errors.ts";
import type { StoredUser } from "../../stores/store.ts";
import { loginEvent } from "../../telemetry.ts";
import { anomaliesOf, judge } from "./anomalies.ts";
import { normalizeEmail } from "./email-address.ts";
import type { Note } from "./journal.ts";
import { type KnownClient, knownClient, originsOf } from "./known-client.ts";
import {
  type Carrier,
  cookieLogin,
  type OpenedSession,
  type Opening,
  openSession,
  tokenLogin,
} from "./open-session.ts";
import { checkPassword, statusError } from "./password-check.ts";
import type { Plan } from "./plan.ts";
import { mailCode, takeCode, takeMailedCode } from "./second-factor.ts";
import { uncountedIfDown } from "./uncounted.ts";

type LoggingIn = Pick<Auth, "login" | "loginWithCookie" | "startSession" | "startCookieSession">;

/** Logins. */
export function logins(plan: Plan): LoggingIn {
  return {
    login: async (input) => tokenLogin(plan, await passwordLogin(plan, input, "tokens")),
    loginWithCookie: async (input) => cookieLogin(plan, await passwordLogin(plan, input, "cookie")),
    startSession: async (input) => tokenLogin(plan, await provenLogin(plan, input, "tokens")),
    startCookieSession: async (input) => cookieLogin(plan, await provenLogin(plan, input, "cookie")),
  };
}

async function passwordLogin(plan: Plan, input: LoginInput, carrier: Carrier): Promise<OpenedSession> {
  checkOptions("login", input, ["email", "password", "totp", "ip", "userAgent", "device"]);
  const client = knownClient(input);
  const email = normalizeEmail(input.email);
  const attempt = new Attempt(plan, client);
  await attempt.refusedBy("rate_limited", () => plan.budgets.spend("login", client.address, email));
  const found = email === undefined ? undefined : await plan.store.findUserByEmail(email);
  const verdict = await attempt.refusedBy("busy", () => checkPassword(plan, found, input.password));
  if (verdict.refusal !== undefined)
    throw await attempt.refuse(verdict.refusal, errors.AUTH_INVALID_CREDENTIALS(), found);
  const { user, hash } = verdict;
  const inactive = statusError(user.status);
  if (inactive !== undefined) {
    await plan.store.undoAttempt(user.id);
    throw await attempt.refuse(user.status, inactive, user);
  }
  return uncountedIfDown(plan, user.id, async () => {
    const factor = await attempt.secondFactor(user, input.totp, user.totp?.confirmedAt !== undefined);
    const methods = factor === undefined ? ["pwd"] : ["pwd", "otp"];
    return attempt.open({ user, passwordHash: hash, methods, client, carrier });
  });
}

async function provenLogin(plan: Plan, input: SessionInput, carrier: Carrier): Promise<OpenedSession> {
  checkOptions("startSession", input, ["userId", "methods", "totp", "ip", "userAgent", "device"]);
  const { userId, methods } = input;
  if (!Array.isArray(methods) || methods.length === 0 || methods.some((method) => typeof method !== "string"))
    throw new TypeError('methods must be an array such as ["hwk"]');
  const client = knownClient(input);
  const attempt = new Attempt(plan, client);
  const user = await plan.store.findUser(userId);
  if (user === undefined) throw await attempt.refuse("unknown_user", errors.AUTH_INVALID_CREDENTIALS(), undefined);
  const inactive = statusError(user.status);
  if (inactive !== undefined) throw await attempt.refuse(user.status, inactive, user);
  await attempt.provenFactor(user, input);
  return attempt.open({ user, methods, client, carrier });
}

/** One attempt to log in, and the traces that it leaves. */
class Attempt {
  readonly #plan: Plan;
  readonly #client: KnownClient;

  constructor(plan: Plan, client: KnownClient) {
    this.#plan = plan;
    this.#client = client;
  }

  /** Keeps the refusal. Resolves with the error that the client gets. */
  async refuse(reason: string, error: SeaworthyError, user: StoredUser | undefined): Promise<SeaworthyError> {
    if (loginEvent.active)
      loginEvent.emit({ outcome: reason }, undefined, { user: user?.id, address: this.#client.address });
    await this.#plan.journal.refused(this.#note(user), reason);
    return error;
  }

  /** Runs `work`; what it throws is kept as a refusal. */
  async refusedBy<T>(reason: string, work: () => Promise<T>, user?: StoredUser): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const own = isSeaworthyError(error) && error.code !== "AUTH_STORE_FAILED";
      if (own) await this.refuse(reason, error, user);
      throw error;
    }
  }

  /**
   * Asks for the second factor if it is required or the hook demands it. A call without a code takes its attempt back; a
   * wrong code counts like a wrong password.
   */
  async secondFactor(user: StoredUser, code: string | undefined, required: boolean): Promise<string | undefined> {
    const plan = this.#plan;
    const hasApp = user.totp?.confirmedAt !== undefined;
    const verdict = await judge(plan, await anomaliesOf(plan, user, this.#client), user, this.#client);
    if (verdict === "refuse") {
      await plan.store.undoAttempt(user.id);
      throw await this.refuse("anomaly", errors.AUTH_INVALID_CREDENTIALS(), user);
    }
    if (!required && verdict === "allow") return undefined;
    // A form posts an empty field for a code that its user has not entered.
    if (code === undefined || code === "") {
      if (!hasApp) await mailCode(plan, user);
      await plan.store.undoAttempt(user.id);
      throw await this.refuse("factor_required", errors.AUTH_TOTP_REQUIRED({ method: hasApp ? "app" : "mail" }), user);
    }
    return this.refusedBy("factor_wrong", () => (hasApp ? takeCode : takeMailedCode)(plan, user, code), user);
  }

  /** The same for a proof that is not a password. A passkey is two factors in one. */
  async provenFactor(user: StoredUser, { methods, totp }: SessionInput): Promise<void> {
    const plan = this.#plan;
    const { store, lockout, clock } = plan;
    if (methods.includes("hwk")) {
      const verdict = await judge(plan, await anomaliesOf(plan, user, this.#client), user, this.#client);
      if (verdict === "refuse") throw await this.refuse("anomaly", errors.AUTH_INVALID_CREDENTIALS(), user);
      return;
    }
    if (!(await store.beginAttempt(user.id, clock.now(), lockout)))
      throw await this.refuse("locked", errors.AUTH_INVALID_CREDENTIALS(), user);
    await uncountedIfDown(plan, user.id, () => this.secondFactor(user, totp, false));
    await store.undoAttempt(user.id);
  }

  /** Keeps the session, what is remembered of the client, and the entry about the login: all or nothing. */
  async open(opening: Opening): Promise<OpenedSession> {
    const { store, journal, clock } = this.#plan;
    const { user } = opening;
    const opened = await store.transaction(async () => {
      if (opening.passwordHash !== undefined) await store.clearAttempts(user.id);
      const made = await openSession(this.#plan, opening);
      if (made === undefined) return undefined;
      await store.noteOrigins(user.id, originsOf(this.#client), clock.now());
      const data = { session: made.session.id, methods: opening.methods };
      await journal.succeeded({ ...this.#note(user), actor: user.id, data });
      return made;
    });
    if (opened === undefined) throw await this.refuse("changed_meanwhile", errors.AUTH_INVALID_CREDENTIALS(), user);
    if (loginEvent.active) loginEvent.emit({ outcome: "ok" }, undefined, { user: user.id, session: opened.session.id });
    return opened;
  }

  #note(user: StoredUser | undefined): Note {
    return { operation: "login", subject: user?.id, client: this.#client };
  }
}
