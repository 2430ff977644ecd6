import { createPasswords } from "./create-passwords.ts";
import type { Passwords, PasswordVerification } from "./passwords.ts";

let shared: Passwords | undefined;

/** One for all callers, because the bound on parallel hashes holds for the process. */
function passwords(): Passwords {
  shared ??= createPasswords();
  return shared;
}

/**
 * An Argon2id hash of a password in PHC form, at the default cost of `createPasswords`.
 *
 * @throws AUTH_PASSWORD_REJECTED if the password is empty, longer than 1024 UTF-16 units, or has a lone surrogate
 * @throws AUTH_BUSY if too many hashes wait
 * @example
 * ```ts
 * import { hashPassword, verifyPassword } from "@seaworthy/auth";
 * const hash = await hashPassword("correct horse battery staple");
 * console.log((await verifyPassword(hash, "a wrong guess")).ok); // false
 * ```
 */
export async function hashPassword(password: string): Promise<string> {
  return passwords().hash(password);
}

/**
 * Compares a password with a stored hash. Never rejects because of the hash or the password. bcrypt needs `createPasswords`.
 *
 * @throws AUTH_BUSY if too many hashes wait
 */
export async function verifyPassword(hash: string | undefined, password: string): Promise<PasswordVerification> {
  return passwords().verify(hash, password);
}

/** Whether a hash has less than the default cost or another algorithm. Never for a hash of a higher cost. */
export function needsRehash(hash: string): boolean {
  return passwords().needsRehash(hash);
}
