import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { currentContext, currentTrace, formatTraceparent, parseTraceparent } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";

/** Whether the ids of the context may be sent to this origin. */
export type OriginRule = (target: URL) => boolean;

const HEADER_ID = /^[\x21-\x7e]{1,200}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;
// What these end on is never the name of a public host (RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of .internal).
const INTERNAL_NAME = /(?:^|\.)(?:localhost|local|internal|home\.arpa|svc|cluster\.local)$/;
const PRIVATE_V4 = /^(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\./;
const PRIVATE_V6 = /^\[(?:::1|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*)\]$/;
const ORIGIN = /^(https?):\/\/(\*\.)?([^/?#@*]+)$/;

/**
 * The rule for the option `forwardIds`.
 *
 * @throws TypeError if the option is not a boolean or an array of origins
 */
export function planOrigins(option: boolean | readonly string[] | undefined): OriginRule | undefined {
  if (option === false) return undefined;
  if (option === undefined || option === true) return isInternal;
  if (!Array.isArray(option))
    throw new TypeError(`forwardIds must be a boolean or an array of origins; got ${showValue(option)}`);
  const rules = option.map(originRule);
  return (target) => rules.some((matches) => matches(target));
}

function originRule(text: unknown): OriginRule {
  const [, scheme, wildcard, host] = (typeof text === "string" && ORIGIN.exec(text)) || [];
  const url = URL.parse(`${scheme}://${host}`);
  if (url === null || url.pathname !== "/")
    throw new TypeError(
      `forwardIds must hold origins such as "https://api.example.com" or "https://*.example.com"; got ${showValue(text)}`,
    );
  if (wildcard === undefined) return ({ origin }) => origin === url.origin;
  const { protocol, port, hostname } = url;
  return (target) => target.protocol === protocol && target.port === port && target.hostname.endsWith(`.${hostname}`);
}

/** Whether a host is one of the own network by its name: a single label, a reserved suffix, or a private address. */
function isInternal({ hostname }: URL): boolean {
  const name = hostname.replace(/\.$/, "").toLowerCase();
  if (name.startsWith("[")) return PRIVATE_V6.test(name);
  if (isIP(name) === 4) return PRIVATE_V4.test(name);
  return !name.includes(".") || INTERNAL_NAME.test(name);
}

/** The headers that carry the ids of the context, with a span id of their own. */
export function idHeaders(): Record<string, string> | undefined {
  const { correlationId, traceparent, tracestate } = currentContext();
  const headers: Record<string, string> = {};
  const trace = traceOf(traceparent);
  if (trace !== undefined) {
    headers.traceparent = trace;
    if (typeof tracestate === "string" && TRACESTATE.test(tracestate)) headers.tracestate = tracestate;
  }
  if (typeof correlationId === "string" && HEADER_ID.test(correlationId)) headers["x-request-id"] = correlationId;
  return Object.keys(headers).length === 0 ? undefined : headers;
}

/** The same trace with a new span id. An active span of OpenTelemetry is propagated by its own instrumentation. */
function traceOf(traceparent: unknown): string | undefined {
  const ids = parseTraceparent(traceparent);
  if (ids === undefined || currentTrace()?.spanId !== ids.spanId) return undefined;
  return formatTraceparent({ ...ids, spanId: newSpanId() });
}

const ZERO = "0".repeat(16);

function newSpanId(): string {
  const id = randomBytes(8).toString("hex");
  return id === ZERO ? newSpanId() : id;
}
