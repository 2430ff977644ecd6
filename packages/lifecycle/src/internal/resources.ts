import { toMilliseconds } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, optionalFunction, showValue } from "@seaworthy/core/options";
import type { ResourceOptions } from "../resource-options.ts";

/** A resource as it was defined. */
export interface Resource {
  readonly name: string;
  readonly after: readonly string[];
  readonly start?: (signal: AbortSignal) => unknown;
  readonly stop?: (signal: AbortSignal) => unknown;
  readonly startTimeout?: number;
  readonly closeTimeout?: number;
}

const OPTIONS = ["start", "stop", "after", "startTimeout", "closeTimeout"];

/** The resources of one service, checked as they are defined. */
export class Resources {
  readonly #defined = new Map<string, Resource>();
  /** Names in the `after` of some resource. */
  readonly #wanted = new Set<string>();

  /** @throws TypeError if the name is taken, an option is malformed, or the definition closes a cycle */
  define(name: string, options: ResourceOptions): void {
    if (typeof name !== "string" || name === "" || name.length > 64)
      throw new TypeError(`resource: name must be a string of 1 to 64 characters; got ${showValue(name)}`);
    if (this.#defined.has(name)) throw new TypeError(`resource ${showValue(name)} is already defined`);
    const resource = parse(name, options);
    // Only a name in the `after` of another resource can close a cycle.
    const cycle = this.#wanted.has(name) || resource.after.includes(name) ? this.#pathBack(resource) : undefined;
    if (cycle !== undefined)
      throw new TypeError(`resource ${showValue(name)}: after makes a cycle: ${cycle.join(" → ")}`);
    this.#defined.set(name, resource);
    for (const other of resource.after) this.#wanted.add(other);
  }

  names(): Iterable<string> {
    return this.#defined.keys();
  }

  has(name: string): boolean {
    return this.#defined.has(name);
  }

  /**
   * All resources in the order of their definition, but each after those in its `after`.
   *
   * @throws TypeError if one has a name in `after` that is not defined
   */
  inOrder(): Resource[] {
    const ordered = new Set<Resource>();
    const visit = (resource: Resource): void => {
      if (ordered.has(resource)) return;
      for (const name of resource.after) visit(this.#known(name, resource));
      ordered.add(resource);
    };
    for (const resource of this.#defined.values()) visit(resource);
    return [...ordered];
  }

  #known(name: string, by: Resource): Resource {
    const found = this.#defined.get(name);
    if (found !== undefined) return found;
    const others = [...this.#defined.keys()].filter((known) => known !== by.name).map(showValue);
    const there = others.length === 0 ? "no other resource is defined" : `the others are ${others.join(", ")}`;
    throw new TypeError(
      `resource ${showValue(by.name)}: after names ${showValue(name)}, which is not defined; ${there}`,
    );
  }

  /** The path from a resource that is not defined yet back to itself. */
  #pathBack({ name: to, after }: Resource): string[] | undefined {
    const seen = new Set<string>();
    const path = [to];
    const search = (names: readonly string[]): boolean =>
      names.some((name) => {
        if (seen.has(name)) return false;
        seen.add(name);
        path.push(name);
        if (name === to || search(this.#defined.get(name)?.after ?? [])) return true;
        path.pop();
        return false;
      });
    return search(after) ? path : undefined;
  }
}

function parse(name: string, options: ResourceOptions): Resource {
  const owner = `resource ${showValue(name)}`;
  checkOptions(owner, options, OPTIONS);
  const { start, stop, after = [] } = options;
  optionalFunction(`${owner}: start`, start);
  optionalFunction(`${owner}: stop`, stop);
  if (!Array.isArray(after) || after.some((other) => typeof other !== "string"))
    throw new TypeError(`${owner}: after must be an array of names; got ${showValue(after)}`);
  const limit = (key: "startTimeout" | "closeTimeout"): number | undefined =>
    options[key] === undefined ? undefined : toMilliseconds(options[key], `${owner}: ${key}`);
  const optional = { start, stop, startTimeout: limit("startTimeout"), closeTimeout: limit("closeTimeout") };
  return { name, after: [...after], ...withoutUndefined(optional) };
}
