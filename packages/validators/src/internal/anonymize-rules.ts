import { createHmac } from "node:crypto";
import { networkOf } from "@seaworthy/core/addresses";
import { integer, showValue } from "@seaworthy/core/options";
import { scrubPersonalData } from "../personal-data.ts";
import { type KeyMaterial, keyBytes } from "./options.ts";

/** How a value is generalized: a number to a range, a date to a part of it, an address to its network or domain. */
export type Generalization =
  | number
  | "year"
  | "month"
  | "day"
  | "network"
  | "domain"
  | { readonly prefix: number }
  | ((value: unknown) => unknown);

/**
 * What happens to a member.
 *
 * - `"keep"` copies it, with everything in it.
 * - `"drop"` leaves it out.
 * - `"mask"` writes `"****"`. `{ mask: 4 }` keeps the last 4 characters of a string that is at least three times as long.
 * - `{ hash: key }` writes a keyed hash (HMAC-SHA-256, 22 characters of base64url). The key has at least 16 bytes.
 * - `{ generalize: 10 }` writes the range of a number, such as `"40-49"`; `"year"`, `"month"` and `"day"` keep that part
 *   of a date or an ISO 8601 string; `"network"` keeps the network of an IP address (/24 or /48); `"domain"` keeps the
 *   domain of an e-mail address; `{ prefix: 2 }` keeps the first characters of a string, such as a postal code. A
 *   function returns the new value. A value that the rule does not fit is masked.
 * - `"scrub"` replaces the personal data in a string, as `scrubPersonalData` does.
 */
export type AnonymizeRule =
  | "keep"
  | "drop"
  | "mask"
  | "scrub"
  | { readonly mask: number }
  | { readonly hash: KeyMaterial }
  | { readonly generalize: Generalization };

/** A rule that has been checked. */
export type Action = "keep" | "drop" | ((value: unknown) => unknown);

const MASK = "****";
const SHORTEST_KEY = 16;
const HASH_CHARACTERS = 22;
const MOST_SHOWN = 8;
const CALENDAR: Readonly<Record<string, number>> = { year: 4, month: 7, day: 10 };
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(?:T|$)/;

/** @throws TypeError if the rule is unknown */
export function actionOf(rule: AnonymizeRule, path: string): Action {
  if (rule === "keep" || rule === "drop") return rule;
  if (rule === "mask") return () => MASK;
  if (rule === "scrub") return (value) => (typeof value === "string" ? scrubPersonalData(value) : MASK);
  const [[kind, argument] = ["", undefined], ...more] =
    typeof rule === "object" && rule !== null ? (Object.entries(rule) as [string, unknown][]) : [];
  const known = more.length === 0 && (kind === "mask" || kind === "hash" || kind === "generalize");
  if (!known)
    throw new TypeError(
      `rules: ${showValue(path)} must be "keep", "drop", "mask", "scrub", { mask }, { hash } or { generalize }; got ${showValue(rule)}`,
    );
  if (kind === "mask") return masking(integer(`${path}: mask`, argument, 1, MOST_SHOWN));
  if (kind === "hash") return hashing(keyBytes(`${path}: hash`, argument, SHORTEST_KEY));
  return generalizing(argument as Generalization, `${path}: generalize`);
}

function masking(shown: number): Action {
  return (value) => {
    const characters = typeof value === "string" || typeof value === "number" ? [...String(value)] : [];
    return characters.length >= 3 * shown ? MASK + characters.slice(-shown).join("") : MASK;
  };
}

function hashing(key: Uint8Array): Action {
  return (value) => {
    let text: string | undefined;
    try {
      text = typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
    } catch {
      return MASK; // a cycle, or a toJSON that throws
    }
    if (text === undefined) return MASK;
    return createHmac("sha256", key).update(text).digest("base64url").slice(0, HASH_CHARACTERS);
  };
}

function generalizing(to: Generalization, name: string): Action {
  if (typeof to === "function") return to;
  if (typeof to === "number") return stepping(to, name);
  if (typeof to === "object" && to !== null) {
    for (const key of Object.keys(to))
      if (key !== "prefix") throw new TypeError(`${name} has no member ${showValue(key)}`);
    const prefix = integer(`${name}.prefix`, to.prefix, 1, 64);
    return (value) =>
      typeof value === "string" && value.length > prefix ? [...value].slice(0, prefix).join("") + MASK : MASK;
  }
  if (to === "network") return (value) => (typeof value === "string" ? networkOf(value) : undefined) ?? MASK;
  if (to === "domain")
    return (value) =>
      typeof value === "string" && /^[^@\s]+@[^@\s]+$/.test(value) ? value.slice(value.indexOf("@")) : MASK;
  const length = typeof to === "string" && Object.hasOwn(CALENDAR, to) ? CALENDAR[to] : undefined;
  if (length === undefined) throw new TypeError(`${name} is unknown; got ${showValue(to)}`);
  return (value) => {
    const text = value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value;
    return typeof text === "string" && ISO_DATE.test(text) ? text.slice(0, length) : MASK;
  };
}

function stepping(step: number, name: string): Action {
  integer(name, step, 2);
  return (value) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return MASK;
    const low = Math.floor(value / step) * step;
    return Number.isSafeInteger(low) ? `${low}-${low + step - 1}` : MASK;
  };
}
