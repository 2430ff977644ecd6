import { type Clock, describeError, toMilliseconds } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, oneOf, requiredFunction, showValue } from "@seaworthy/core/options";
import type { Logger, Operation, OperationEndLevel, OperationOptions, OperationWork } from "../logger.ts";
import { operationEvent } from "../telemetry.ts";
import { isError, plainKeys, readMember } from "./values.ts";

const END_LEVELS: readonly OperationEndLevel[] = ["trace", "debug", "info", "warn"];

/** The arguments of `logger.operation()`, with defaults for those that are missing. */
export interface OperationCall<T> {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly work: OperationWork<T>;
  readonly slow: number;
  readonly level: OperationEndLevel;
}

/**
 * Reads the arguments of `logger.operation()`, of which the fields may be missing.
 *
 * @throws TypeError if one of them is not as described
 */
export function readOperation<T>(name: unknown, args: readonly unknown[]): OperationCall<T> {
  const checked = boundedString("operation name", name, 1, 128);
  const [fields, work, options = {}] =
    typeof args[0] === "function" ? [{}, ...args] : [args[0] ?? {}, args[1], args[2]];
  if (typeof fields !== "object" || fields === null)
    throw new TypeError(`operation fields must be an object; got ${showValue(fields)}`);
  requiredFunction("operation's work", work);
  checkOptions("operation", options, ["slow", "level"]);
  const { slow, level } = options as OperationOptions;
  return {
    name: checked,
    fields: fields as Readonly<Record<string, unknown>>,
    work: work as OperationWork<T>,
    slow: slow === undefined ? Number.POSITIVE_INFINITY : toMilliseconds(slow, "operation slow"),
    level: level === undefined ? "info" : oneOf("operation level", level, END_LEVELS),
  };
}

/** Runs the work between a first line and a last one. What the work throws is thrown again. */
export async function runOperation<T>(logger: Logger, call: OperationCall<T>, clock: Clock): Promise<T> {
  const { name, fields, work, slow, level: endLevel } = call;
  const start = clock.monotonic();
  const elapsed = (): number => Math.max(0, Math.round((clock.monotonic() - start) * 1000) / 1000);
  const added: Record<string, unknown> = {};
  const set = (more: Readonly<Record<string, unknown>>): void => void copyMembers(more, added);
  const child = logger.child({ ...copyMembers(fields, {}), operation: name });
  const operation = Object.assign(child, { set, elapsed }) as Operation;
  const end = (outcome: "ok" | "failed", level: OperationEndLevel | "error", error?: unknown): void => {
    const durationMs = elapsed();
    if (operationEvent.active) operationEvent.emit({ operation: name, outcome }, durationMs / 1000);
    const isSlow = durationMs >= slow;
    if (Object.hasOwn(added, "operation")) added.operation = name;
    const facts = { ...added, durationMs, ...withoutUndefined(isSlow ? { slow: true, slowAfterMs: slow } : {}) };
    if (outcome === "failed") child[level]({ ...facts, err: describeThrown(error) }, `${name} failed`);
    else child[isSlow ? "warn" : level](facts, `${name} finished${isSlow ? " slowly" : ""}`);
  };
  child.debug(`${name} started`);
  let result: T;
  try {
    result = await work(operation);
  } catch (error) {
    end("failed", "error", error);
    throw error;
  }
  end("ok", endLevel);
  return result;
}

/** Copies what can be read. A getter that throws must neither stop the work nor change its outcome. */
function copyMembers(from: unknown, into: Record<string, unknown>): Record<string, unknown> {
  if (typeof from !== "object" || from === null) return into;
  for (const key of plainKeys(from))
    Object.defineProperty(into, key, {
      value: readMember(from, key),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  return into;
}

/** Errors are described when the line is written. Any other thrown value is described here, so that it looks like a failure. */
function describeThrown(error: unknown): unknown {
  return typeof error === "object" && error !== null && isError(error) ? error : describeError(error);
}
