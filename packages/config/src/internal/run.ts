import { REDACTED } from "@seaworthy/core";
import type { ConfigIssue } from "../errors.ts";
import type { ConfigWarning, LoadConfigOptions } from "./load-options.ts";
import type { Field, Model } from "./model.ts";
import { masked, maskText, Redactor } from "./redact.ts";
import type { SeenFiles } from "./text-file.ts";
import type { ConfigLayer, Leaf } from "./tree.ts";

/** One place that was looked at, for `explain`. */
export interface LayerReport {
  readonly layer: ConfigLayer;
  /** What it is: a file, a directory, or words. */
  readonly name: string;
  readonly state: "used" | "empty" | "absent" | "ignored";
}

/** Everything that one load learns on its way. */
export class Run {
  readonly model: Model;
  readonly options: LoadConfigOptions;
  readonly profile: string;
  readonly issues: ConfigIssue[] = [];
  readonly warnings: ConfigWarning[] = [];
  readonly layers: LayerReport[] = [];
  readonly redactor: Redactor = new Redactor();
  /** The winning leaf of each field that has one, its text expanded and its references resolved. */
  readonly settled: Map<string, Leaf> = new Map();
  /** Fields with a problem already, of which the schema library need not complain again. */
  readonly refused: Set<string> = new Set();
  /** Fields whose value must not be shown because of where it came from. */
  readonly hidden: Set<string> = new Set();
  /** Names of variables that were read, beside those that the model names. */
  readonly consumed: Set<string> = new Set();
  /** Where a section stands that is something else than an object, by its path. */
  readonly sectionSources: Map<string, string> = new Map();
  /** Files that were looked at. */
  readonly seen: SeenFiles = new Map();
  /** Directories whose files are all looked at. */
  readonly directories: Set<string> = new Set();

  constructor(model: Model, options: LoadConfigOptions, profile: string) {
    this.model = model;
    this.options = options;
    this.profile = profile;
  }

  /** A problem of one field. */
  refuse(field: Field, issue: Omit<ConfigIssue, "path" | "env">): void {
    this.refused.add(field.path);
    this.issues.push({ path: field.path, env: field.env, ...issue });
  }

  warn(code: string, message: string): void {
    this.warnings.push({ code, message });
  }

  /** What may be shown of a text: nothing, or all of it but for the credentials of a URL and the secrets of other fields. */
  shownText(field: Field | undefined, text: string): string {
    const open = maskText(text);
    if (field === undefined || !this.hides(field)) return this.redactor.scrub(open ?? text);
    // The host is what one wants to see of a URL, whatever file the URL came from.
    return field.sensitivity === "url" && open !== undefined && !this.redactor.shows(open) ? open : REDACTED;
  }

  /** What may be shown of a field's value as a layer gives it, before the schema has read it. */
  shownRaw(field: Field, value: unknown): unknown {
    if (typeof value === "string") return this.shownText(field, value);
    // A name such as `tokenLifetime` makes no secret of a number.
    const named = field.sensitivity === "name" && Array.isArray(value);
    const hidden = field.sensitivity === "secret" || named || this.hidden.has(field.path);
    return masked(value, hidden, (text) => this.redactor.scrub(text));
  }

  /** Whether the value at this path must not be shown. */
  hides(field: Field): boolean {
    return field.sensitivity === "secret" || field.sensitivity === "name" || this.hidden.has(field.path);
  }
}
