import type { Duration } from "@seaworthy/core";

/** Options of `logger.sampled()`. */
export interface SampleOptions {
  /** Share of the lines below error that are written, 0 to 1. */
  rate: number;
}

/** Options of `logger.limited()`. */
export interface LimitedOptions {
  /** Length of a window, more than 0; it begins with the first line after the last window ended. */
  per: Duration;
  /** Lines written in a window, 1 or more. */
  lines: number;
  /**
   * Limits the lines of each key by itself: those of the same message, or of the same result of a function of the fields
   * and the message. When a window ends in which lines of a key were held back, a line tells how many. The first thousand
   * keys have windows of their own. @default all lines share one window
   */
  key?: "message" | ((fields: unknown, message: string | undefined) => string);
  /** Whether lines of level error and above are limited too. @default false */
  errors?: boolean;
}
