export { toBytes } from "./byte-size.ts";
export { sleep, startTimer, systemClock } from "./clock.ts";
export { bindContext, currentContext, lazySignal, remainingTime, runDetached, runWithContext } from "./context.ts";
export { currentTrace } from "./current-trace.ts";
export { defineErrors } from "./define-errors.ts";
export { describeError } from "./describe-error.ts";
export { toMilliseconds } from "./duration.ts";
export { decodeError, encodeError } from "./encode-error.ts";
export { isSeaworthyError, SeaworthyError } from "./error.ts";
export { defineGauge, readGauges } from "./gauge.ts";
export { jsonSafe } from "./json-safe.ts";
export { toProblem } from "./problem.ts";
export { isRedisCluster, redisCommand } from "./redis-client.ts";
export { subscribeRedis } from "./redis-subscription.ts";
export { scrubSecrets } from "./scrub-secrets.ts";
export { isSecret, REDACTED, secret } from "./secret.ts";
export { hasSpanListener, onSpan, startSpan } from "./span.ts";
export { definedEvents, defineEvent, onTelemetry } from "./telemetry.ts";
export { openTransaction, runInTransaction } from "./transaction.ts";
export { formatTraceparent, parseTraceparent } from "./traceparent.ts";

export type { ByteSize } from "./byte-size.ts";
export type { Clock, SleepOptions, TimerOptions } from "./clock.ts";
export type { Client, Context, Principal } from "./context.ts";
export type { DefineErrorsOptions, ErrorDefinition, ErrorFactory, ErrorFactoryOptions } from "./define-errors.ts";
export type { DescribeErrorOptions, ErrorRecord } from "./describe-error.ts";
export type { Duration } from "./duration.ts";
export type { ErrorContext, SeaworthyErrorOptions } from "./error.ts";
export type { Gauge, GaugeDefinition, GaugeMerge, GaugeReading } from "./gauge.ts";
export type { JsonSafe, JsonSafeOptions } from "./json-safe.ts";
export type {
  AuditEntry,
  AuditSink,
  HeldLease,
  Lease,
  LimitDecision,
  Limiter,
  Row,
  SqlClient,
  SqlMigration,
  SqlTransactionOptions,
  SqlTransactions,
} from "./ports.ts";
export type { Problem } from "./problem.ts";
export type { CallingRedisClient, RedisClient, RoutingRedisClient, SendingRedisClient } from "./redis-client.ts";
export type { RedisSubscription, RedisSubscriptionOptions } from "./redis-subscription.ts";
export type { Secret } from "./secret.ts";
export type { Span, SpanEnd, SpanListener, SpanStart, StartSpanOptions } from "./span.ts";
export type {
  EventLabels,
  EventMeasure,
  LabelValue,
  TelemetryDefinition,
  TelemetryEvent,
  TelemetryLevel,
  TelemetryListener,
  TelemetryRecord,
  TelemetryUnit,
} from "./telemetry.ts";
export type { TraceIds } from "./traceparent.ts";
