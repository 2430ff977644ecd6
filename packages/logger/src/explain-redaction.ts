import { scrubSecrets } from "@seaworthy/core";
import { blankCredentials, sensitiveWords } from "@seaworthy/core/redaction";
import { JsonWriter } from "./internal/json-writer.ts";
import { KeyTable } from "./internal/key-table.ts";
import { toFields } from "./internal/message.ts";
import { toLimits } from "./internal/read-limits.ts";
import { createRedactor, type Redactor } from "./internal/redactor.ts";
import type { RedactOptions } from "./redact.ts";

/** One place in a sample that redaction changes, or that an exception keeps. */
export interface RedactionFinding {
  /** Names from the top of the line, joined by dots. */
  path: string;
  /** What happens to the value. For the rules `"secret"` and `"credential"`, only a part of a string is blanked. */
  outcome: "blanked" | "censored" | "removed" | "kept";
  /**
   * Why: it has the name of a credential (`default`), its name or its path was given, an exception keeps it, the string
   * contains the value of a living secret, or it contains the password of a URL or a parameter such as `access_token=`.
   */
  rule: "default" | "name" | "path" | "except" | "secret" | "credential";
  /** The words of the name, the name, or the path that matched. It is missing for `"secret"` and `"credential"`. */
  match?: string;
}

/**
 * Returns what a logger with these `redact` options would blank in a line with these fields, and why. It logs nothing.
 *
 * @throws TypeError if an option is not as described
 * @example
 * ```ts
 * import { explainRedaction } from "@seaworthy/logger";
 * const found = explainRedaction({ user: { id: 7, apiKey: "k-1" } }, { paths: ["user.id"] });
 * console.log(found.map(({ path, rule }) => `${path}: ${rule}`)); // [ 'user.id: path', 'user.apiKey: default' ]
 * ```
 */
export function explainRedaction(sample: object, options?: readonly string[] | RedactOptions): RedactionFinding[] {
  if (typeof sample !== "object" || sample === null) throw new TypeError("sample must be an object");
  const redactor = createRedactor(options);
  const { parts } = redactor;
  const outcome = parts.remove ? "removed" : parts.censor === undefined ? "blanked" : "censored";
  const found = findingsOf(sample, redactor, outcome);
  const strict = { ...parts, exceptNames: new Set<string>(), paths: parts.paths.filter((rule) => rule.hides) };
  const blanked = new Set(found.map((finding) => finding.path));
  const kept = findingsOf(sample, createRedactor(optionsOf(strict)), "kept").filter(({ path }) => !blanked.has(path));
  return [...found, ...kept.map((finding): RedactionFinding => ({ ...finding, rule: "except" }))];
}

const NO_NAMES = { always: new Set<string>(), sometimes: new Set<string>() };

const textOf = (steps: readonly (string | undefined)[]): string =>
  steps.map((step) => (step === undefined ? "[*]" : `[${JSON.stringify(step)}]`)).join("");

function optionsOf({ defaults, names, paths }: Redactor["parts"]): RedactOptions {
  return { defaults, names: [...names], paths: paths.map(({ steps }) => textOf(steps)) };
}

function findingsOf(sample: object, redactor: Redactor, outcome: RedactionFinding["outcome"]): RedactionFinding[] {
  const found: RedactionFinding[] = [];
  const { rules } = redactor;
  const record = (_: unknown, path: readonly string[]): string => {
    found.push({ path: path.join("."), outcome, ...reasonOf(path, redactor) });
    return "";
  };
  const recording = { ...redactor, rules: { paths: rules?.paths, censor: record, remove: false } };
  const writer = new ExplainingWriter(toLimits(), new KeyTable(recording, NO_NAMES), (path, rule) =>
    found.push({ path: path.join("."), outcome: outcome === "kept" ? "kept" : "blanked", rule }),
  );
  writer.begin(Number.MAX_SAFE_INTEGER);
  writer.value(toFields(sample, () => undefined) ?? {}, writer.limits.depth);
  return outcome === "kept" ? found.filter(({ rule }) => rule !== "secret" && rule !== "credential") : found;
}

function reasonOf(path: readonly string[], redactor: Redactor): Pick<RedactionFinding, "rule" | "match"> {
  let state = redactor.rules?.paths;
  for (const key of path) state = state?.next(key);
  if (state?.rule !== undefined) return { rule: "path", match: showPath(state.rule.steps) };
  const key = path.at(-1) ?? "";
  if (redactor.parts.names.has(key.toLowerCase())) return { rule: "name", match: key };
  return { rule: "default", match: sensitiveWords(key) ?? key };
}

const showPath = (steps: readonly (string | undefined)[]): string => steps.map((step) => step ?? "*").join(".");

/** Reports every string in which something is blanked. */
class ExplainingWriter extends JsonWriter {
  readonly #report: (path: readonly string[], rule: "secret" | "credential") => void;

  constructor(
    limits: ConstructorParameters<typeof JsonWriter>[0],
    keys: KeyTable,
    report: (path: readonly string[], rule: "secret" | "credential") => void,
  ) {
    super(limits, keys);
    this.#report = report;
  }

  override text(text: string): string {
    const scrubbed = scrubSecrets(text);
    if (scrubbed !== text) this.#report(this.path, "secret");
    else if (blankCredentials(text) !== text) this.#report(this.path, "credential");
    return super.text(text);
  }
}
