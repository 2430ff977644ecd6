import type { ConfigIssue } from "../errors.ts";
import type { LoadState } from "./load-state.ts";
import type { Field } from "./model.ts";
import { MOST_PARTS, partsOf } from "./parts.ts";
import { profileVariables } from "./profile.ts";
import { nearest } from "./suggest.ts";
import type { Variables } from "./variables.ts";

/** The most pairs of names that are compared, because suggestions must not slow down a load. */
const MOST_COMPARED = 200_000;

/** Adds a suggestion to each missing value if the name of an unused variable is near, or shares its prefix. */
export function suggestVariables(
  state: LoadState,
  issues: readonly ConfigIssue[],
  layers: readonly Variables[],
): readonly ConfigIssue[] {
  const isMissing = ({ problem, env }: ConfigIssue): boolean => problem === "missing" && env !== undefined;
  if (!issues.some(isMissing)) return issues;
  const unused = unusedNames(state, layers);
  let left = Math.ceil(MOST_COMPARED / Math.max(1, unused.length));
  return issues.map((issue) => {
    if (!isMissing(issue) || left-- <= 0) return issue;
    const didYouMean = suggestionFor(issue.env ?? "", state.model.prefix, unused);
    return didYouMean === undefined ? issue : { ...issue, didYouMean };
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

/** Names of variables that are set but not read. Their values are not used. */
function unusedNames({ model, visited }: LoadState, layers: readonly Variables[]): string[] {
  const { byEnv } = model;
  const used = new Set([...profileVariables(model), ...visited.variables]);
  const known = (name: string): boolean =>
    byEnv.has(name) || used.has(name) || (name.endsWith("_FILE") && byEnv.has(name.slice(0, -5)));
  const names = new Set(layers.flatMap((layer) => [...layer.keys()]));
  return [...names].filter((name) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && !known(name)).sort();
}

/** Warns of variables that are not read, but are near to a variable that would set a value. */
export function warnOfUnused(state: LoadState, issues: readonly ConfigIssue[], layers: readonly Variables[]): void {
  const { fields } = state.model;
  const structured = fields.filter((field) => field.structured);
  const suggested = new Set(issues.map(({ didYouMean }) => didYouMean));
  const isOurs = ownership(state, structured);
  const names = unusedNames(state, layers).filter((name) => !suggested.has(name) && isOurs(name));
  if (names.length === 0) return;
  // A field that a file sets counts as unset here: the mistyped variable was probably meant to replace that value.
  const isSet = (env: string): boolean => layers.some((layer) => layer.has(env) || layer.has(`${env}_FILE`));
  const all = fields.map((field) => field.env);
  const unset = all.filter((env) => !isSet(env));
  const most = Math.ceil(MOST_COMPARED / Math.max(1, unset.length + MOST_PARTS * structured.length));
  for (const name of names.slice(0, most)) {
    const same = all.find((env) => env.toUpperCase() === name.toUpperCase());
    const parts = (): string[] => partNames(structured, name).filter((part) => !isSet(part));
    const near = same ?? nearest(name, unset) ?? nearest(name, parts());
    if (near === undefined) continue;
    const isTwin = same !== undefined && isSet(same);
    const hint = isTwin ? `${near}, which is set, differs from it only in case.` : `did you mean ${near}?`;
    state.findings.warn("CONFIG_VARIABLE_UNUSED", `${name} is set, but it is not read; ${hint}`);
  }
}

/** Returns a function that returns whether a name belongs to this configuration, by its prefix or by a section. */
function ownership({ model }: LoadState, structured: readonly Field[]): (name: string) => boolean {
  // Without a prefix, most variables of the environment belong to other programs.
  const starts =
    model.prefix !== ""
      ? [model.prefix]
      : [
          ...model.sections.flatMap(({ names }) => names.map((name) => `${name}__`)),
          ...structured.map(({ env, separator }) => `${env}${separator}`),
        ];
  const upper = starts.map((start) => start.toUpperCase());
  return (name) => upper.some((start) => name.toUpperCase().startsWith(start));
}

/** The variables of the parts of fields to which a name may belong. The keys of records are taken from the name. */
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
