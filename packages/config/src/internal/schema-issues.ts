import { withoutUndefined } from "@seaworthy/core/objects";
import type { ConfigIssue } from "../errors.ts";
import type { LoadState } from "./load-state.ts";
import { missingIssue } from "./missing-issue.ts";
import { type Field, fieldAt } from "./model.ts";
import { partsOf } from "./parts.ts";
import { wordsOf } from "./schema-words.ts";
import { unwrap } from "./shape.ts";
import { nearest } from "./suggest.ts";
import type { SchemaIssue } from "./zod.ts";

/** Converts the issues of the schema library to issues of this package, without those that other issues explain. */
export function schemaIssues(state: LoadState, issues: readonly SchemaIssue[]): ConfigIssue[] {
  return issues.map((issue) => convert(state, issue)).filter((issue) => issue !== undefined);
}

function convert(state: LoadState, issue: SchemaIssue): ConfigIssue | undefined {
  const { findings, settled } = state;
  const path = issue.path.map(String).join(".");
  const field = fieldAt(state.model, issue.path);
  // If members of a section were refused, that the section failed as a whole is not news.
  if (field === undefined)
    return findings.hasRefusals && issue.path.length > 0 ? undefined : wholeIssue(state, path, issue);
  if (findings.isRefused(field.path)) return undefined;
  const given = settled.fields.get(field.path);
  if (given === undefined)
    return { path: field.path, env: field.env, ...missingIssue(state, field, reasonOf(state, field, issue)) };
  const { source } = given.origin;
  return (
    partIssue(field, issue, given.value, source) ?? { path, env: field.env, ...described(state, field, issue), source }
  );
}

/** The issue of a part of a union of objects or of a record, if the part is missing or the discriminator is wrong. */
function partIssue(field: Field, issue: SchemaIssue, value: unknown, source: string): ConfigIssue | undefined {
  const inside = issue.path.slice(field.path.split(".").length).map(String);
  if (!field.structured || inside.length === 0) return undefined;
  const given = valueInside(value, inside);
  const isDiscriminator = issue.code === "invalid_union" && typeof given === "string";
  if (given !== undefined && !isDiscriminator) return undefined;
  const part = partsOf(field.schema, field.env, field.separator).find((known) => fits(known.path, inside));
  if (part === undefined) return undefined;
  const env = inside.reduce((name, key, index) => {
    return part.path[index] === "<KEY>" ? name.replace("<KEY>", key.toUpperCase()) : name;
  }, part.name);
  const common = { path: issue.path.map(String).join("."), env, expected: part.expected };
  return given === undefined
    ? { ...common, problem: "missing", hint: `set ${env}, or ${field.env} to a JSON object` }
    : { ...common, problem: "invalid", source };
}

function fits(known: readonly string[], path: readonly string[]): boolean {
  return known.length === path.length && known.every((key, index) => key === "<KEY>" || key === path[index]);
}

function valueInside(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => {
    return typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined;
  }, value);
}

/** An issue of a section or of the whole configuration. */
function wholeIssue({ disclosure, settled }: LoadState, path: string, issue: SchemaIssue): ConfigIssue {
  const { redactor } = disclosure;
  const words = issue.code === "invalid_type" && path !== "" ? "an object" : wordsOf(issue.message);
  // A check over several values may quote a secret that is too short to be removed from text.
  const quotes = issue.code === "custom" && redactor.shows(redactor.clean(words));
  const expected = issue.refusal?.expected ?? (quotes ? "a valid value" : words);
  return withoutUndefined({ path, problem: "invalid", expected, source: settled.sections.get(path) } as const);
}

/** The schema author's reason why an optional value is required. */
function reasonOf({ disclosure }: LoadState, field: Field, issue: SchemaIssue): string | undefined {
  const { redactor } = disclosure;
  if (issue.code !== "custom" || issue.refusal !== undefined || issue.message === "Invalid input") return undefined;
  if (issue.path.length > field.path.split(".").length) return undefined;
  return redactor.shows(redactor.clean(issue.message)) ? undefined : issue.message;
}

/** The choice of an enumeration that is near to the string that was given. */
function nearestChoice({ settled, disclosure }: LoadState, field: Field): string | undefined {
  const given = settled.fields.get(field.path)?.value;
  if (typeof given !== "string" || disclosure.hides(field)) return undefined;
  const { entries = {} } = unwrap(field.schema).definition;
  return nearest(
    given,
    Object.values(entries).filter((entry) => typeof entry === "string"),
  );
}

type Description = Pick<ConfigIssue, "problem" | "expected" | "hint" | "didYouMean">;

function described(state: LoadState, field: Field, issue: SchemaIssue): Description {
  const { refusal } = issue;
  if (refusal !== undefined) {
    const { problem = "invalid", expected, hint } = refusal;
    return hint === undefined ? { problem, expected } : { problem, expected, hint };
  }
  const { redactor } = state.disclosure;
  const { type } = unwrap(field.schema).definition;
  // `z.stringbool()` accepts a string, but only some strings.
  const isGeneric =
    issue.code === "invalid_type" ||
    issue.code === "invalid_union" ||
    (issue.code === "invalid_value" && type !== "string");
  const words = wordsOf(issue.message);
  // The message of a check may quote the value. Of a secret, not even a short part may be shown.
  const isInside = issue.path.length > field.path.split(".").length;
  const quotes = (field.sensitivity !== undefined || isInside) && redactor.shows(words);
  // A message about a secret may contain something that was computed from it.
  const hints = issue.code === "custom" && field.sensitivity === "secret" && redactor.hints(words);
  return withoutUndefined({
    problem: "invalid",
    expected: (isGeneric && !isInside) || quotes || hints ? field.expected : words,
    didYouMean: isInside ? undefined : nearestChoice(state, field),
  } as const);
}
