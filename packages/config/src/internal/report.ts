import type { ConfigIssue } from "../errors.ts";
import { readDotenv } from "./dotenv.ts";
import { defaultDotenv } from "./layers.ts";
import { type Field, fieldAt } from "./model.ts";
import { MOST_PARTS, partsOf } from "./parts.ts";
import { DEVELOPMENT, profileVariables } from "./profile.ts";
import type { Run } from "./run.ts";
import { wordsOf } from "./schema-words.ts";
import { unwrap } from "./shape.ts";
import { nearest } from "./suggest.ts";
import { CONFIG_FILE_LIMIT, readTextFile } from "./text-file.ts";
import type { Variables } from "./variables.ts";
import type { SchemaIssue } from "./zod.ts";

/** Adds what the schema library found wrong, in this package's words. */
export function addSchemaIssues(run: Run, issues: readonly SchemaIssue[]): void {
  for (const issue of issues) {
    const path = issue.path.map(String).join(".");
    const field = fieldAt(run.model, issue.path);
    if (field === undefined) {
      // A section that failed as a whole after its members were refused says nothing new.
      if (run.refused.size === 0 || issue.path.length === 0) run.issues.push(wholeIssue(run, path, issue));
      continue;
    }
    if (run.refused.has(field.path)) continue;
    const settled = run.settled.get(field.path);
    if (settled === undefined) run.issues.push(missing(run, field, reasonOf(run, field, issue)));
    else {
      const part = partIssue(run, field, issue, settled.value);
      const { source } = settled.origin;
      run.issues.push(part ?? { path, env: field.env, ...described(run, field, issue), source });
    }
  }
}

/** The issue of a part of a union of objects or of a record: of one that is not there, or of a wrong discriminator. */
function partIssue(run: Run, field: Field, issue: SchemaIssue, value: unknown): ConfigIssue | undefined {
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
  if (given === undefined)
    return { ...common, problem: "missing", hint: `set ${env}, or ${field.env} to a JSON object` };
  const source = run.settled.get(field.path)?.origin.source;
  return { ...common, problem: "invalid", ...(source === undefined ? undefined : { source }) };
}

function fits(known: readonly string[], path: readonly string[]): boolean {
  return known.length === path.length && known.every((key, index) => key === "<KEY>" || key === path[index]);
}

function valueInside(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => {
    return typeof at === "object" && at !== null && Object.hasOwn(at, key)
      ? (at as Record<string, unknown>)[key]
      : undefined;
  }, value);
}

function wholeIssue(run: Run, path: string, issue: SchemaIssue): ConfigIssue {
  const type = issue.code === "invalid_type" && path !== "";
  const words = type ? "an object" : wordsOf(issue.message);
  // A check over several values may quote one that is secret, and too short to be cut out.
  const quotes = issue.code === "custom" && run.redactor.shows(run.redactor.clean(words));
  const source = run.sectionSources.get(path);
  const expected = issue.refusal?.expected ?? (quotes ? "a valid value" : words);
  return { path, problem: "invalid", expected, ...(source === undefined ? undefined : { source }) };
}

/** Why a value that may be absent is needed here, in the words of the schema's author. */
function reasonOf(run: Run, field: Field, issue: SchemaIssue): string | undefined {
  if (issue.code !== "custom" || issue.refusal !== undefined || issue.message === "Invalid input") return undefined;
  if (issue.path.length > field.path.split(".").length) return undefined;
  return run.redactor.shows(run.redactor.clean(issue.message)) ? undefined : issue.message;
}

/** The issue of a value that is not there. */
export function missing(run: Run, field: Field, reason?: string): ConfigIssue {
  const { directory = "config" } = run.options;
  const folder = directory === false ? undefined : [directory].flat().at(-1);
  const file = folder === undefined ? "" : `, or ${field.path} in ${folder}/${run.profile}.json`;
  const parts = field.structured ? partsOf(field.schema, field.env, field.separator) : [];
  const names = parts.length === 0 ? "" : ` to a JSON object, or ${namesOf(parts.map(({ name }) => name))}`;
  const action =
    field.sensitivity === undefined || parts.length > 0
      ? `set ${field.env}${names}${file}`
      : `set ${field.env}, or ${field.env}_FILE to the path of a file that holds it`;
  const hint = reason === undefined ? action : `${reason}; ${action}`;
  return { path: field.path, env: field.env, problem: "missing", expected: field.expected, hint };
}

