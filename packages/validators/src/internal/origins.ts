import { type Refused, refuse } from "./refusal.ts";
import { parseHref } from "./web-url.ts";

const MOST_ORIGINS = 1000;
/** The longest origin. */
export const LONGEST = 4096;
/** One label of a host name. */
export const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
/** A web origin: the scheme, and the host with the port. */
export const ORIGIN: RegExp = /^(https?):\/\/([^/\s?#@]+)$/;
// Apps in a web view and browser extensions have origins with schemes of their own, for which the URL parser returns "null".
const APP_ORIGIN =
  /^(?:capacitor|ionic|tauri|chrome-extension|moz-extension|safari-web-extension):\/\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const WILDCARD = new RegExp(`^\\*((?:\\.${LABEL}){2,8})(:\\d{1,5})?$`);

/** Returns the canonical forms of origins, without duplicates. They are given in an array or in a string with commas. */
export function parseOrigins(value: unknown): string[] | Refused {
  const items = typeof value === "string" ? splitList(value) : value;
  if (!Array.isArray(items)) return refuse("invalid_type", "must be an array of origins");
  if (items.length > MOST_ORIGINS) return refuse("too_big", `must have ${MOST_ORIGINS} origins or fewer`);
  const origins = new Set<string>();
  for (const [i, item] of items.entries()) {
    const origin = typeof item === "string" ? canonicalOrigin(item) : undefined;
    if (origin === undefined)
      return refuse("origin", "must be an origin such as https://app.example.com or https://*.example.com", [i]);
    origins.add(origin);
  }
  return [...origins];
}

function splitList(text: string): string[] | undefined {
  if (text.length > MOST_ORIGINS * 300) return undefined;
  return text.trim() === "" ? [] : text.split(",").map((item) => item.trim());
}

/** Returns the canonical form of an origin, which may have a wildcard, or undefined if the text is not one. */
export function canonicalOrigin(text: string): string | undefined {
  if (text.length <= LONGEST && APP_ORIGIN.test(text.toLowerCase())) return text.toLowerCase();
  const [, scheme, rest] = (text.length <= LONGEST ? ORIGIN.exec(text.toLowerCase()) : null) ?? [];
  if (scheme === undefined || rest === undefined) return undefined;
  const wild = rest.startsWith("*");
  if (wild && !WILDCARD.test(rest)) return undefined;
  // The URL parser refuses "*" in a host, so a label takes its place.
  const url = parseHref(`${scheme}://${wild ? `x${rest.slice(1)}` : rest}`);
  if (url === null || url.pathname !== "/" || url.hostname.includes("*")) return undefined;
  return wild ? url.origin.replace("//x.", "//*.") : url.origin;
}
