import type { ConfigIssue } from "../errors.ts";
import { readDotenv } from "./dotenv.ts";
import { defaultDotenv } from "./layers.ts";
import type { LoadState } from "./load-state.ts";
import { DEVELOPMENT } from "./profile.ts";
import { CONFIG_FILE_LIMIT, readTextFile } from "./text-file.ts";
import { suggestVariables } from "./unused-variables.ts";
import type { Variables } from "./variables.ts";

/** The issues in the order of the schema, whole files first, with suggestions, and without secrets in their texts. */
export function finishedIssues(
  state: LoadState,
  found: readonly ConfigIssue[],
  variables: readonly Variables[],
): ConfigIssue[] {
  if (found.length === 0) return [];
  const issues = hintAtDotenv(state, suggestVariables(state, found, variables));
  return sorted(state, issues).map((issue) => withoutSecrets(state, issue));
}

/** Adds to missing values that a `.env` file sets them that is not read in this profile. */
function hintAtDotenv(state: LoadState, issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  const { profile, options } = state;
  const isMissing = ({ problem, env }: ConfigIssue): boolean => problem === "missing" && env !== undefined;
  if (profile === DEVELOPMENT || options.envFile !== undefined || !issues.some(isMissing)) return issues;
  const path = defaultDotenv(state);
  const file = readTextFile(path, CONFIG_FILE_LIMIT);
  if (!("text" in file)) return issues;
  const { entries } = readDotenv(file.text);
  const advice = `${path} sets it, but is read in the profile ${DEVELOPMENT} only, unless envFile names it`;
  return issues.map((issue) => {
    if (!isMissing(issue) || !entries.has(issue.env ?? "")) return issue;
    return { ...issue, hint: issue.hint === undefined ? advice : `${issue.hint}; ${advice}` };
  });
}

function sorted({ model }: LoadState, issues: readonly ConfigIssue[]): ConfigIssue[] {
  const order = new Map(model.fields.map((field, index) => [field.path, index]));
  const rank = ({ path, env }: ConfigIssue): number => {
    if (path === "") return -1;
    const owner = env === undefined ? undefined : model.byEnv.get(env)?.path;
    return order.get(path) ?? order.get(owner ?? path) ?? order.size;
  };
  return issues.toSorted((a, b) => rank(a) - rank(b) || (rank(a) === order.size ? compareText(a.path, b.path) : 0));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function withoutSecrets({ disclosure }: LoadState, issue: ConfigIssue): ConfigIssue {
  const { redactor } = disclosure;
  const expected = redactor.clean(issue.expected);
  return issue.hint === undefined ? { ...issue, expected } : { ...issue, expected, hint: redactor.clean(issue.hint) };
}
