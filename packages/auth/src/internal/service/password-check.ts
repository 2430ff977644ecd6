import type { SeaworthyError } from "@seaworthy/core";
import { errors } from "../../errors.ts";
import type { StoredUser } from "../../stores/store.ts";
import type { Plan } from "./plan.ts";

/** Why a password was not accepted. Clients learn none of it. */
export type PasswordRefusal = "unknown_user" | "locked" | "wrong_password" | "damaged_hash";

/** The outcome of a comparison; `hash` is the one that the account has afterwards. */
export type PasswordVerdict =
  | { readonly user: StoredUser; readonly hash: string | undefined; readonly refusal?: undefined }
  | { readonly refusal: PasswordRefusal };

/** Stands for the account of an address that has none, so that the same statements run. */
const NO_ACCOUNT = "none";

/**
 * Compares the password of an account, at the same cost whether the account exists, is locked, or has no password. It
 * counts as an attempt until `attemptSucceeded` or `undoAttempt` of the store is called.
 *
 * @throws AUTH_BUSY if too many hashes wait; the attempt does not count then
 */
export async function checkPassword(
  plan: Plan,
  user: StoredUser | undefined,
  password: string,
): Promise<PasswordVerdict> {
  const { store, passwords, lockout, clock } = plan;
  const counted = await store.beginAttempt(user?.id ?? NO_ACCOUNT, clock.now(), lockout);
  const hash = counted ? user?.passwordHash : undefined;
  const { ok, needsRehash, fault } = await notCountedIfBusy(plan, counted ? user : undefined, () =>
    passwords.verify(hash, password),
  );
  if (user === undefined) return { refusal: "unknown_user" };
  if (!counted) return { refusal: "locked" };
  if (!ok) return { refusal: fault === undefined ? "wrong_password" : "damaged_hash" };
  return needsRehash && hash !== undefined ? rehashed(plan, user, hash, password) : { user, hash };
}

/** Replaces the hash by a newer one of the same password, unless the password was changed meanwhile. */
async function rehashed(plan: Plan, user: StoredUser, hash: string, password: string): Promise<PasswordVerdict> {
  const { store, passwords } = plan;
  const made = await passwords.hash(password).catch(() => undefined);
  if (made === undefined) return { user, hash };
  if (await store.replacePasswordHash(user.id, hash, made)) return { user, hash: made };
  // Another login replaced the hash at the same time, or the password was changed: the new hash decides.
  const current = await store.findUser(user.id);
  if (current === undefined) return { refusal: "unknown_user" };
  const { ok } = await notCountedIfBusy(plan, current, () => passwords.verify(current.passwordHash, password));
  return ok ? { user: current, hash: current.passwordHash } : { refusal: "wrong_password" };
}

async function notCountedIfBusy<T>({ store }: Plan, user: StoredUser | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (user !== undefined) await store.undoAttempt(user.id);
    throw error;
  }
}

/** What an account that is not active says after the right password. */
export function statusError(status: StoredUser["status"]): SeaworthyError | undefined {
  switch (status) {
    case "active":
      return undefined;
    case "pending":
      return errors.AUTH_EMAIL_UNVERIFIED();
    case "suspended":
      return errors.AUTH_SUSPENDED();
    case "inactive":
      return errors.AUTH_INACTIVE();
  }
}
