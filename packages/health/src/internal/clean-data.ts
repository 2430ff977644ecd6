import { type JsonSafe, jsonSafe } from "@seaworthy/core";
import { isSensitiveKey } from "@seaworthy/core/redaction";

const HIDDEN = "[hidden]";
// Bounds keep a careless check from making the probe's answer large.
const LIMITS = { depth: 5, members: 50, text: 1024, total: 500 };

/** Names of members that tell where a system is or who uses it, in lower case and without separators. */
const PLACES: ReadonlySet<string> = new Set(
  (
    "host hosts server servers addr ip endpoint dsn origin socket peer user username userid login stack datasource " +
    "servername serverip serveraddr localname localip localaddr remotename remoteip remoteaddr " +
    "peername peerip peeraddr hostip hostaddr"
  ).split(" "),
);
/** Ends of such names: `brokerHost`, `baseUrl`, `replica_address`. */
const PLACE_ENDS = ["host", "hostname", "address", "url", "uri", "connectionstring"];
const SEPARATORS = /[-_ ]/g;
const LONGEST_NAME = 256;

/** Texts that are hidden wherever they stand. The order counts: a URL is hidden before the host name in it. */
const HIDDEN_TEXTS: Readonly<Record<string, RegExp>> = {
  userAtHost: /[^\s"'<>@/]{1,256}@[^\s"'<>@/]{1,256}/g,
  ipv4: /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g,
  // At least two colons among hexadecimal digits, with or without brackets, zone and port.
  ipv6: /\[?(?<![\w:.])(?=[0-9a-f:.]*:[0-9a-f:.]*:)[0-9a-f:.]{2,45}(?:%\w{1,16})?(?![\w:])\]?(?::\d{1,5})?/gi,
  // Rather too much is hidden than too little: `config.json` looks like the name of a host.
  dottedName: /(?<![\w.-])(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.){1,12}[a-z][a-z0-9-]{1,62}\.?(?::\d{1,5})?(?![\w-])/gi,
  nameWithPort: /(?<![\w.-])[a-z][a-z0-9_-]{0,62}:\d{2,5}(?![\w-])/gi,
  loopback: /\blocalhost\b/gi,
};
const URL_TEXT = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>]*/gi;

/** A name and what separates it from its value, as in `password=`, `User Id=` and `"server": `. */
const NAMED = /\b(user id|data source|[a-z][\w.-]{0,63})["']?\s{0,4}[=:]\s{0,4}/gi;
/** The parts of a value behind such a name. */
const VALUE_PARTS = {
  // As in `login: user: bob`: names in front belong to the value.
  namesInFront: String.raw`(?:[\w.-]{1,64}\s{0,4}[=:]\s{1,4})*`,
  withScheme: String.raw`(?:basic|bearer|digest|token)\s{1,4}[^\s;,&"'<>]+`,
  inDoubleQuotes: `"[^"]*"?`,
  inQuotes: `'[^']*'?`,
  bare: String.raw`[^\s;,&"'<>()[\]{}]+`,
};
const NAMED_VALUE = new RegExp(
  `^${VALUE_PARTS.namesInFront}(?:${VALUE_PARTS.withScheme}|${VALUE_PARTS.inDoubleQuotes}|${VALUE_PARTS.inQuotes}|${VALUE_PARTS.bare})`,
  "i",
);

/** Behind a message, or a line by itself. */
const STACK_FRAME = /(?:\n\s*|^\s+)at .*|^at \S.*(?:<anonymous>|native|:\d+:\d+)\)?$/s;
const ERROR_TEXT = /^(\w{0,64}(?:Error|Exception)):.*/s;
const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;

/** What a check returned as plain bounded data with no credential, host name, address or stack in it. */
export function cleanData(data: unknown): Record<string, unknown> | undefined {
  if (data === undefined || data === null) return undefined;
  const safe = mask(jsonSafe(data, { ...LIMITS, redact: isTelling }));
  return typeof safe === "object" && safe !== null && !Array.isArray(safe) ? safe : { value: safe };
}

function isTelling(key: string): boolean {
  if (isSensitiveKey(key)) return true;
  if (key.length > LONGEST_NAME) return false;
  const name = key.toLowerCase().replace(SEPARATORS, "");
  return PLACES.has(name) || PLACE_ENDS.some((end) => name.endsWith(end));
}

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
  return Object.values(HIDDEN_TEXTS).reduce((masked, pattern) => masked.replace(pattern, HIDDEN), maskNamed(message));
}

function maskNamed(text: string): string {
  let masked = "";
  let done = 0;
  for (const { 0: name, 1: key = "", index } of text.matchAll(NAMED)) {
    if (index < done || !isTelling(key)) continue;
    const from = index + name.length;
    const value = NAMED_VALUE.exec(text.slice(from))?.[0];
    if (value === undefined) continue;
    masked += text.slice(done, from) + HIDDEN;
    done = from + value.length;
  }
  return masked + text.slice(done);
}
