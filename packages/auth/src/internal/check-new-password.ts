import { errors } from "../errors.ts";
import type { PasswordIssue, PasswordOwner } from "../passwords/passwords.ts";
import { type Blocklist, isPersonal } from "./blocklist.ts";
import { type BreachPlan, isBreached } from "./breach-check.ts";
import { isPassword, LONGEST_PASSWORD, normalizePassword } from "./password-text.ts";

/** What a new password has to be. */
export interface PasswordPolicy {
  readonly minLength: number;
  readonly maxLength: number;
  readonly blocklist: Blocklist;
  readonly breaches: BreachPlan | undefined;
  readonly onBreachFailure: "accept" | "reject";
}

/** @throws AUTH_PASSWORD_REJECTED */
export async function checkNewPassword(password: unknown, owner: PasswordOwner, policy: PasswordPolicy): Promise<void> {
  const sound = soundPassword(password);
  const issues = [...lengthIssues(sound, policy)];
  if (policy.blocklist.has(sound))
    issues.push({ code: "common", message: "The password is one of the most common ones." });
  if (typeof owner.email === "string" && owner.email !== "" && isPersonal(sound, owner.email))
    issues.push({ code: "personal", message: "The password consists of the e-mail address." });
  if (issues.length > 0) throw rejected(issues);
  if (policy.breaches === undefined) return;
  const breached = await isBreached(sound, policy.breaches);
  if (breached === true)
    throw rejected([{ code: "breached", message: "The password is known from a breach of another service." }]);
  if (breached === undefined && policy.onBreachFailure === "reject")
    throw rejected([{ code: "unchecked", message: "The password could not be checked now. Try again later." }]);
}

/**
 * A password as it was typed.
 *
 * @throws AUTH_PASSWORD_REJECTED if it can never be one
 */
export function soundPassword(password: unknown): string {
  if (isPassword(password)) return password;
  if (typeof password === "string" && password.length > LONGEST_PASSWORD)
    throw rejected([{ code: "too_long", message: `The password has more than ${LONGEST_PASSWORD} characters.` }]);
  if (password === "") throw rejected([{ code: "too_short", message: "The password is empty." }]);
  throw rejected([{ code: "malformed", message: "The password must be a string of Unicode characters." }]);
}

function lengthIssues(password: string, { minLength, maxLength }: PasswordPolicy): PasswordIssue[] {
  const length = [...normalizePassword(password)].length;
  if (length < minLength)
    return [{ code: "too_short", message: `The password has fewer than ${minLength} characters.` }];
  if (length > maxLength) return [{ code: "too_long", message: `The password has more than ${maxLength} characters.` }];
  return [];
}

function rejected(issues: readonly PasswordIssue[]): Error {
  return errors.AUTH_PASSWORD_REJECTED({ issues });
}
