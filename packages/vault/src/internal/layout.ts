import { randomBytes } from "node:crypto";
import { errors } from "../errors.ts";
import { ID_BYTES, type SegmentFacts, segmentDigest } from "./format/head.ts";
import { SEGMENTS, TAIL_BYTES } from "./format/limits.ts";
import type { Frame } from "./format/record.ts";

/** A segment with its records in memory. */
export interface Segment extends SegmentFacts {
  readonly frames: readonly Frame[];
}

/** Where the records are: segments first, then the head's tail. */
export interface Layout {
  readonly segments: readonly Segment[];
  readonly tail: readonly Frame[];
  /** Whether everything was laid out anew, without what had been removed. */
  readonly isFresh?: true;
}

// A tail beyond this becomes a segment: what one write rewrites at most.
const LONGEST_TAIL = 16 * 1024;
// A segment is filled up to this, unless one record is larger.
const FULL_SEGMENT = 1024 * 1024;
// This many segments in a row below half of that become one.
const SMALL_RUN = 16;

/**
 * Where records go when `added` come on top of `base`. `live` are the records of `base` that still mean something. If
 * they are less than half of all, everything is laid out anew.
 */
export function arrange(base: Layout, added: readonly Frame[], liveBytes: number, live: () => Frame[]): Layout {
  const tail = [...base.tail, ...added];
  if (sizeOf(tail) <= LONGEST_TAIL) return { segments: base.segments, tail };
  const stored = base.segments.reduce((sum, segment) => sum + segment.bytes, sizeOf(base.tail));
  if (stored > 2 * liveBytes) return { ...layOut([...live(), ...added]), isFresh: true };
  return checkRoom({ segments: mergeSmall([...base.segments, ...chunk(tail)]), tail: [] });
}

/** All records anew: full segments, and the rest in the tail if it is short. */
export function layOut(frames: readonly Frame[]): Layout {
  const segments = chunk(frames);
  const last = segments.at(-1);
  // Half a tail at most, so that the next writes do not seal it at once.
  if (last === undefined || last.bytes > LONGEST_TAIL / 2) return checkRoom({ segments, tail: [] });
  return checkRoom({ segments: segments.slice(0, -1), tail: last.frames });
}

/** All records in the tail, however long: the layout of a bundle. @throws VAULT_FULL beyond 64 MiB */
export function allInTail(frames: readonly Frame[]): Layout {
  if (sizeOf(frames) > TAIL_BYTES) throw errors.VAULT_FULL({ limit: `${TAIL_BYTES} bytes of a bundle` });
  return { segments: [], tail: frames };
}

function mergeSmall(segments: readonly Segment[]): Segment[] {
  const lastFull = segments.findLastIndex((segment) => segment.bytes >= FULL_SEGMENT / 2);
  const small = segments.slice(lastFull + 1);
  if (small.length < SMALL_RUN) return [...segments];
  return [...segments.slice(0, lastFull + 1), ...chunk(small.flatMap((segment) => segment.frames))];
}

function chunk(frames: readonly Frame[]): Segment[] {
  const segments: Segment[] = [];
  let begin = 0;
  let bytes = 0;
  frames.forEach((frame, at) => {
    if (bytes > 0 && bytes + frame.bytes.length > FULL_SEGMENT) {
      segments.push(segmentOf(frames.slice(begin, at), bytes));
      begin = at;
      bytes = 0;
    }
    bytes += frame.bytes.length;
  });
  if (bytes > 0) segments.push(segmentOf(frames.slice(begin), bytes));
  return segments;
}

function segmentOf(frames: readonly Frame[], bytes: number): Segment {
  const id = randomBytes(ID_BYTES).toString("hex");
  return { id, bytes, records: frames.length, digest: segmentDigest(frames), frames };
}

function sizeOf(frames: readonly Frame[]): number {
  return frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
}

function checkRoom(layout: Layout): Layout {
  if (layout.segments.length > SEGMENTS) throw errors.VAULT_FULL({ limit: `${SEGMENTS} segments` });
  return layout;
}
