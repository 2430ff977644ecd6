import type { LevelStyle, TimeStyle } from "./internal/line-format.ts";

/** The name of a shape of lines. */
export type FormatPreset = "pino" | "ecs" | "gcp" | "datadog" | "otel";

/** The shape of a line. Options that are missing are taken from the preset. */
export interface FormatOptions {
  /** pino's own shape, Elastic Common Schema, Google Cloud Logging, Datadog, or OpenTelemetry's log data model. @default "pino" */
  preset?: FormatPreset;
  /** A number as in pino, the name (`info`), the name in upper case (`INFO`), or a function of number and name. @default "number" */
  level?: LevelStyle;
  /** @default "level" */
  levelKey?: string;
  /** ISO 8601 with six fractional digits, or milliseconds (a number) or nanoseconds (a string) since 1970. @default "iso" */
  time?: TimeStyle;
  /** @default "time" */
  timeKey?: string;
  /** @default "msg" */
  messageKey?: string;
  /** The name of the error in `logger.error(error)`. @default "err" */
  errorKey?: string;
  /** Members of every line, instead of those of the preset; `{}` for no members. @default `pid` and `hostname` */
  base?: Readonly<Record<string, unknown>>;
  /** Names of the ids of the context. @default `correlationId`, `traceId` and `spanId` */
  ids?: { correlationId?: string; traceId?: string; spanId?: string };
  /** The name of an object that contains bindings and fields. @default they are at the top of the line */
  fieldsKey?: string;
  /** Only with the preset `"gcp"`: the project that traces belong to. */
  project?: string;
}
