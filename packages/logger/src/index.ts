export { createLogger } from "./create-logger.ts";
export { errorGroups } from "./destinations/error-groups.ts";
export { file } from "./destinations/file.ts";
export { stdout } from "./destinations/stdout.ts";
export { explainRedaction } from "./explain-redaction.ts";
export { createPretty } from "./pretty.ts";
export type { LoggerOptions } from "./create-logger.ts";
export type {
  AnyDestination,
  Destination,
  DestinationHealth,
  DestinationSetting,
  LineStream,
  ParsedLine,
  StreamEntry,
} from "./destinations/destination.ts";
export type { ErrorGroupsDestination, ErrorGroupsOptions } from "./destinations/error-groups.ts";
export type { ErrorGroup, ErrorSample } from "./internal/errors/group-table.ts";
export type { RedactionFinding } from "./explain-redaction.ts";
export type { FileDestination, FileOptions } from "./destinations/file-options.ts";
export type { StdoutOptions } from "./destinations/stdout.ts";
export type { LoggerHealth } from "./health.ts";
export type { FormatOptions, FormatPreset } from "./format.ts";
export type { CallerFact } from "./internal/caller-facts.ts";
export type { LevelStyle, TimeStyle } from "./internal/line-format.ts";
export type { LogLevel } from "./level.ts";
export type { LimitOptions } from "./limits.ts";
export type {
  ChildOptions,
  Logger,
  LogMethod,
  ObserveOptions,
  Operation,
  OperationEndLevel,
  OperationOptions,
  OperationWork,
} from "./logger.ts";
export type { PrettyOptions } from "./pretty.ts";
export type { LogRecord } from "./record.ts";
export type { Censor, RedactOptions } from "./redact.ts";
export type { LimitedOptions, SampleOptions } from "./suppress.ts";
export type { Tail, TailFilter, TailFilterOptions, TailOptions } from "./tail.ts";
