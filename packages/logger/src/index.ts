export { createLogger } from "./create-logger.ts";
export { file } from "./destinations/file.ts";
export { stdout } from "./destinations/stdout.ts";
export { createPretty } from "./pretty.ts";
export { createSampler, rateLimited } from "./suppress.ts";
export type { LoggerOptions } from "./create-logger.ts";
export type {
  AnyDestination,
  Destination,
  DestinationSetting,
  LineStream,
  StreamEntry,
} from "./destinations/destination.ts";
export type { FileDestination, FileOptions } from "./destinations/file.ts";
export type { StdoutOptions } from "./destinations/stdout.ts";
export type { LogLevel } from "./level.ts";
export type { LimitOptions } from "./limits.ts";
export type { Logger } from "./logger.ts";
export type { Operation, OperationOptions, OperationWork } from "./operation.ts";
export type { PrettyOptions } from "./pretty.ts";
export type { LogRecord } from "./record.ts";
export type { RedactOptions } from "./redact.ts";
export type { LimitedOptions, SampleOptions } from "./suppress.ts";
export type { Tail, TailFilter, TailOptions } from "./tail.ts";
