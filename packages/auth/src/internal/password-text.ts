/** UTF-16 units of the longest password that is looked at. Unicode normalization takes quadratic time. */
export const LONGEST_PASSWORD = 1024;

/** Whether a value is a password at all: a string with characters, not too long, without lone surrogates. */
export function isPassword(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= LONGEST_PASSWORD && value.isWellFormed();
}

/** The password as it is hashed, so that it does not matter how a keyboard composes a letter (NFKC). */
export function normalizePassword(password: string): string {
  return password.normalize("NFKC");
}

/** The texts that a stored hash may have been made of: older systems did not normalize. */
export function candidatesOf(password: string): readonly string[] {
  const normalized = normalizePassword(password);
  return normalized === password ? [password] : [normalized, password];
}
