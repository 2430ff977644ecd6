import { sensitiveWords } from "@seaworthy/core/redaction";

/**
 * Whether a value of this name is a credential. The address of a database is not one here, because only the password in
 * it is hidden; an array called `tokens` is one, because a setting of that name does not count language model tokens.
 */
export function namesCredential(key: string): boolean {
  if (/^tokens$/i.test(key)) return true;
  const words = sensitiveWords(key);
  return words !== undefined && !/ur[il]s?$/.test(words);
}
