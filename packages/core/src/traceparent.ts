/** The ids of a W3C Trace Context `traceparent` header. */
export interface TraceIds {
  /** 32 lower-case hex digits, not all zero. */
  traceId: string;
  /** 16 lower-case hex digits, not all zero: the span of the sender. */
  spanId: string;
  /** The flags byte, 0 to 255. */
  flags: number;
  /** Bit 0 of the flags: the sender may have recorded this trace. */
  sampled: boolean;
}

const FORMAT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const LONGEST_HEADER = 512;
const ZERO_TRACE = "0".repeat(32);
const ZERO_SPAN = "0".repeat(16);

/**
 * Reads a `traceparent` header by the W3C Trace Context recommendation (level 1, section 3.2), or returns `undefined`,
 * in which case the receiver starts a trace of its own.
 *
 * Refused: upper-case hex, all-zero ids, version `ff`, and anything behind the flags in version `00`. A higher version
 * is read as version `00`, with or without a suffix that begins with a dash.
 */
export function parseTraceparent(text: unknown): TraceIds | undefined {
  if (typeof text !== "string" || text.length > LONGEST_HEADER) return undefined;
  const match = FORMAT.exec(text);
  if (match === null) return undefined;
  const [, version = "", traceId = "", spanId = "", flagText = "", suffix] = match;
  if (version === "ff" || (version === "00" && suffix !== undefined)) return undefined;
  if (traceId === ZERO_TRACE || spanId === ZERO_SPAN) return undefined;
  const flags = Number.parseInt(flagText, 16);
  return { traceId, spanId, flags, sampled: (flags & 1) === 1 };
}

/**
 * Writes ids as a version `00` `traceparent` header.
 *
 * @throws TypeError if an id is not lower-case hex of its length, or all zero, or the flags are not a byte
 */
export function formatTraceparent(ids: { traceId: string; spanId: string; flags?: number; sampled?: boolean }): string {
  const flags = ids.flags ?? (ids.sampled ? 1 : 0);
  if (!Number.isInteger(flags) || flags < 0 || flags > 255)
    throw new TypeError(`flags must be a byte; got ${String(flags)}`);
  const text = `00-${ids.traceId}-${ids.spanId}-${flags.toString(16).padStart(2, "0")}`;
  if (parseTraceparent(text) === undefined)
    throw new TypeError(
      `traceId and spanId must be lower-case hex ids that are not all zero; got ${JSON.stringify(text)}`,
    );
  return text;
}
