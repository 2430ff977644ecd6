import type { Duration } from "@seaworthy/core";

/** Options of `logger.sampled()`. */
export interface SampleOptions {
  /** Share of the lines below error that is written, 0 to 1. */
  rate: number;
}

/** Options of `logger.limited()`. */
export interface LimitedOptions {
  /** Length of a window, more than 0. A window begins with the first line after the last window ended. */
  per: Duration;
  /** How many lines are written per window, 1 or more. */
  lines: number;
  /**
   * Limits the lines of each key by itself. The key is the message, or the result of a function of the fields and the
   * message. If lines of a key were held back, a line at the end of the window has their number. The first thousand keys have
   * windows of their own, and the others share one. @default all lines share one window
   */
  key?: "message" | ((fields: unknown, message: string | undefined) => string);
  /** Whether lines of level error and above are limited too. @default false */
  errors?: boolean;
}
