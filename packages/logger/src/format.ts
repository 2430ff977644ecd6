import type { LevelStyle, TimeStyle } from "./internal/line-format.ts";

/** A shape of lines that has a name. */
export type FormatPreset = "pino" | "ecs" | "gcp" | "datadog" | "otel";

/** The shape of a line. What is not given is as in the preset. */
export interface FormatOptions {
  /** pino's own shape, Elastic Common Schema, Google Cloud Logging, Datadog, or OpenTelemetry's log data model. @default "pino" */
  preset?: FormatPreset;
  /** A number as pino has them, `info`, `INFO`, or what a function of both gives. @default "number" */
  level?: LevelStyle;
  /** @default "level" */
  levelKey?: string;
  /** ISO 8601 with six fractional digits, or milliseconds (a number) or nanoseconds (a string) since 1970. @default "iso" */
  time?: TimeStyle;
  /** @default "time" */
  timeKey?: string;
  /** @default "msg" */
  messageKey?: string;
  /** Where `logger.error(error)` puts the error. @default "err" */
  errorKey?: string;
  /** Members of every line in place of `pid` and `hostname`, or of what the preset has there. `{}` for none. */
  base?: Readonly<Record<string, unknown>>;
  /** Names of the context's ids. @default `correlationId`, `traceId` and `spanId` */
  ids?: { correlationId?: string; traceId?: string; spanId?: string };
  /** Puts bindings and fields into an object of this name. @default the top of the line */
  fieldsKey?: string;
  /** Only with the preset `"gcp"`: the project that traces belong to. */
  project?: string;
}
