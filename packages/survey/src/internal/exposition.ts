/** One sample of a series. */
export interface Sample {
  readonly name: string;
  /** The labels as they stand in the text. */
  readonly labels: string;
  readonly value: number;
}

/** What an exposition contains, and what is wrong with it. */
export interface Exposition {
  readonly samples: readonly Sample[];
  readonly types: ReadonlyMap<string, string>;
  readonly faults: readonly string[];
}

const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)(?: (-?\d+))?(?: # .*)?$/;
const COMMENT = /^# (?:(HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*)(?: (.*))?|EOF)$/;
const SUFFIX = /_(?:total|created|bucket|count|sum|info)$/;
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped", "unknown", "info", "stateset", "gaugehistogram"];

/** Reads the text format of Prometheus (0.0.4) or OpenMetrics 1.0 strictly. */
export function parseExposition(text: string): Exposition {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const seen = new Set<string>();
  const faults: string[] = [];
  if (text !== "" && !text.endsWith("\n")) faults.push("The last line does not end with a line feed.");
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line.startsWith("#")) {
      const [, kind, name = "", rest = ""] = line.match(COMMENT) ?? [];
      if (kind !== "TYPE") continue;
      if (types.has(name)) faults.push(`${name} has two types.`);
      if (!TYPES.includes(rest)) faults.push(`${name} has the unknown type ${rest}.`);
      types.set(name, rest);
      continue;
    }
    const [, name, labels = "", number = ""] = line.match(SAMPLE) ?? [];
    const value = numberOf(number);
    if (name === undefined || value === undefined) {
      faults.push(`This line is not a sample: ${line.slice(0, 100)}`);
      continue;
    }
    if (seen.has(name + labels)) faults.push(`${name}${labels} occurs twice.`);
    seen.add(name + labels);
    const type = types.get(name) ?? types.get(name.replace(SUFFIX, ""));
    if (type === "counter" && value < 0) faults.push(`The counter ${name} is negative.`);
    samples.push({ name, labels, value });
  }
  return { samples, types, faults: faults.slice(0, 10) };
}

function numberOf(text: string): number | undefined {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  if (text === "NaN") return Number.NaN;
  const value = Number(text);
  return text === "" || Number.isNaN(value) ? undefined : value;
}
