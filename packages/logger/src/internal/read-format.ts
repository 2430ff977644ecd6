import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, oneOf, requiredFunction, showValue } from "@seaworthy/core/options";
import type { FormatOptions, FormatPreset } from "../format.ts";
import type { CallerFact } from "./caller-facts.ts";
import type { LineFormat } from "./line-format.ts";
import { PRESETS } from "./presets.ts";

const OPTIONS = [
  "preset",
  "level",
  "levelKey",
  "time",
  "timeKey",
  "messageKey",
  "errorKey",
  "base",
  "ids",
  "fieldsKey",
  "project",
];
const ID_OPTIONS = ["correlationId", "traceId", "spanId"] as const;
const KEYS = ["levelKey", "timeKey", "messageKey", "errorKey", "fieldsKey"] as const;

/**
 * Reads the `format` option.
 *
 * @throws TypeError if an option is not as described, or two members of a line would have the same name
 */
export function toFormat(
  given: FormatPreset | FormatOptions | undefined,
  name: string | undefined,
  caller: readonly CallerFact[] = [],
): LineFormat {
  const options: FormatOptions = typeof given === "string" ? { preset: given } : (given ?? {});
  checkOptions("format", options, OPTIONS);
  const { preset = "pino", level, time, base, ids = {}, project } = options;
  oneOf("format.preset", preset, Object.keys(PRESETS));
  if (level !== undefined && typeof level !== "function") oneOf("format.level", level, ["number", "name", "upper"]);
  if (typeof level === "function") requiredFunction("format.level", level);
  if (time !== undefined) oneOf("format.time", time, ["iso", "epoch", "epochNanoseconds"]);
  if (base !== undefined && (typeof base !== "object" || base === null || Array.isArray(base)))
    throw new TypeError(`format.base must be an object; got ${showValue(base)}`);
  checkOptions("format.ids", ids, ID_OPTIONS);
  for (const id of ID_OPTIONS) if (ids[id] !== undefined) boundedString(`format.ids.${id}`, ids[id], 1, 128);
  if (project !== undefined) {
    boundedString("format.project", project, 1, 128);
    if (preset !== "gcp") throw new TypeError('format.project has a meaning only with the preset "gcp"');
  }
  const shape = PRESETS[preset]({ name, project });
  const keys: Partial<Record<(typeof KEYS)[number], string>> = {};
  for (const key of KEYS)
    if (options[key] !== undefined) keys[key] = boundedString(`format.${key}`, options[key], 1, 128);
  const named = preset === "pino" && name !== undefined ? { name } : undefined;
  const format: LineFormat = {
    ...shape,
    ...keys,
    caller,
    level: level ?? shape.level,
    levelNumber: level === undefined ? shape.levelNumber : undefined,
    time: time ?? shape.time,
    base: base === undefined ? shape.base : { ...base, ...named },
    idKeys: { ...shape.idKeys, ...withoutUndefined(ids) },
  };
  checkNames(format);
  return format;
}

function checkNames(format: LineFormat): void {
  const { levelKey, levelNumber, timeKey, messageKey, idKeys, caller, callerKeys, fieldsKey, base } = format;
  const all = [
    levelKey,
    levelNumber?.key,
    timeKey,
    messageKey,
    fieldsKey,
    ...Object.values(idKeys),
    ...caller.map((fact) => callerKeys[fact]),
    ...Object.keys(base),
  ];
  const names = all.filter((name) => name !== undefined);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new TypeError(`format has two members called ${showValue(twice)}`);
}
