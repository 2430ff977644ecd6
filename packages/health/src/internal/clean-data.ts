import { type JsonSafe, jsonSafe } from "@seaworthy/core";
import { isSensitiveKey } from "@seaworthy/core/redaction";
import { HIDDEN_TEXTS } from "./hidden-texts.ts";

const HIDDEN = "[hidden]";
// Bounds, so that a careless check does not make the answer of a probe large.
const LIMITS = { depth: 5, members: 50, text: 1024, total: 500 };

/** Names of members that contain where a system is or who uses it, in lower case and without separators. */
const PLACES: ReadonlySet<string> = new Set([
  ...["host", "hosts", "server", "servers", "addr", "ip", "endpoint", "dsn", "origin", "socket", "peer", "datasource"],
  ...["user", "username", "userid", "login", "stack"],
  ...["servername", "serverip", "serveraddr", "localname", "localip", "localaddr"],
  ...["remotename", "remoteip", "remoteaddr", "peername", "peerip", "peeraddr", "hostip", "hostaddr"],
]);
/** Ends of such names, as in `brokerHost`, `baseUrl` and `replica_address`. */
const PLACE_ENDS = ["host", "hostname", "address", "url", "uri", "connectionstring"];
const SEPARATORS = /[-_ ]/g;
const LONGEST_NAME = 256;

/** A name and what separates it from its value, as in `password=`, `User Id=` and `"server": `. */
const NAMED = /\b(user id|data source|[a-z][\w.-]{0,63})["']?\s{0,4}[=:]\s{0,4}/gi;
/** The parts of a value after such a name. */
const VALUE_PARTS = {
  // As in `login: user: bob`, where the second name belongs to the value.
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

/** Frames of a stack after a message, or in a line of their own. */
const STACK_FRAME = /(?:\n\s*|^\s+)at .*|^at \S.*(?:<anonymous>|native|:\d+:\d+)\)?$/s;
const ERROR_TEXT = /^(\w{0,64}(?:Error|Exception)):.*/s;
const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;

/** The data of a check as plain bounded data without credentials, names of hosts, addresses and stacks. */
export function cleanData(data: unknown): Record<string, unknown> | undefined {
  if (data === undefined || data === null) return undefined;
  const safe = mask(jsonSafe(data, { ...LIMITS, redact: isRevealing }));
  return typeof safe === "object" && safe !== null && !Array.isArray(safe) ? safe : { value: safe };
}

function isRevealing(key: string): boolean {
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
  const message = text.replace(STACK_FRAME, "").replace(ERROR_TEXT, "$1");
  const [url, ...others] = HIDDEN_TEXTS;
  // A URL may contain names with values, so it is hidden before them.
  const withoutUrls = url === undefined ? message : message.replace(url.pattern, HIDDEN);
  return others.reduce((masked, { pattern }) => masked.replace(pattern, HIDDEN), maskNamed(withoutUrls));
}

function maskNamed(text: string): string {
  let masked = "";
  let done = 0;
  for (const { 0: name, 1: key = "", index } of text.matchAll(NAMED)) {
    if (index < done || !isRevealing(key)) continue;
    const from = index + name.length;
    const value = NAMED_VALUE.exec(text.slice(from))?.[0];
    if (value === undefined) continue;
    masked += text.slice(done, from) + HIDDEN;
    done = from + value.length;
  }
  return masked + text.slice(done);
}
