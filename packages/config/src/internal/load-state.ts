import { Disclosure } from "./disclosure.ts";
import { Findings } from "./findings.ts";
import type { LoadConfigOptions } from "./load-options.ts";
import type { Model } from "./model.ts";
import type { SeenFiles } from "./text-file.ts";
import type { ConfigLayer, Leaf } from "./tree.ts";

/** A place that was read, for `explain`. */
export interface LayerReport {
  readonly layer: ConfigLayer;
  /** A file, a directory, or a description. */
  readonly name: string;
  readonly state: "used" | "empty" | "absent" | "ignored";
}

/** What a load has read. Written while the layers are read. */
export interface Visited {
  /** In the order in which they were read. */
  readonly layers: LayerReport[];
  /** Files, and what was found at each. */
  readonly files: SeenFiles;
  /** Directories of which every file is read. */
  readonly directories: Set<string>;
  /** Variables that were read in addition to those that the model names. */
  readonly variables: Set<string>;
}

/** The merged layers, after expansion. Written by the settler. */
export interface Settled {
  /** By path, the winning leaf of each field that has a value. Its references are resolved. */
  readonly fields: Map<string, Leaf>;
  /** By path, the source of each section in whose place another type of value was given. */
  readonly sections: Map<string, string>;
}

/**
 * What one load knows. `model`, `options` and `profile` are its input. The other members are filled step by step, in the
 * order of {@link file://./resolve.ts}, and each is written by one step and read by the later ones.
 */
export class LoadState {
  readonly model: Model;
  readonly options: LoadConfigOptions;
  readonly profile: string;
  /** Problems and warnings, in the order in which they were found. Written by every step. */
  readonly findings: Findings = new Findings();
  readonly visited: Visited = { layers: [], files: new Map(), directories: new Set(), variables: new Set() };
  readonly settled: Settled = { fields: new Map(), sections: new Map() };
  /** What must not be shown. Written while the layers are read and settled. */
  readonly disclosure: Disclosure = new Disclosure();

  constructor(model: Model, options: LoadConfigOptions, profile: string) {
    this.model = model;
    this.options = options;
    this.profile = profile;
  }
}
