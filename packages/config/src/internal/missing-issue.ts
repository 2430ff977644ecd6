import type { ConfigIssue } from "../errors.ts";
import type { LoadState } from "./load-state.ts";
import type { Field } from "./model.ts";
import { partsOf } from "./parts.ts";

const MOST_NAMES = 6;

/** The issue of a field without a value. `reason` is the schema author's reason why the value is required. */
export function missingIssue(state: LoadState, field: Field, reason?: string): Omit<ConfigIssue, "path" | "env"> {
  const { directory = "config" } = state.options;
  const folder = directory === false ? undefined : [directory].flat().at(-1);
  const file = folder === undefined ? "" : `, or ${field.path} in ${folder}/${state.profile}.json`;
  const parts = field.structured ? partsOf(field.schema, field.env, field.separator) : [];
  const names = parts.length === 0 ? "" : ` to a JSON object, or ${listOf(parts.map(({ name }) => name))}`;
  const action =
    field.sensitivity === undefined || parts.length > 0
      ? `set ${field.env}${names}${file}`
      : `set ${field.env}, or ${field.env}_FILE to the path of a file that holds it`;
  const hint = reason === undefined ? action : `${reason}; ${action}`;
  return { problem: "missing", expected: field.expected, hint };
}

function listOf(names: readonly string[]): string {
  return names.length <= MOST_NAMES ? names.join(", ") : `${names.slice(0, MOST_NAMES).join(", ")} …`;
}
