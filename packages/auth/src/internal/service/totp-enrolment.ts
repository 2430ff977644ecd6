import { isSeaworthyError } from "@seaworthy/core";
import { formatOtpauth, toBase32 } from "@seaworthy/core/otp";
import type { Auth } from "../../auth.ts";
import { errors } from "../../errors.ts";
import type { StoredTotp, StoredUser } from "../../stores/store.ts";
import { generateRecoveryCodes } from "../../totp/recovery-codes.ts";
import { generateTotpSecret, verifyTotp } from "../../totp/totp.ts";
import type { Plan } from "./plan.ts";
import { type FactorMethod, takeCode } from "./second-factor.ts";
import { cookieAfterChange } from "./sessions.ts";
import { uncountedIfDown } from "./uncounted.ts";

type Enrolment = Pick<Auth, "enrolTotp" | "confirmTotp" | "disableTotp" | "renewRecoveryCodes">;

/** Authenticator apps. */
export function totpEnrolment(plan: Plan): Enrolment {
  const { store, journal } = plan;
  return {
    async enrolTotp(userId) {
      const { secrets, issuer } = totpOf(plan);
      const user = await store.findUser(userId);
      const note = { operation: "enrol_totp", subject: userId };
      if (user === undefined || user.totp?.confirmedAt !== undefined) {
        await journal.refused(note, user === undefined ? "unknown_user" : "enrolled_before");
        throw errors.AUTH_FORBIDDEN();
      }
      const secret = generateTotpSecret();
      const totp: StoredTotp = { secret: secrets.seal(secret.reveal(), userId), lastStep: 0, recovery: [] };
      await journal.kept(note, async () => {
        // An enrollment that was confirmed meanwhile stays.
        if (!(await store.replacePendingTotp(userId, user.totp?.secret, totp))) throw errors.AUTH_FORBIDDEN();
      });
      const uri = formatOtpauth({ secret, issuer, account: user.email }).reveal();
      return { secret: toBase32(secret.reveal()), uri };
    },
    async confirmTotp(userId, code, options = {}) {
      totpOf(plan);
      const note = { operation: "confirm_totp", subject: userId };
      const user = await store.findUser(userId);
      const totp = await guessed(plan, note, user, async () => confirmedTotp(plan, user, code));
      const { codes, hashes } = generateRecoveryCodes();
      await journal.kept(note, async () => {
        const kept = await store.replacePendingTotp(userId, totp.secret, { ...totp, recovery: hashes });
        if (!kept) throw errors.AUTH_TOTP_INVALID();
      });
      return { recoveryCodes: codes, ...(await cookieAfterChange(plan, userId, options.sessionId)) };
    },
    async disableTotp(userId, code) {
      const note = { operation: "disable_totp", subject: userId };
      const user = await store.findUser(userId);
      await guessed(plan, note, user, () => shownCode(plan, user, code));
      await journal.kept(note, () => store.updateUser(userId, { totp: null }));
    },
    async renewRecoveryCodes(userId, code) {
      const note = { operation: "renew_recovery_codes", subject: userId };
      const user = await store.findUser(userId);
      await guessed(plan, note, user, () => shownCode(plan, user, code));
      const { codes, hashes } = generateRecoveryCodes();
      await journal.kept(note, () => store.updateUser(userId, { recovery: hashes }));
      return codes;
    },
  };
}

function totpOf({ totp }: Plan): NonNullable<Plan["totp"]> {
  if (totp === undefined)
    throw new TypeError("authenticator apps need createAuth({ totp: { issuer, key } }); got none");
  return totp;
}

/** Compares the first code of an app. Its step is taken with it, so that of two parallel calls one completes the enrollment. */
async function confirmedTotp(
  { store, totp, clock }: Plan,
  user: StoredUser | undefined,
  code: string,
): Promise<StoredTotp> {
  const pending = user?.totp;
  if (user === undefined || pending === undefined || pending.confirmedAt !== undefined)
    throw errors.AUTH_TOTP_INVALID();
  const secret = totp?.secrets.open(pending.secret, user.id);
  const now = clock.now();
  const step = secret === undefined ? undefined : verifyTotp(secret, code, { now });
  if (step === undefined) throw errors.AUTH_TOTP_INVALID();
  if (!(await store.takeTotpStep(user.id, step))) throw errors.AUTH_TOTP_REPLAYED();
  return { ...pending, confirmedAt: now, lastStep: step };
}

async function shownCode(plan: Plan, user: StoredUser | undefined, code: string): Promise<FactorMethod> {
  if (user?.totp?.confirmedAt === undefined) throw errors.AUTH_TOTP_INVALID();
  return takeCode(plan, user, code);
}

/** Runs a comparison of a code, which counts as an attempt of the account if it fails. */
async function guessed<T>(
  plan: Plan,
  note: { readonly operation: string; readonly subject: string },
  user: StoredUser | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const { store, journal, lockout, clock } = plan;
  if (user === undefined || !(await store.beginAttempt(user.id, clock.now(), lockout))) {
    await journal.refused(note, user === undefined ? "unknown_user" : "locked");
    throw errors.AUTH_TOTP_INVALID();
  }
  try {
    const result = await uncountedIfDown(plan, user.id, work);
    await store.undoAttempt(user.id);
    return result;
  } catch (error) {
    await journal.refused(note, isSeaworthyError(error) ? error.code : "error");
    throw error;
  }
}
