import type { ByteSize } from "@seaworthy/core";

/** Limits of one line. What is cut is marked where it was cut. */
export interface LimitOptions {
  /** Bytes of a whole line with its line feed, 1 KiB or more. @default "64kib" */
  line?: ByteSize;
  /** Bytes of one field, 256 or more, so that a huge one leaves room for the others. @default half of the line */
  field?: ByteSize;
  /** UTF-16 units kept of one text, at most a quarter of the line. @default 8192 */
  text?: number;
  /** Levels of nesting kept below a field. @default 8 */
  depth?: number;
  /** Members kept of one object or array. @default 100 */
  members?: number;
  /** Values kept of one line in all. @default 2000 */
  values?: number;
}
