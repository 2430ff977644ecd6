import { readMember } from "@seaworthy/core/objects";
import type { ParsedLine } from "../destinations/destination.ts";
import { LEVELS } from "./level-numbers.ts";
import { type LineFormat, nameOf, startOf } from "./line-format.ts";

/** Returns a function that takes lines of this format apart. It returns `undefined` for text that is not a line. */
export function createReader(format: LineFormat): (line: string) => ParsedLine | undefined {
  const levels = levelsOf(format);
  const { levelKey, levelNumber, timeKey, messageKey, fieldsKey, base, idKeys } = format;
  const own = new Set([levelKey, levelNumber?.key, timeKey, messageKey, ...Object.keys(base)]);
  const name = nameIn(base);
  return (line) => {
    const record = objectOf(line);
    if (record === undefined) return undefined;
    const inner = fieldsKey === undefined ? undefined : record[fieldsKey];
    const fields: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(record))
      if (!own.has(key) && key !== fieldsKey) define(fields, key, value);
    if (typeof inner === "object" && inner !== null)
      for (const [key, value] of Object.entries(inner)) define(fields, key, value);
    const id = fields[idKeys.correlationId];
    delete fields[idKeys.correlationId];
    const given = record[levelKey];
    const message = record[messageKey];
    return {
      level: levels.get(JSON.stringify(given)) ?? (typeof given === "number" ? given : String(given)),
      time: record[timeKey],
      name: name ?? (typeof record.name === "string" ? record.name : undefined),
      message: message === undefined ? undefined : String(message),
      correlationId: typeof id === "string" ? id : undefined,
      fields: withPlainError(fields, format),
    };
  };
}

// A field called __proto__ must not set the prototype.
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function levelsOf(format: LineFormat): Map<string, number> {
  const levels = new Map<string, number>();
  for (const level of Object.values(LEVELS)) {
    if (!Number.isFinite(level)) continue;
    const start: Record<string, unknown> = JSON.parse(`${startOf(format, level, nameOf(level))}}`);
    // Two levels may have the same word. The reader is shown the higher one.
    levels.set(JSON.stringify(start[format.levelKey]), level);
  }
  return levels;
}

function nameIn(base: Readonly<Record<string, unknown>>): string | undefined {
  const { Resource: resource, serviceContext } = base;
  const name =
    base.name ??
    base["service.name"] ??
    base.service ??
    readMember(resource, "service.name") ??
    readMember(serviceContext, "service");
  return typeof name === "string" ? name : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function withPlainError(
  fields: Record<string, unknown>,
  { errorKey, errorNames }: LineFormat,
): Record<string, unknown> {
  if (errorKey === "err" && Object.keys(errorNames).length === 0) return fields;
  const inner = fields[errorKey];
  const error: Record<string, unknown> = {};
  if (typeof inner === "object" && inner !== null)
    for (const [key, value] of Object.entries(inner)) define(error, key, value);
  for (const [plain, renamed] of Object.entries(errorNames)) {
    const place = renamed.startsWith(".") ? fields : error;
    const key = renamed.replace(/^\./, "");
    if (!Object.hasOwn(place, key)) continue;
    define(error, plain, place[key]);
    delete place[key];
  }
  if (typeof error.type !== "string" || typeof error.message !== "string") return fields;
  delete fields[errorKey];
  define(fields, "err", error);
  return fields;
}
