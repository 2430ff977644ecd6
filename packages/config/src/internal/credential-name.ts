import { sensitiveWords } from "@seaworthy/core/redaction";

/**
 * Returns whether a value with this name is a credential. The URL of a database is not one here, because only the password
 * in it is hidden. `tokens` is one, because a setting of that name does not count the tokens of a language model.
 */
export function namesCredential(key: string): boolean {
  if (/^tokens$/i.test(key)) return true;
  const words = sensitiveWords(key);
  return words !== undefined && !/ur[il]s?$/.test(words);
}
