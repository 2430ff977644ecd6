import { isSensitiveKey, type JsonSafe, jsonSafe } from "@seaworthy/core";

const HIDDEN = "[hidden]";
// Bounds keep a careless check from making the probe's answer large.
const LIMITS = { depth: 5, members: 50, text: 1024, total: 500 };
const PLACE =
  /^(?:host|hosts|hostname|server|servers|address|addr|ip|url|uri|endpoint|dsn|origin|socket|peer|user|username|login|stack)$|connection[-_]?string|(?:host|server|remote|local|peer)[-_]?(?:name|address|addr|ip)$|(?:host|address|url|uri)$/i;
const URL_TEXT = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>]*/gi;
const USER_AT = /[^\s"'<>@/]{1,256}@[^\s"'<>@/]{1,256}/g;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g;
const IPV6 = /\[?(?<![\w:.])(?=[0-9a-f:.]*:[0-9a-f:.]*:)[0-9a-f:.]{2,45}(?:%\w{1,16})?(?![\w:])\]?(?::\d{1,5})?/gi;
const DOTTED = /(?<![\w.-])(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.){1,12}[a-z][a-z0-9-]{1,62}\.?(?::\d{1,5})?(?![\w-])/gi;
const WITH_PORT = /(?<![\w.-])[a-z][a-z0-9_-]{0,62}:\d{2,5}(?![\w-])/gi;
const LOCAL = /\blocalhost\b/gi;
const STACK_FRAME = /\n\s*at .*/s;
const ERROR_TEXT = /^(\w{0,64}(?:Error|Exception)):.*/s;
const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;

/**
 * What a check returned as plain bounded data with no credential, host name, address or stack in it. Rather too much is
 * hidden than too little: `config.json` looks like a host's name.
 */
export function cleanData(data: unknown): Record<string, unknown> | undefined {
  if (data === undefined || data === null) return undefined;
  const safe = mask(jsonSafe(data, { ...LIMITS, redact: isTelling }));
  return typeof safe === "object" && safe !== null && !Array.isArray(safe) ? safe : { value: safe };
}

const isTelling = (key: string): boolean => isSensitiveKey(key) || (key.length <= 256 && PLACE.test(key));

function mask(value: JsonSafe): JsonSafe {
  if (typeof value === "string") return maskText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(mask);
  const result: { [member: string]: JsonSafe } = {};
  for (const [key, member] of Object.entries(value))
    Object.defineProperty(result, maskText(key), {
      value: mask(member),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  return result;
}

function maskText(text: string): string {
  if (ISO_TIME.test(text)) return text;
  return text
    .replace(STACK_FRAME, "")
    .replace(ERROR_TEXT, "$1")
    .replace(URL_TEXT, HIDDEN)
    .replace(USER_AT, HIDDEN)
    .replace(IPV4, HIDDEN)
    .replace(IPV6, HIDDEN)
    .replace(DOTTED, HIDDEN)
    .replace(WITH_PORT, HIDDEN)
    .replace(LOCAL, HIDDEN);
}
