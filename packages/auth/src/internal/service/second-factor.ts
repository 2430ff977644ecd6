import { randomInt } from "node:crypto";
import { errors } from "../../errors.ts";
import type { StoredUser } from "../../stores/store.ts";
import { findRecoveryCode } from "../../totp/recovery-codes.ts";
import { verifyTotp } from "../../totp/totp.ts";
import { hashSecret } from "../once-secret.ts";
import type { Plan } from "./plan.ts";

/** How a second factor was shown. */
export type FactorMethod = "otp" | "recovery" | "mail";

const MAILED = "login-code";
const MAILED_LIFETIME = 600_000;
const DIGITS = /^\d{6}$/;
const LONGEST_CODE = 64;

/**
 * Compares a code of the authenticator app or a recovery code, each of which is accepted once.
 *
 * @throws AUTH_TOTP_INVALID, AUTH_TOTP_REPLAYED
 */
export async function takeCode({ store, totp, clock }: Plan, user: StoredUser, given: unknown): Promise<FactorMethod> {
  const code = typeof given === "string" && given.length <= LONGEST_CODE ? given.replace(/\s/g, "") : "";
  if (user.totp === undefined) throw errors.AUTH_TOTP_INVALID();
  if (!DIGITS.test(code)) {
    const hash = findRecoveryCode(user.totp.recovery, code);
    if (hash === undefined || !(await store.takeRecoveryCode(user.id, hash))) throw errors.AUTH_TOTP_INVALID();
    return "recovery";
  }
  const secret = totp?.secrets.open(user.totp.secret, user.id);
  const step = secret === undefined ? undefined : verifyTotp(secret, code, { now: clock.now() });
  if (step === undefined) throw errors.AUTH_TOTP_INVALID();
  if (!(await store.takeTotpStep(user.id, step))) throw errors.AUTH_TOTP_REPLAYED();
  return "otp";
}

/** Sends a code for one login to the owner of an account without an authenticator app. */
export async function mailCode({ store, outbox, clock }: Plan, user: StoredUser): Promise<void> {
  if (outbox === undefined) return;
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  const expiresAt = clock.now() + MAILED_LIFETIME;
  await store.dropOnce(user.id, MAILED);
  await store.putOnce({ hash: mailedHash(user.id, code), purpose: MAILED, userId: user.id, expiresAt });
  outbox.post({ purpose: MAILED, to: user.email, code });
}

/**
 * Compares the code of a mail, which is accepted once.
 *
 * @throws AUTH_TOTP_INVALID
 */
export async function takeMailedCode({ store, clock }: Plan, user: StoredUser, given: unknown): Promise<FactorMethod> {
  const code = typeof given === "string" && given.length <= LONGEST_CODE ? given.replace(/\s/g, "") : "";
  const taken = DIGITS.test(code) && (await store.takeOnce(mailedHash(user.id, code), MAILED, clock.now()));
  if (!taken) throw errors.AUTH_TOTP_INVALID();
  return "mail";
}

/** Bound to the account: the code of one account is worthless for another. */
const mailedHash = (userId: string, code: string): string => hashSecret(JSON.stringify([MAILED, userId, code]));
