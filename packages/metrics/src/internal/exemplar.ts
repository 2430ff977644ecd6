import { type Clock, currentTrace, type TraceIds } from "@seaworthy/core";
import type { Sample } from "./prom.ts";

/** A recording that happened inside a sampled trace. */
export interface Exemplar {
  readonly trace: TraceIds;
  readonly value: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

const FIRST_LOOKS = 16;
const LATER_LOOKS = 8;

/**
 * Whether a recording looks for the trace that it happens in: the first 16 after the series was read, then every eighth.
 * Finding the trace takes longer than the rest of a recording, and a scrape shows one exemplar, whichever it is.
 */
export function looksForExemplar(recent: number): boolean {
  return recent < FIRST_LOOKS || recent % LATER_LOOKS === 0;
}

/** The recording as an exemplar, if the running code is inside a sampled trace. */
export function exemplarOf(value: number, clock: Clock): Exemplar | undefined {
  const trace = currentTrace();
  return trace?.sampled === true ? { trace, value, at: clock.now() } : undefined;
}

/** The exemplar in the words of OpenMetrics. */
export function exemplarSample(exemplar: Exemplar | undefined): Pick<Sample, "exemplar"> | undefined {
  if (exemplar === undefined) return undefined;
  const { trace, value, at } = exemplar;
  return { exemplar: { labelSet: { trace_id: trace.traceId, span_id: trace.spanId }, value, timestamp: at / 1000 } };
}
