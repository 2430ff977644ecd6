import { boundedString, flag, showValue } from "@seaworthy/core/options";
import type { Runner } from "../call.ts";

/** What was given, or else the default. Only leaving it out is leaving it out: `null` is a wrong value. */
export function otherwise<T, D>(given: T, byDefault: D): Exclude<T, undefined> | D {
  return given === undefined ? byDefault : (given as Exclude<T, undefined>);
}

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

/** An abort signal, or nothing. Judged by shape: it may come from another realm. */
export function checkSignal(value: unknown): void {
  if (value === undefined) return;
  const signal = value as Partial<AbortSignal> | null;
  const fits = typeof signal === "object" && signal !== null && typeof signal.addEventListener === "function";
  if (!fits || typeof signal.aborted !== "boolean")
    throw new TypeError(`signal must be an AbortSignal; got ${showValue(value)}`);
}

/** Whether a value is a guard, and not the options of one. */
export function isRunner(value: unknown): value is Runner {
  return typeof value === "object" && value !== null && typeof (value as Partial<Runner>).run === "function";
}
