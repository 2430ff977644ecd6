import { escapeUnit } from "./internal/json-text.ts";

/** Options of {@link createPretty}. */
export interface PrettyOptions {
  /** Whether levels are coloured. @default false */
  colour?: boolean;
}

// Control characters, line separators, and what reorders or hides text (Unicode TR 36); joiners stay, for emoji.
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const SIMPLE = /^[\w./:@+-]+$/;
const FRAME = /^\s+at /;
const NAMES: Readonly<Record<number, [name: string, colour: number]>> = {
  10: ["TRACE", 90],
  20: ["DEBUG", 36],
  30: ["INFO", 32],
  40: ["WARN", 33],
  50: ["ERROR", 31],
  60: ["FATAL", 35],
};
const HEAD = new Set(["level", "time", "pid", "hostname", "name", "msg"]);

/**
 * A function that turns a JSON line into one for people: time, level, name, message and `key=value` pairs on one line,
 * and under it, indented, the frames of errors. Nothing that was logged can begin a line of its own or reach the
 * terminal as a control character.
 */
export function createPretty(options: PrettyOptions = {}): (line: string) => string {
  const { colour = false } = options;
  return (line) => {
    const record = recordOf(line);
    if (record === undefined) return line;
    const [label, code] = NAMES[Number(record.level)] ?? [String(record.level), 0];
    const level = label.padEnd(5);
    const parts = [String(record.time), colour ? `\x1b[${code}m${level}\x1b[0m` : level];
    if (typeof record.name === "string") parts.push(`${escapeUnsafe(record.name)}:`);
    if (record.msg !== undefined) parts.push(escapeUnsafe(String(record.msg)));
    const frames: string[] = [];
    for (const [key, value] of Object.entries(record)) {
      if (HEAD.has(key)) continue;
      parts.push(`${escapeUnsafe(key)}=${show(takeFrames(value, frames, 0, false))}`);
    }
    return `${parts.join(" ")}\n${frames.map((frame) => `    ${escapeUnsafe(frame)}\n`).join("")}`;
  };
}

function recordOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** `text` with every character that could end a line or steer a terminal written as an escape. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (unit) => SHORT_ESCAPES[unit] ?? escapeUnit(unit));
}

function show(value: unknown): string {
  if (typeof value === "string" && SIMPLE.test(value)) return value;
  return escapeUnsafe(JSON.stringify(value));
}

/** The value without the stacks of the errors in it, whose frames are added to `frames`. */
function takeFrames(value: unknown, frames: string[], depth: number, inError: boolean): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth > 12) return value;
  const { stack, ...rest } = value as { stack?: unknown };
  const isRecord = typeof stack === "string" && "type" in rest && "message" in rest;
  if (isRecord) {
    if (inError) frames.push(`caused by ${String(rest.type)}: ${String(rest.message)}`);
    for (const line of stack.split("\n")) if (FRAME.test(line)) frames.push(line.trim());
  }
  const kept: Record<string, unknown> = isRecord ? rest : (value as Record<string, unknown>);
  return Object.fromEntries(
    Object.entries(kept).map(([key, item]) => [key, takeFrames(item, frames, depth + 1, isRecord)]),
  );
}
