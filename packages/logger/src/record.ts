/** A parsed line, in the default format. */
export interface LogRecord {
  /** 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
  level: number;
  /** ISO 8601 in UTC with six fractional digits. */
  time: string;
  msg?: string;
  [field: string]: unknown;
}
