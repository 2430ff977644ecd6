import type { ConfigIssue } from "../errors.ts";
import type { ConfigWarning } from "./load-options.ts";
import type { Field } from "./model.ts";

/** Problems and warnings of one load. */
export class Findings {
  readonly #issues: ConfigIssue[] = [];
  readonly #warnings: ConfigWarning[] = [];
  readonly #refused = new Set<string>();

  get issues(): readonly ConfigIssue[] {
    return this.#issues;
  }

  get warnings(): readonly ConfigWarning[] {
    return this.#warnings;
  }

  /** Whether any field has a problem that the schema library need not report again. */
  get hasRefusals(): boolean {
    return this.#refused.size > 0;
  }

  /** Whether a field has a problem that the schema library need not report again. */
  isRefused(path: string): boolean {
    return this.#refused.has(path);
  }

  /** A problem of a field. */
  refuse(field: Field, issue: Omit<ConfigIssue, "path" | "env">): void {
    this.ignore(field.path);
    this.#issues.push({ path: field.path, env: field.env, ...issue });
  }

  /** A problem of something else than a field. */
  add(issue: ConfigIssue): void {
    this.#issues.push(issue);
  }

  /** Leaves out later problems of a field, because another issue explains them. */
  ignore(path: string): void {
    this.#refused.add(path);
  }

  warn(code: string, message: string): void {
    this.#warnings.push({ code, message });
  }
}
