import type { ConfigIssue } from "../errors.ts";
import { type Field, fieldAt } from "./model.ts";
import type { Run } from "./run.ts";
import { nearest } from "./suggest.ts";
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
    if (settled === undefined) run.issues.push(missing(run, field));
    else run.issues.push({ path, env: field.env, ...described(run, field, issue), source: settled.origin.source });
  }
}

function wholeIssue(run: Run, path: string, issue: SchemaIssue): ConfigIssue {
  const words = wordsOf(issue.message);
  // A check over several values may quote one that is secret, and too short to be cut out.
  const quotes = issue.code === "custom" && run.redactor.shows(run.redactor.clean(words));
  return { path, problem: "invalid", expected: issue.refusal?.expected ?? (quotes ? "a valid value" : words) };
}

function missing(run: Run, field: Field): ConfigIssue {
  const file = `${field.path} in ${run.options.directory ?? "config"}/${run.profile}.json`;
  const hint =
    field.sensitivity === undefined
      ? `set ${field.env}, or ${file}`
      : `set ${field.env}, or ${field.env}_FILE to the path of a file that holds it`;
  return { path: field.path, env: field.env, problem: "missing", expected: field.expected, hint };
}

function described(run: Run, field: Field, issue: SchemaIssue): Pick<ConfigIssue, "problem" | "expected" | "hint"> {
  const { refusal } = issue;
  if (refusal !== undefined) {
    const hint = refusal.hint === undefined ? {} : { hint: refusal.hint };
    return { problem: refusal.problem ?? "invalid", expected: refusal.expected, ...hint };
  }
  const generic = issue.code === "invalid_type" || issue.code === "invalid_value" || issue.code === "invalid_union";
  const words = wordsOf(issue.message);
  // A check's own message may quote the value; of a secret not even a short part may be told.
  const inside = issue.path.length > field.path.split(".").length;
  const quotes = (field.sensitivity !== undefined || inside) && run.redactor.shows(words);
  return {
    problem: "invalid",
    expected: (generic && !inside) || quotes ? field.expected : words,
  };
}

/** "Too small: expected number to be >=1" becomes "number to be >=1", "Invalid email" "a valid email", "must end" "text that must end". */
function wordsOf(message: string): string {
  if (/^Invalid [a-z]/.test(message) && !message.includes(":")) return `a valid ${message.slice("Invalid ".length)}`;
  const words = /^(?:[A-Z][a-z]+(?: [a-z]+)*: )?(?:expected )?(.*)$/s.exec(message)?.[1] || "a valid value";
  return words.startsWith("must ") ? `text that ${words}` : words;
}

/** Adds a did-you-mean to each missing value for which an unused variable's name is near, or shares its prefix. */
export function suggestVariables(run: Run, layers: readonly Variables[], used: ReadonlySet<string>): void {
  const unused = unusedNames(run, layers, used);
  if (unused.length === 0) return;
  for (const [index, issue] of run.issues.entries()) {
    if (issue.problem !== "missing" || issue.env === undefined) continue;
    const didYouMean = suggestionFor(issue.env, run.model.prefix, unused);
    if (didYouMean !== undefined) run.issues[index] = { ...issue, didYouMean };
  }
}

/** Names of variables that are set, but that nothing reads. Their values are not looked at. */
export function unusedNames(run: Run, layers: readonly Variables[], used: ReadonlySet<string>): string[] {
  const { byEnv } = run.model;
  const known = (name: string): boolean =>
    byEnv.has(name) || used.has(name) || (name.endsWith("_FILE") && byEnv.has(name.slice(0, -5)));
  const names = new Set(layers.flatMap((layer) => [...layer.keys()]));
  return [...names].filter((name) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && !known(name)).sort();
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
