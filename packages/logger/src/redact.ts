import type { Secret } from "@seaworthy/core";

/** Makes what is written in place of a value; `path` has the names from the top of the line. `undefined` leaves the member out. */
export type Censor = (value: unknown, path: readonly string[]) => unknown;

/** What is blanked out of every line, besides the values of living secrets. */
export interface RedactOptions {
  /**
   * Names and paths. A name such as `"iban"` is blanked at any depth and in any case. A path in pino's syntax, such as
   * `"user.id"`, `"*.password"`, `"items[*].token"` or `'["id"]'` for the top of a line, blanks exactly what it leads to.
   * @default none
   */
  paths?: readonly string[];
  /** Names that are blanked at any depth and in any case, dots and brackets in them included. @default none */
  names?: readonly string[];
  /**
   * Names and paths, written as in `paths`, that are not blanked although their name is one of a credential or another
   * rule covers them. Values of living secrets are still blanked in them. @default none
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
