import type { Secret } from "@seaworthy/core";

/** Returns what is written in place of a value, or `undefined` to leave the member out. `path` has the names from the top of the line. */
export type Censor = (value: unknown, path: readonly string[]) => unknown;

/** What is blanked in every line, besides the values of living secrets. */
export interface RedactOptions {
  /**
   * Names and paths. A name such as `"iban"` is blanked at any depth and in any case. A path in pino's syntax, such as
   * `"user.id"`, `"*.password"`, `"items[*].token"` or `'["id"]'` for the top of a line, blanks exactly what it leads to.
   * @default none
   */
  paths?: readonly string[];
  /** Names that are blanked at any depth and in any case. They may contain dots and brackets. @default none */
  names?: readonly string[];
  /**
   * Names and paths, in the syntax of `paths`, that are not blanked although they have the name of a credential or match
   * another rule. Values of living secrets are still blanked in them. @default none
   */
  except?: readonly string[];
  /** Whether names that usually hold a credential (`password`, `authorization`, `apiKey` …) are blanked too. @default true */
  defaults?: boolean;
  /** Values that are blanked wherever they appear, of at least six UTF-16 units each. @default none */
  values?: readonly (string | Secret)[];
  /** What is written in place of a value that is blanked by its name or path. @default "[redacted]" */
  censor?: string | Censor;
  /** Whether members that are blanked by their name or path are left out of the line. @default false */
  remove?: boolean;
}
