import { isObject } from "@seaworthy/core/objects";
import type { Family } from "./family.ts";
import type { Series } from "./series-kind.ts";

/**
 * The series of a bound child. It is looked up once, and again only after `remove()` or `reset()` took it out, so that
 * what the child records afterwards is not lost.
 */
export class Binding<S extends Series> {
  readonly #family: Family<S>;
  readonly #labels: unknown;
  #series: S | undefined;

  constructor(family: Family<S>, labels: unknown) {
    this.#family = family;
    this.#series = family.of(labels);
    // A copy, because the caller may change the object. What does not fit is looked up, and counted, on each recording.
    this.#labels = this.#series === undefined ? labels : isObject(labels) ? { ...labels } : {};
  }

  /** The series, or `undefined` and a drop counted. */
  get(): S | undefined {
    if (this.#series === undefined || this.#series.removed) this.#series = this.#family.of(this.#labels);
    return this.#series;
  }
}
