/** One path of the `redact` option: names from the top of the line, or `undefined` for `*`. */
export interface PathRule {
  readonly steps: readonly (string | undefined)[];
  /** Whether the value is blanked, or is kept in spite of its name. */
  readonly hides: boolean;
}

// A name, a quoted name in brackets, an index or an asterisk, as in pino.
const STEP = /^(?:\[\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|(\d+|\*))\s*\]|\.?([^.[\]\s]+))/;

/** Returns the steps of a path such as `user.id`, `*.password` or `items[*].token`; `undefined` if it is malformed. */
export function readPath(path: string): (string | undefined)[] | undefined {
  const steps: (string | undefined)[] = [];
  let rest = path;
  while (rest !== "") {
    const match = STEP.exec(rest);
    if (match === null || (rest.startsWith(".") && steps.length === 0)) return undefined;
    const [all, double, single, tick, inBrackets, plain] = match;
    const open = inBrackets ?? plain;
    // Other libraries write "**.token" for any depth. Here this is the name alone, and "**" is not a name.
    if (plain !== undefined && plain !== "*" && plain.includes("*")) return undefined;
    if (steps.length > 0 && plain !== undefined && !all.startsWith(".")) return undefined;
    steps.push(open === "*" ? undefined : (double ?? single ?? tick ?? open));
    rest = rest.slice(all.length);
  }
  return steps.length === 0 ? undefined : steps;
}

/** The position of a value in the paths. States are made when a value is first reached, and kept. */
export class PathState {
  /** The path that ends here, if one does. A path that keeps the value takes precedence. */
  readonly rule: PathRule | undefined;
  readonly #open: readonly PathRule[];
  readonly #depth: number;
  readonly #named = new Map<string, PathState | undefined>();
  #other: PathState | undefined | null = null;

  constructor(rules: readonly PathRule[], depth = 0) {
    const ended = rules.filter((rule) => rule.steps.length === depth);
    this.rule = ended.find((rule) => !rule.hides) ?? ended[0];
    this.#open = rules.filter((rule) => rule.steps.length > depth);
    this.#depth = depth;
    for (const { steps } of this.#open) if (steps[depth] !== undefined) this.#named.set(steps[depth], undefined);
  }

  /** Returns the state of a member of this name; `undefined` if no path leads there. */
  next(key: string): PathState | undefined {
    if (!this.#named.has(key)) {
      if (this.#other === null) this.#other = this.#make(undefined);
      return this.#other;
    }
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    const made = this.#make(key);
    this.#named.set(key, made);
    return made;
  }

  #make(key: string | undefined): PathState | undefined {
    const rules = this.#open.filter(({ steps }) => steps[this.#depth] === undefined || steps[this.#depth] === key);
    return rules.length === 0 ? undefined : new PathState(rules, this.#depth + 1);
  }
}
