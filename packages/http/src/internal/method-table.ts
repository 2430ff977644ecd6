interface Entry {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Which methods the templates of a router take, for `Allow`. It is read only where no route took a request. */
export class MethodTable {
  readonly #entries = new Map<string, Entry>();

  /** @param template - with `:name` for a segment or a part of one, and `*` for any rest */
  add(template: string, methods: string | readonly string[]): void {
    let entry = this.#entries.get(template);
    if (entry === undefined) {
      entry = { pattern: patternOf(template), methods: new Set() };
      this.#entries.set(template, entry);
    }
    for (const method of [methods].flat()) entry.methods.add(method);
  }

  methodsAt(path: string): string[] {
    const found = new Set<string>();
    for (const { pattern, methods } of this.#entries.values())
      if (pattern.test(path)) for (const method of methods) found.add(method);
    return [...found];
  }
}

/** A template of find-my-way, or of a router of Hono, as a regular expression. Conditions on parameters are left out. */
function patternOf(template: string): RegExp {
  const source = template
    .replaceAll("::", "\0") // find-my-way writes a colon so; first, because what follows it is not a name
    .replaceAll(/:(\w+)(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})?/g, ":")
    .replaceAll(/[.+^$()|[\]{}\\]/g, "\\$&")
    .replaceAll(/\/:\?/g, "(/[^/]+)?") // without a colon, which the next line would replace
    .replaceAll(":", "[^/]+?")
    .replaceAll("*", ".*")
    .replaceAll("\0", ":");
  return new RegExp(`^${source}/?$`, "i");
}
