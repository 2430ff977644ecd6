import { parseHref } from "./href.ts";
import { type Refused, refuse } from "./refusal.ts";

const MOST_ORIGINS = 1000;
/** A longer header is not an origin. */
export const LONGEST = 4096;
/** One label of a host name. */
export const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
/** An origin of the web: its scheme, and its host with the port. */
export const ORIGIN: RegExp = /^(https?):\/\/([^/\s?#@]+)$/;
// Apps in a web view and browser extensions send origins of their own schemes, which the URL parser calls "null".
const APP_ORIGIN =
  /^(?:capacitor|ionic|tauri|chrome-extension|moz-extension|safari-web-extension):\/\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const WILDCARD = new RegExp(`^\\*((?:\\.${LABEL}){2,8})(:\\d{1,5})?$`);

/** The canonical form of each origin of a list, or of text with commas between; each once. */
export function parseOrigins(value: unknown): string[] | Refused {
  const items = typeof value === "string" ? splitList(value) : value;
  if (!Array.isArray(items)) return refuse("invalid_type", "must be a list of origins");
  if (items.length > MOST_ORIGINS) return refuse("too_big", `must have ${MOST_ORIGINS} origins or fewer`);
  const origins = new Set<string>();
  for (const [i, item] of items.entries()) {
    const origin = typeof item === "string" ? canonical(item) : undefined;
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

function canonical(text: string): string | undefined {
  if (text.length <= LONGEST && APP_ORIGIN.test(text.toLowerCase())) return text.toLowerCase();
  const [, scheme, rest] = (text.length <= LONGEST ? ORIGIN.exec(text.toLowerCase()) : null) ?? [];
  if (scheme === undefined || rest === undefined) return undefined;
  const wild = rest.startsWith("*");
  if (wild && !WILDCARD.test(rest)) return undefined;
  // The URL parser takes no "*"; a label stands in for it.
  const url = parseHref(`${scheme}://${wild ? `x${rest.slice(1)}` : rest}`);
  if (url === null || url.pathname !== "/" || url.hostname.includes("*")) return undefined;
  return wild ? url.origin.replace("//x.", "//*.") : url.origin;
}
