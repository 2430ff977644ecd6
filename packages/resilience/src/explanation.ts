/** What `policy.explain()` returns. As a string, it is a text of several lines. */
export interface PolicyExplanation {
  readonly name: string;
  /** One sentence per guard, the outermost first. */
  readonly guards: readonly string[];
  /** The longest that a run can take, in milliseconds; `Infinity` if nothing bounds it. */
  readonly longest: number;
  /** The most calls of the operation that one run can make. */
  readonly calls: number;
  /** Calls of the operation per run while all of them fail, under the budget; as many as `calls` without one. */
  readonly amplification: number;
  /** Options that do not fit together. */
  readonly warnings: readonly string[];
  toString(): string;
}
