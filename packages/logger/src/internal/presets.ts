import { hostname } from "node:os";
import { withoutUndefined } from "@seaworthy/core/objects";
import { type LineFormat, nameOf } from "./line-format.ts";

/** What the shape of a preset depends on. */
export interface PresetFacts {
  readonly name: string | undefined;
  /** The Google Cloud project that traces belong to. */
  readonly project: string | undefined;
}

const same = (id: string): string => id;
const CALLER = { principal: "principalId", tenant: "tenant", address: "clientAddress" } as const;
const IDS = { correlationId: "correlationId", traceId: "traceId", spanId: "spanId" } as const;

/** pino's own shape, with ISO times. */
function pinoShape({ name }: PresetFacts): LineFormat {
  return {
    level: "number",
    levelKey: "level",
    levelNumber: undefined,
    time: "iso",
    timeKey: "time",
    messageKey: "msg",
    errorKey: "err",
    errorNames: {},
    base: { pid: process.pid, hostname: hostname(), ...withoutUndefined({ name }) },
    idKeys: IDS,
    callerKeys: CALLER,
    caller: [],
    traceId: same,
    spanId: same,
    fieldsKey: undefined,
  };
}

/** Elastic Common Schema 8: https://www.elastic.co/guide/en/ecs-logging/overview/current/intro.html */
function ecs(facts: PresetFacts): LineFormat {
  return {
    ...pinoShape(facts),
    level: "name",
    levelKey: "log.level",
    timeKey: "@timestamp",
    messageKey: "message",
    errorKey: "error",
    errorNames: { stack: "stack_trace" },
    base: {
      "ecs.version": "8.10.0",
      "process.pid": process.pid,
      "host.hostname": hostname(),
      ...withoutUndefined({ "service.name": facts.name, "event.dataset": facts.name }),
    },
    idKeys: { correlationId: "http.request.id", traceId: "trace.id", spanId: "span.id" },
    callerKeys: { principal: "user.id", tenant: "organization.id", address: "client.address" },
  };
}

const SEVERITIES: Readonly<Record<string, string>> = { trace: "DEBUG", warn: "WARNING", fatal: "CRITICAL" };

/** Google Cloud's structured logging: https://cloud.google.com/logging/docs/structured-logging#special-payload-fields */
function gcp(facts: PresetFacts): LineFormat {
  const { name, project } = facts;
  return {
    ...pinoShape(facts),
    level: (level) => SEVERITIES[nameOf(level)] ?? nameOf(level).toUpperCase(),
    levelKey: "severity",
    messageKey: "message",
    errorKey: "error",
    // Error Reporting finds a stack under this name at the top of the payload.
    errorNames: { stack: ".stack_trace" },
    base: {
      pid: process.pid,
      hostname: hostname(),
      ...withoutUndefined({ serviceContext: name === undefined ? undefined : { service: name } }),
    },
    idKeys: {
      correlationId: "correlationId",
      traceId: "logging.googleapis.com/trace",
      spanId: "logging.googleapis.com/spanId",
    },
    traceId: project === undefined ? same : (id) => `projects/${project}/traces/${id}`,
  };
}

/** Datadog's standard attributes: https://docs.datadoghq.com/standard-attributes/ */
function datadog(facts: PresetFacts): LineFormat {
  // Datadog joins logs and traces by 64-bit decimal ids: https://docs.datadoghq.com/tracing/other_telemetry/connect_logs_and_traces/opentelemetry/
  const decimal = (id: string): string => BigInt(`0x${id.slice(-16)}`).toString();
  return {
    ...pinoShape(facts),
    level: "name",
    levelKey: "status",
    timeKey: "timestamp",
    messageKey: "message",
    errorKey: "error",
    errorNames: { type: "kind" },
    base: {
      "process.pid": process.pid,
      host: hostname(),
      ...withoutUndefined({ service: facts.name }),
    },
    idKeys: { correlationId: "http.request_id", traceId: "dd.trace_id", spanId: "dd.span_id" },
    callerKeys: { principal: "usr.id", tenant: "tenant", address: "network.client.ip" },
    traceId: decimal,
    spanId: decimal,
  };
}

/** OpenTelemetry's log data model: https://opentelemetry.io/docs/specs/otel/logs/data-model/ */
function otel(facts: PresetFacts): LineFormat {
  return {
    ...pinoShape(facts),
    level: "upper",
    levelKey: "SeverityText",
    // 1 TRACE, 5 DEBUG, 9 INFO, 13 WARN, 17 ERROR, 21 FATAL. The numbers between them are for finer levels.
    levelNumber: {
      key: "SeverityNumber",
      of: (level) => Math.min(24, Math.max(1, Math.floor(((level - 10) / 10) * 4) + 1)),
    },
    time: "epochNanoseconds",
    timeKey: "Timestamp",
    messageKey: "Body",
    errorKey: "exception",
    errorNames: { type: ".exception.type", message: ".exception.message", stack: ".exception.stacktrace" },
    base: {
      Resource: {
        ...withoutUndefined({ "service.name": facts.name }),
        "host.name": hostname(),
        "process.pid": process.pid,
      },
    },
    idKeys: { correlationId: "correlationId", traceId: "TraceId", spanId: "SpanId" },
    callerKeys: { principal: "user.id", tenant: "tenant", address: "client.address" },
    fieldsKey: "Attributes",
  };
}

/** The shapes that have a name. */
export const PRESETS: Readonly<
  Record<"pino" | "ecs" | "gcp" | "datadog" | "otel", (facts: PresetFacts) => LineFormat>
> = { pino: pinoShape, ecs, gcp, datadog, otel };
