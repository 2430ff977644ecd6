import { showValue } from "@seaworthy/core/options";

const LONGEST_KEY = 512;
const LONGEST_TAG = 256;
const MOST_TAGS = 64;

/** @throws TypeError if it is not a well-formed string of 1 to 512 characters */
export function checkKey(key: unknown): string {
  return checked("key", key, LONGEST_KEY);
}

/** @throws TypeError if it is not an array of keys */
export function checkKeys(keys: unknown): string[] {
  if (!Array.isArray(keys)) throw new TypeError(`keys must be an array; got ${showValue(keys)}`);
  return [...new Set(keys.map(checkKey))];
}

/** @throws TypeError if it is not an array of up to 64 well-formed strings of 1 to 256 characters */
export function checkTags(tags: unknown): readonly string[] {
  if (!Array.isArray(tags) || tags.length > MOST_TAGS)
    throw new TypeError(`tags must be an array of at most ${MOST_TAGS} strings; got ${showValue(tags)}`);
  return tags.map((tag) => checked("tag", tag, LONGEST_TAG));
}

function checked(name: string, value: unknown, longest: number): string {
  if (typeof value !== "string" || value.length < 1 || value.length > longest)
    throw new TypeError(`${name} must be a string of 1 to ${longest} characters; got ${showValue(value)}`);
  if (!value.isWellFormed()) throw new TypeError(`${name} must not have lone surrogates; got ${showValue(value)}`);
  return value;
}
