import { type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, optionalFunction, showValue } from "@seaworthy/core/options";

/** Something that is opened when the service starts and closed when it stops. */
export interface ResourceOptions {
  /** Opens it. The signal aborts when its time is up or the service is told to stop. @default nothing to open */
  start?: (signal: AbortSignal) => unknown;
  /** Closes it, once those that come after it are closed. The signal aborts when its time is up. @default nothing to close */
  stop?: (signal: AbortSignal) => unknown;
  /** Names of the resources that have to be open before it, and are closed after it. They may be defined later. @default none */
  after?: readonly string[];
  /** Longest time that its start may take; at the bound the start of the service has failed. @default the lifecycle's */
  startTimeout?: Duration;
  /** Longest time that its close may take; at the bound it is reported as cut. @default the lifecycle's */
  closeTimeout?: Duration;
}

/** A resource as it was defined. */
export interface Resource {
  readonly name: string;
  readonly after: readonly string[];
  readonly start?: (signal: AbortSignal) => unknown;
  readonly stop?: (signal: AbortSignal) => unknown;
  readonly startTimeout?: number;
  readonly closeTimeout?: number;
}

const KEYS = ["start", "stop", "after", "startTimeout", "closeTimeout"];

/** The resources of one service, checked as they are defined. */
export class Resources {
  readonly #defined = new Map<string, Resource>();
  /** Names that some resource comes after. */
  readonly #wanted = new Set<string>();

  /** @throws TypeError when the name is taken, an option malformed, or the definition closes a cycle */
  define(name: string, options: ResourceOptions): void {
    if (typeof name !== "string" || name === "" || name.length > 64)
      throw new TypeError(`resource: name must be text of 1 to 64 units; got ${showValue(name)}`);
    if (this.#defined.has(name)) throw new TypeError(`resource ${showValue(name)} is already defined`);
    const resource = parse(name, options);
    // Only a name that is waited for can close a cycle.
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
   * All resources, each behind those it comes after, otherwise in the order of definition.
   *
   * @throws TypeError when one comes after a name that is not defined
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
    const there = others.length === 0 ? "is no other" : `is only ${others.join(", ")}`;
    throw new TypeError(
      `resource ${showValue(by.name)}: after names ${showValue(name)}, which is not defined; there ${there}`,
    );
  }

  /** The way from a resource that is not defined yet back to itself. */
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
  checkOptions(owner, options, KEYS);
  const { start, stop, after = [], startTimeout, closeTimeout } = options;
  optionalFunction(`${owner}: start`, start);
  optionalFunction(`${owner}: stop`, stop);
  if (!Array.isArray(after) || after.some((other) => typeof other !== "string"))
    throw new TypeError(`${owner}: after must be an array of names; got ${showValue(after)}`);
  return {
    name,
    after: [...after],
    ...(start === undefined ? undefined : { start }),
    ...(stop === undefined ? undefined : { stop }),
    ...(startTimeout === undefined
      ? undefined
      : { startTimeout: toMilliseconds(startTimeout, `${owner}: startTimeout`) }),
    ...(closeTimeout === undefined
      ? undefined
      : { closeTimeout: toMilliseconds(closeTimeout, `${owner}: closeTimeout`) }),
  };
}
