import type { LabelValue } from "@seaworthy/core";
import { integer, showValue } from "@seaworthy/core/options";
import type { LabelSpec } from "../labels.ts";

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const LONGEST_NAME = 200;
const LONGEST_PREFIX = 64;
const MOST_DECLARED = 10_000;
// Prometheus makes these labels itself; a series that carries one of its own is refused or misread.
const RESERVED = new Set(["le", "quantile"]);

/** A prefix, short enough for every name of the package's own behind it. */
export function checkPrefix(prefix: unknown): string {
  if (prefix === "") return prefix;
  if (typeof prefix !== "string" || prefix.length > LONGEST_PREFIX || !METRIC.test(prefix))
    throw new TypeError(
      `prefix must be letters, digits, "_" and ":", not starting with a digit, ${LONGEST_PREFIX} at most; got ${showValue(prefix)}`,
    );
  return prefix;
}

/** A metric's whole name, prefix included. */
export function checkName(name: unknown, option = "name"): string {
  if (typeof name !== "string" || name.length > LONGEST_NAME || !METRIC.test(name))
    throw new TypeError(
      `${option} must be letters, digits, "_" and ":", not starting with a digit, ${LONGEST_NAME} at most; got ${showValue(name)}`,
    );
  return name;
}

/** A counter's name. OpenMetrics puts `_total` to a name that lacks it, so such a name would depend on the scraper. */
export function checkCounterName(name: unknown): void {
  if (!checkName(name).endsWith("_total"))
    throw new TypeError(`name: the name of a counter must end in "_total"; got ${showValue(name)}`);
  if (name === "_total")
    throw new TypeError('name: the name of a counter must say what it counts before "_total"; got "_total"');
}

export function checkHelp(name: string, help: unknown): string {
  if (typeof help !== "string" || help.trim() === "")
    throw new TypeError(`${name}: help must be a sentence; got ${showValue(help)}`);
  return help;
}

export function checkLabelName(where: string, label: unknown): string {
  if (typeof label !== "string" || !LABEL.test(label) || label.startsWith("__") || RESERVED.has(label))
    throw new TypeError(
      `${where}: a label name must be letters, digits and "_", not start with a digit or "__", and not be "le" or "quantile"; got ${showValue(label)}`,
    );
  return label;
}

/** A label value as the text it becomes, or `undefined` if it cannot be one. */
export function labelText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Constant labels of an instance, as text. */
export function checkConstantLabels(labels: unknown): Readonly<Record<string, string>> {
  if (typeof labels !== "object" || labels === null || Array.isArray(labels))
    throw new TypeError(`labels must be an object of label to value; got ${showValue(labels)}`);
  const checked: Record<string, string> = {};
  for (const [label, value] of Object.entries(labels)) {
    const text = labelText(value);
    if (text === undefined)
      throw new TypeError(`labels: ${label} must be a string, a number or a boolean; got ${showValue(value)}`);
    checked[checkLabelName("labels", label)] = text;
  }
  return Object.freeze(checked);
}

/** A declaration of labels taken apart. */
export interface ParsedLabels {
  readonly names: readonly string[];
  /** Every possible label set, if the declaration lists the values. */
  readonly sets?: readonly (readonly LabelValue[])[];
}

/** Takes a declaration of labels apart. */
export function parseLabels(name: string, spec: LabelSpec | undefined, constant: object): ParsedLabels {
  if (spec === undefined) return { names: [] };
  if (typeof spec !== "object" || spec === null)
    throw new TypeError(
      `${name}: labels must be an array of names or an object of name to values; got ${showValue(spec)}`,
    );
  const names = isNames(spec) ? [...spec] : Object.keys(spec);
  for (const label of names) {
    checkLabelName(`${name}: labels`, label);
    if (Object.hasOwn(constant, label)) throw new TypeError(`${name}: label ${label} is a constant label already`);
  }
  if (new Set(names).size !== names.length) throw new TypeError(`${name}: labels must not repeat a name`);
  return isNames(spec) ? { names } : { names, sets: combinations(name, spec) };
}

const isNames = (spec: LabelSpec): spec is readonly string[] => Array.isArray(spec);

function combinations(name: string, spec: Readonly<Record<string, readonly LabelValue[]>>): LabelValue[][] {
  let sets: LabelValue[][] = [[]];
  for (const [label, values] of Object.entries(spec)) {
    if (!Array.isArray(values) || values.length === 0 || values.some((value) => labelText(value) === undefined))
      throw new TypeError(`${name}: the values of label ${label} must be an array of strings, numbers or booleans`);
    if (sets.length * values.length > MOST_DECLARED)
      throw new TypeError(`${name}: the declared label values make more than ${MOST_DECLARED} series`);
    sets = sets.flatMap((set) => values.map((value: LabelValue) => [...set, value]));
  }
  return sets;
}

export function checkSeriesLimit(value: unknown, option = "seriesLimit"): number {
  return integer(option, value, 1, 1_000_000);
}

/** Upper bounds of buckets: finite, rising. `+Inf` is always there and never named. */
export function checkBuckets(option: string, buckets: unknown): readonly number[] {
  const sound =
    Array.isArray(buckets) &&
    buckets.length > 0 &&
    buckets.length <= 200 &&
    buckets.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > buckets[i - 1]));
  if (!sound)
    throw new TypeError(
      `${option} must be 1 to 200 finite numbers, each larger than the one before (+Inf is implied); got ${showList(buckets)}`,
    );
  return Object.freeze([...buckets]);
}

function showList(value: unknown): string {
  return Array.isArray(value) ? `[${value.slice(0, 20).map(showValue).join(", ")}]` : showValue(value);
}