function namesOf(names: readonly string[]): string {
  return names.length <= 6 ? names.join(", ") : `${names.slice(0, 6).join(", ")} …`;
}

/** Says of missing values that a `.env` file sets them that is not read in this profile. */
export function hintAtDotenv(run: Run): void {
  const absent = run.issues.filter(({ problem, env }) => problem === "missing" && env !== undefined);
  if (absent.length === 0 || run.profile === DEVELOPMENT || run.options.envFile !== undefined) return;
  const path = defaultDotenv(run);
  const file = readTextFile(path, CONFIG_FILE_LIMIT);
  if (!("text" in file)) return;
  const { entries } = readDotenv(file.text);
  for (const [index, issue] of run.issues.entries()) {
    if (issue.problem !== "missing" || issue.env === undefined || !entries.has(issue.env)) continue;
    const told = `${path} sets it, but is read in the profile ${DEVELOPMENT} only, unless envFile names it`;
    run.issues[index] = { ...issue, hint: issue.hint === undefined ? told : `${issue.hint}; ${told}` };
  }
}

/** The choice of an enumeration that is near to the text that was given. */
function nearestChoice(run: Run, field: Field): string | undefined {
  const given = run.settled.get(field.path)?.value;
  if (typeof given !== "string" || run.hides(field)) return undefined;
  const { entries = {} } = unwrap(field.schema).definition;
  return nearest(
    given,
    Object.values(entries).filter((entry) => typeof entry === "string"),
  );
}

function described(
  run: Run,
  field: Field,
  issue: SchemaIssue,
): Pick<ConfigIssue, "problem" | "expected" | "hint" | "didYouMean"> {
  const { refusal } = issue;
  if (refusal !== undefined) {
    const hint = refusal.hint === undefined ? {} : { hint: refusal.hint };
    return { problem: refusal.problem ?? "invalid", expected: refusal.expected, ...hint };
  }
  const { type } = unwrap(field.schema).definition;
  // `z.stringbool()` takes a string, of which it knows a few.
  const generic =
    issue.code === "invalid_type" ||
    issue.code === "invalid_union" ||
    (issue.code === "invalid_value" && type !== "string");
  const words = wordsOf(issue.message);
  // A check's own message may quote the value; of a secret not even a short part may be told.
  const inside = issue.path.length > field.path.split(".").length;
  const quotes = (field.sensitivity !== undefined || inside) && run.redactor.shows(words);
  // The author's words about a secret may be made of it.
  const tells = issue.code === "custom" && field.sensitivity === "secret" && run.redactor.hints(words);
  const near = inside ? undefined : nearestChoice(run, field);
  return {
    problem: "invalid",
    expected: (generic && !inside) || quotes || tells ? field.expected : words,
    ...(near === undefined ? undefined : { didYouMean: near }),
  };
}

/** Names that are compared with each other; beyond that many, no suggestion is worth the time. */
const MOST_COMPARED = 200_000;

/** Adds a did-you-mean to each missing value for which an unused variable's name is near, or shares its prefix. */
export function suggestVariables(run: Run, layers: readonly Variables[]): void {
  const absent = run.issues.flatMap((issue, index) =>
    issue.problem === "missing" && issue.env !== undefined ? [{ issue, index, env: issue.env }] : [],
  );
  if (absent.length === 0) return;
  const unused = unusedNames(run, layers);
  for (const { issue, index, env } of absent.slice(0, Math.ceil(MOST_COMPARED / Math.max(1, unused.length)))) {
    const didYouMean = suggestionFor(env, run.model.prefix, unused);
    if (didYouMean !== undefined) run.issues[index] = { ...issue, didYouMean };
  }
}

