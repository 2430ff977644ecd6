import { isSensitiveKey, type JsonSafe, jsonSafe } from "@seaworthy/core";

const HIDDEN = "[hidden]";
// Bounds keep a careless check from making the probe's answer large.
const LIMITS = { depth: 5, members: 50, text: 1024, total: 500 };
const PLACE =
  /^(?:host|hosts|hostname|server|servers|address|addr|ip|url|uri|endpoint|dsn|origin|socket|peer|user|username|login|stack)$|connection[-_]?string|(?:host|server|remote|local|peer)[-_]?(?:name|address|addr|ip)$|(?:host|address|url|uri)$/i;
// `password=hunter2 host=db1` of libpq, `User Id=sa;Server=db1` of others, and members of JSON that was put into text.
const NAMED = /\b(user id|data source|[a-z][\w.-]{0,63})["']?\s{0,4}[=:]\s{0,4}/gi;
// Names in front, as in `login: user: bob`, belong to it.
const NAMED_VALUE =
  /^(?:[\w.-]{1,64}\s{0,4}[=:]\s{1,4})*(?:(?:basic|bearer|digest|token)\s{1,4}[^\s;,&"'<>]+|"[^"]*"?|'[^']*'?|[^\s;,&"'<>()[\]{}]+)/i;
const TELLING_WORDS = /^(?:user id|data source)$/i;
const URL_TEXT = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>]*/gi;
const USER_AT = /[^\s"'<>@/]{1,256}@[^\s"'<>@/]{1,256}/g;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g;
const IPV6 = /\[?(?<![\w:.])(?=[0-9a-f:.]*:[0-9a-f:.]*:)[0-9a-f:.]{2,45}(?:%\w{1,16})?(?![\w:])\]?(?::\d{1,5})?/gi;
const DOTTED = /(?<![\w.-])(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.){1,12}[a-z][a-z0-9-]{1,62}\.?(?::\d{1,5})?(?![\w-])/gi;
const WITH_PORT = /(?<![\w.-])[a-z][a-z0-9_-]{0,62}:\d{2,5}(?![\w-])/gi;
const LOCAL = /\blocalhost\b/gi;
// Behind a message, or a line by itself.
const STACK_FRAME = /(?:\n\s*|^\s+)at .*|^at \S.*(?:<anonymous>|native|:\d+:\d+)\)?$/s;
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
  const message = text.replace(STACK_FRAME, "").replace(ERROR_TEXT, "$1").replace(URL_TEXT, HIDDEN);
  return maskNamed(message)
    .replace(USER_AT, HIDDEN)
    .replace(IPV4, HIDDEN)
    .replace(IPV6, HIDDEN)
    .replace(DOTTED, HIDDEN)
    .replace(WITH_PORT, HIDDEN)
    .replace(LOCAL, HIDDEN);
}

function maskNamed(text: string): string {
  let masked = "";
  let done = 0;
  for (const { 0: name, 1: key = "", index } of text.matchAll(NAMED)) {
    if (index < done || !(isTelling(key) || TELLING_WORDS.test(key))) continue;
    const from = index + name.length;
    const value = NAMED_VALUE.exec(text.slice(from))?.[0];
    if (value === undefined) continue;
    masked += text.slice(done, from) + HIDDEN;
    done = from + value.length;
  }
  return masked + text.slice(done);
}
