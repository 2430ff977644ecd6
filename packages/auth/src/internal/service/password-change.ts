import { checkOptions } from "@seaworthy/core/options";
import type { Auth, ChangePasswordInput } from "../../auth.ts";
import { errors } from "../../errors.ts";
import { endEvent } from "../../telemetry.ts";
import { checkedEmail } from "./email-address.ts";
import { knownClient } from "./known-client.ts";
import { findLink, postLink } from "./links.ts";
import { checkPassword } from "./password-check.ts";
import type { Plan } from "./plan.ts";
import { cookieAfterChange } from "./sessions.ts";

type PasswordChanges = Pick<Auth, "changePassword" | "requestPasswordReset" | "resetPassword">;

const RESET = "reset-password";

/** New passwords for accounts that exist. */
export function passwordChanges(plan: Plan): PasswordChanges {
  const { store, budgets, journal, clock } = plan;
  return {
    changePassword: (input) => changePassword(plan, input),
    async requestPasswordReset(input) {
      checkOptions("requestPasswordReset", input, ["email", "ip", "userAgent", "device"]);
      if (plan.outbox === undefined) throw new TypeError("requestPasswordReset needs createAuth({ mailer }); got none");
      const client = knownClient(input);
      const email = checkedEmail(input.email);
      const note = { operation: "request_password_reset", client };
      await journal.step(note, () => budgets.spend("reset", client.address, email));
      const user = await store.findUserByEmail(email);
      // Who is suspended or inactive does not come back by a mail.
      const mayReset = user?.status === "active" || user?.status === "pending";
      await journal.succeeded({ ...note, subject: user?.id });
      await postLink(plan, RESET, mayReset ? user : undefined);
    },
    async resetPassword(input) {
      checkOptions("resetPassword", input, ["token", "password", "ip", "userAgent", "device"]);
      const client = knownClient(input);
      const note = { operation: "reset_password", client };
      await journal.step(note, () => budgets.spend("reset_password", client.address, undefined));
      const found = await findLink(plan, RESET, input.token);
      const user = found?.userId === undefined ? undefined : await store.findUser(found.userId);
      if (found === undefined || user === undefined) {
        await journal.refused(note, "unknown_token");
        throw errors.AUTH_TOKEN_INVALID();
      }
      const own = { ...note, actor: user.id, subject: user.id };
      const passwordHash = await journal.step(own, () => newHash(plan, input.password, user.email));
      const ended = await journal.kept(own, async () => {
        const now = clock.now();
        if ((await store.takeOnce(found.hash, RESET, now)) === undefined) throw errors.AUTH_TOKEN_INVALID();
        // The mail arrived, which is what a verification of the address shows as well.
        const emailVerifiedAt = user.emailVerifiedAt ?? now;
        await store.updateUser(user.id, { passwordHash, emailVerifiedAt, activate: true });
        await store.clearAttempts(user.id);
        return store.endSessions(user.id, now, "password-reset");
      });
      if (ended.length > 0) endEvent.emit({ by: "password-reset" }, ended.length);
      plan.outbox?.post({ purpose: "password-changed", to: user.email });
    },
  };
}

async function changePassword(plan: Plan, input: ChangePasswordInput): Promise<{ readonly cookie?: string }> {
  checkOptions("changePassword", input, ["userId", "sessionId", "current", "password", "ip", "userAgent", "device"]);
  const { store, journal, clock } = plan;
  const { userId, sessionId } = input;
  const client = knownClient(input);
  const note = { operation: "change_password", actor: userId, subject: userId, client };
  const verdict = await checkPassword(plan, await store.findUser(userId), input.current);
  if (verdict.refusal !== undefined) {
    await journal.refused(note, verdict.refusal);
    throw errors.AUTH_INVALID_CREDENTIALS();
  }
  const { user, hash } = verdict;
  await store.undoAttempt(userId);
  const passwordHash = await journal.step(note, () => newHash(plan, input.password, user.email));
  const ended = await journal.kept(note, async () => {
    // First, as in a reset, because two transactions that take their locks in different orders wait for each other.
    await store.dropOnce(userId, RESET);
    // Another change at the same time wins, and this one has shown a password that is no longer right.
    if (!(await store.replacePasswordHash(userId, hash, passwordHash))) throw errors.AUTH_INVALID_CREDENTIALS();
    await store.clearAttempts(userId);
    return store.endSessions(userId, clock.now(), "password-changed", sessionId);
  });
  if (ended.length > 0) endEvent.emit({ by: "password-changed" }, ended.length);
  plan.outbox?.post({ purpose: "password-changed", to: user.email });
  return cookieAfterChange(plan, userId, sessionId);
}

/** The hash of a new password that may be used. */
async function newHash({ passwords }: Plan, password: string, email: string): Promise<string> {
  await passwords.check(password, { email });
  return passwords.hash(password);
}
