import type { ByteSize } from "@seaworthy/core";

/** Limits of one line. A mark shows where something was cut. */
export interface LimitOptions {
  /** Bytes of a line with its line feed, 1 KiB or more. @default "64kib" */
  line?: ByteSize;
  /** Bytes of one field, 256 or more. It leaves room for the fields after a huge one. @default half of the line */
  field?: ByteSize;
  /** UTF-16 units of one string, 16 or more; a quarter of the line at most. @default 8192 */
  text?: number;
  /** Levels of nesting below a field, 1 to 100. @default 8 */
  depth?: number;
  /** Members of one object or array, 1 or more. @default 100 */
  members?: number;
  /** Values of one line, 1 or more. @default 2000 */
  values?: number;
}
