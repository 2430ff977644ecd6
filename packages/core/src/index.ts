export { toBytes } from "./byte-size.ts";
export { sleep, startTimer, systemClock } from "./clock.ts";
export { bindContext, currentContext, remainingTime, runWithContext } from "./context.ts";
export { defineErrors } from "./define-errors.ts";
export { describeError } from "./describe-error.ts";
export { toMilliseconds } from "./duration.ts";
export { decodeError, encodeError } from "./encode-error.ts";
export { isSeaworthyError, SeaworthyError } from "./error.ts";
export { isSensitiveKey, jsonSafe } from "./json-safe.ts";
export { toProblem } from "./problem.ts";
export { redisCommand } from "./redis-client.ts";
export {
  cutText,
  isSecret,
  onSecret,
  REDACTED,
  SHORTEST_SCRUBBED,
  scrubAndCut,
  scrubSecrets,
  secret,
} from "./secret.ts";
export { definedEvents, defineEvent, onTelemetry } from "./telemetry.ts";
export { formatTraceparent, parseTraceparent } from "./traceparent.ts";

export type { ByteSize } from "./byte-size.ts";
export type { Clock, SleepOptions, TimerOptions } from "./clock.ts";
export type { Context, Principal } from "./context.ts";
export type { DefineErrorsOptions, ErrorDefinition, ErrorFactory, ErrorFactoryOptions } from "./define-errors.ts";
export type { ErrorRecord } from "./describe-error.ts";
export type { Duration } from "./duration.ts";
export type { ErrorContext, SeaworthyErrorOptions } from "./error.ts";
export type { JsonSafe, JsonSafeOptions } from "./json-safe.ts";
export type { AuditEntry, AuditSink, Row, SqlClient } from "./ports.ts";
export type { Problem } from "./problem.ts";
export type { CallingRedisClient, RedisClient, SendingRedisClient } from "./redis-client.ts";
export type { Secret, SecretListener, SecretMatcher } from "./secret.ts";
export type {
  LabelValue,
  TelemetryDefinition,
  TelemetryEvent,
  TelemetryLevel,
  TelemetryListener,
  TelemetryRecord,
  TelemetryUnit,
} from "./telemetry.ts";
export type { TraceIds } from "./traceparent.ts";
