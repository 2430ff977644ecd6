import type { TextFormat } from "./prom.ts";

const LONGEST_HEADER = 4096;

interface Candidate {
  readonly format: TextFormat;
  readonly quality: number;
  /** 2 for a type named in full, 1 for `text/*`, 0 for any type. */
  readonly precision: number;
}

/**
 * Which text format an `Accept` header asks for (RFC 9110, section 12.5.1): OpenMetrics 1.0.0 where it is named and not
 * weighed less than plain text, the Prometheus text format otherwise, whatever the header holds.
 */
export function negotiate(accept: unknown): TextFormat {
  if (typeof accept !== "string" || accept.length > LONGEST_HEADER) return "prometheus";
  let best: Candidate | undefined;
  for (const range of accept.split(",")) {
    const candidate = read(range);
    if (candidate === undefined || candidate.quality === 0) continue;
    if (best === undefined || isBetter(candidate, best)) best = candidate;
  }
  return best?.format ?? "prometheus";
}

function isBetter(a: Candidate, b: Candidate): boolean {
  return a.quality > b.quality || (a.quality === b.quality && a.precision > b.precision);
}

function read(range: string): Candidate | undefined {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
  let quality = 1;
  let version: string | undefined;
  for (const parameter of parameters) {
    const [name, value = ""] = parameter.split("=", 2).map((part) => part.trim());
    if (name === "q") quality = weight(value);
    if (name === "version") version = value.replaceAll('"', "");
  }
  if (type === "application/openmetrics-text")
    return version === undefined || version === "1.0.0" ? { format: "openmetrics", quality, precision: 2 } : undefined;
  if (type === "text/plain")
    return version === undefined || version === "0.0.4" ? { format: "prometheus", quality, precision: 2 } : undefined;
  if (type === "text/*") return { format: "prometheus", quality, precision: 1 };
  return type === "*/*" ? { format: "prometheus", quality, precision: 0 } : undefined;
}

function weight(text: string): number {
  const value = text === "" ? Number.NaN : Number(text);
  return value >= 0 && value <= 1 ? value : 0;
}
