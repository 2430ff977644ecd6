import { checkOptions, showValue } from "@seaworthy/core/options";
import { checkBuckets, checkLabelName, checkName } from "./options.ts";

const OPTIONS = ["name", "labels", "buckets"];

/** Checks how one event becomes a series. */
export function checkEventOption(
  where: string,
  options: { name?: unknown; labels?: unknown; buckets?: unknown },
): void {
  checkOptions(where, options, OPTIONS);
  const { name, labels, buckets } = options;
  if (name !== undefined) checkName(name, `${where}: name`);
  if (buckets !== undefined) checkBuckets(`${where}: buckets`, buckets);
  if (labels === undefined) return;
  if (typeof labels !== "object" || labels === null || Array.isArray(labels))
    throw new TypeError(`${where}: labels must be an object of name to other name; got ${showValue(labels)}`);
  for (const label of Object.values(labels)) checkLabelName(`${where}: labels`, label);
}
