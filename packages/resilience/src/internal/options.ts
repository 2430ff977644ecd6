import { isObject } from "@seaworthy/core/objects";
import { boundedString, flag, showValue } from "@seaworthy/core/options";
import type { Runner } from "../call.ts";

/** A name that becomes a metric label. */
export function checkName(value: unknown, owner: string): string {
  return boundedString(`${owner}: name`, value, 1, 200);
}

/** A share of a whole: more than 0, at most 1. */
export function share(name: string, value: unknown): number {
  if (typeof value !== "number" || !(value > 0 && value <= 1))
    throw new TypeError(`${name} must be more than 0 and at most 1; got ${showValue(value)}`);
  return value;
}

/** The options of a guard: they are spread into others, where a number or a string would vanish. */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${name} must be an object; got ${showValue(value)}`);
}

/** A boolean, or nothing. */
export function optionalFlag(name: string, value: unknown): void {
  if (value !== undefined) flag(name, value);
}

/** Whether a value is a guard, and not the options of one. */
export function isRunner(value: unknown): value is Runner {
  return isObject(value) && typeof value.run === "function";
}
