import { describeError } from "@seaworthy/core";
import type { LineFormat } from "./line-format.ts";
import { isError, plainKeys, readMember } from "./values.ts";

// The rules for names are applied when the record is written.
const SHOW_ALL = { redact: () => false };

/** Whether the members of errors keep their names, so that no error has to be searched for. */
export function keepsErrorNames({ errorKey, errorNames }: LineFormat): boolean {
  return errorKey === "err" && Object.keys(errorNames).length === 0;
}

/**
 * Returns the fields with the error under `err`, or under the format's own key, in the form of the format: under that key,
 * with its members renamed. A member whose new name begins with a dot is moved to the top of the line.
 */
export function nameError(fields: object, format: LineFormat): object {
  const key = ["err", format.errorKey].find((each) => isErrorValue(readMember(fields, each)));
  if (key === undefined) return fields;
  const inner: Record<string, unknown> = {};
  const named: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(describeError(readMember(fields, key), SHOW_ALL))) {
    const target = (Object.hasOwn(format.errorNames, name) ? format.errorNames[name] : undefined) ?? name;
    if (target.startsWith(".")) named[target.slice(1)] = value;
    else inner[target] = value;
  }
  if (Object.keys(inner).length > 0) named[format.errorKey] = inner;
  for (const each of plainKeys(fields))
    if (each !== key && !Object.hasOwn(named, each))
      Object.defineProperty(named, each, { value: readMember(fields, each), enumerable: true });
  return named;
}

function isErrorValue(value: unknown): boolean {
  return typeof value === "object" && value !== null && isError(value);
}