/** Names of variables that are set, but that nothing reads. Their values are not looked at. */
function unusedNames({ model, consumed }: Run, layers: readonly Variables[]): string[] {
  const { byEnv } = model;
  const used = new Set([...profileVariables(model), ...consumed]);
  const known = (name: string): boolean =>
    byEnv.has(name) || used.has(name) || (name.endsWith("_FILE") && byEnv.has(name.slice(0, -5)));
  const names = new Set(layers.flatMap((layer) => [...layer.keys()]));
  return [...names].filter((name) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && !known(name)).sort();
}

/** Warns of variables that nothing reads, and that are near to one that would set a value. */
export function warnOfUnused(run: Run, layers: readonly Variables[]): void {
  const { fields, sections, prefix } = run.model;
  // Without a prefix, the environment is full of names that are none of ours; those of a section are.
  const structured = fields.filter((field) => field.structured);
  const around = [
    ...sections.flatMap(({ names }) => names.map((name) => `${name}__`)),
    ...structured.map(({ env, separator }) => `${env}${separator}`),
  ];
  const starts = prefix === "" ? around : [prefix];
  const ours = starts.map((start) => start.toUpperCase());
  const told = new Set(run.issues.map(({ didYouMean }) => didYouMean));
  const names = unusedNames(run, layers).filter(
    (name) => !told.has(name) && ours.some((start) => name.toUpperCase().startsWith(start)),
  );
  if (names.length === 0) return;
  // A value of a file is what a mistyped variable was meant to replace.
  const isSet = (env: string): boolean => layers.some((layer) => layer.has(env) || layer.has(`${env}_FILE`));
  const all = fields.map((field) => field.env);
  const unset = all.filter((env) => !isSet(env));
  for (const name of names.slice(
    0,
    Math.ceil(MOST_COMPARED / Math.max(1, unset.length + MOST_PARTS * structured.length)),
  )) {
    const same = all.find((env) => env.toUpperCase() === name.toUpperCase());
    const near =
      same ??
      nearest(name, unset) ??
      nearest(
        name,
        partNames(structured, name).filter((part) => !isSet(part)),
      );
    if (near === undefined) continue;
    const isTwin = same !== undefined && isSet(same);
    const hint = isTwin ? `${near}, which is set, differs from it only in case.` : `did you mean ${near}?`;
    run.warn("CONFIG_VARIABLE_UNUSED", `${name} is set but read by nothing; ${hint}`);
  }
}

/** The variables that set parts of the fields to which a name may belong, with the keys of records taken from the name. */
function partNames(fields: readonly Field[], name: string): string[] {
  const around = fields.filter(({ env, separator }) => name.startsWith(`${env}${separator}`));
  return around.flatMap(({ schema, env, separator }) => {
    const given = name.slice(env.length).split(separator);
    return partsOf(schema, "", separator).map((part) => {
      const words = part.name.split(separator).map((word, index) => (word === "<KEY>" ? (given[index] ?? word) : word));
      return env + words.join(separator);
    });
  });
}

function suggestionFor(env: string, prefix: string, unused: readonly string[]): string | undefined {
  const pointers = unused.filter((name) => name.endsWith("_FILE"));
  const near = nearest(env, unused) ?? nearest(`${env}_FILE`, pointers);
  if (near !== undefined) return near;
  const section = env.includes("__") ? env.slice(0, env.lastIndexOf("__") + 2) : "";
  const sharing = unused.filter((name) => [prefix, section].some((start) => start !== "" && name.startsWith(start)));
  return nearest(env, sharing, 0.6);
}

/** The issues in the order of the schema, whole files first, with no secret in any of their texts. */
export function finishedIssues(run: Run): ConfigIssue[] {
  const order = new Map(run.model.fields.map((field, index) => [field.path, index]));
  const rank = ({ path, env }: ConfigIssue): number =>
    path === ""
      ? -1
      : ((order.get(path) ?? (env && order.get(run.model.byEnv.get(env)?.path ?? "")) ?? order.size) as number);
  const clean = (text: string): string => run.redactor.clean(text);
  return run.issues
    .map((issue) => ({
      ...issue,
      expected: clean(issue.expected),
      ...(issue.hint === undefined ? undefined : { hint: clean(issue.hint) }),
    }))
    .sort((a, b) => rank(a) - rank(b) || (rank(a) === order.size ? byText(a.path, b.path) : 0));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
