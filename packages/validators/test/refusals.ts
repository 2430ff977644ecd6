import type { Schema } from "../src/index.ts";

/** The codes of all issues that a schema has with an input, with the place of each that has one: `not_finite@3`. */
export function refusals(schema: Pick<Schema, "safeParse">, input: unknown): string[] {
  const result = schema.safeParse(input);
  if (result.success) return [];
  return result.error.issues.map((issue) => {
    const code = issue.code === "custom" ? String(issue.params?.code) : issue.code;
    return issue.path.length > 0 ? `${code}@${issue.path.join(".")}` : code;
  });
}

/** The one refusal, or `"ok"`. */
export function verdict(schema: Pick<Schema, "safeParse">, input: unknown): string {
  const found = refusals(schema, input);
  return found.length === 0 ? "ok" : found.join(" ");
}
