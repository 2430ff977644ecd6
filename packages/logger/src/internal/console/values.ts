import { escapeUnit } from "../json-text.ts";

// Control characters, line separators, and characters that reorder or hide text (Unicode TR 36). Joiners are kept, for emoji.
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const SIMPLE = /^[\w./:@+-]+$/;

/** Returns `text` with an escape for every character that could end a line or control a terminal. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (unit) => SHORT_ESCAPES[unit] ?? escapeUnit(unit));
}

/** Returns a value on one line: a simple string unchanged, anything else as JSON. */
export function showValue(value: unknown): string {
  if (typeof value === "string" && SIMPLE.test(value)) return value;
  return escapeUnsafe(JSON.stringify(value) ?? String(value));
}

/** Returns a duration for people: `0.07 ms`, `7.1 ms`, `59 ms`, `1.04 s`, `2 min 5 s`. */
export function showSeconds(seconds: number): string {
  const ms = seconds * 1000;
  if (ms < 1) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (seconds < 59.995) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Returns the value of an event with its unit. */
export function showMeasure(value: number, unit: unknown): string {
  if (unit === "seconds") return showSeconds(value);
  if (unit === "ratio") return `${Number((value * 100).toPrecision(3))} %`;
  if (unit !== "bytes") return `${value}`;
  if (value < 1024) return `${value} B`;
  const steps = ["KiB", "MiB", "GiB", "TiB"];
  const step = Math.min(steps.length, Math.floor(Math.log2(value) / 10));
  return `${Number((value / 1024 ** step).toPrecision(3))} ${steps[step - 1]}`;
}

/** Returns the local time of day of a line, whatever its style is. Text that is not a time is returned unchanged. */
export function showTime(time: unknown): string {
  if (typeof time !== "string" && typeof time !== "number") return escapeUnsafe(String(time));
  const isNanoseconds = typeof time === "string" && /^\d{16,20}$/.test(time);
  const date = new Date(isNanoseconds ? Number(BigInt(time) / 1_000_000n) : time);
  if (Number.isNaN(date.getTime())) return escapeUnsafe(String(time));
  const two = (n: number): string => String(n).padStart(2, "0");
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}
