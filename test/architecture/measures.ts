import { dirname, join, relative, resolve } from "node:path";
import { doorsOf, root, sourcesOf } from "./packages.ts";
import { factsOf, type Place, type SourceFacts } from "./source.ts";

/** What is counted per package, and may only become less. */
export interface Measures {
  /** Groups of files that import each other, types included; the files of a group in one line. */
  readonly circles: readonly string[];
  /** Exports of files outside `internal/` that no door names. */
  readonly strayExports: number;
  /** Type assertions other than `as const`, per 1000 lines. */
  readonly castsPerThousandLines: number;
  readonly conditionalSpreads: number;
  readonly longParameterLists: number;
  readonly otherIdioms: number;
}

/** The same with the places, for the message of a test that fails. */
export type MeasuredPlaces = { readonly [K in keyof Measures]: readonly string[] };

interface Measured {
  readonly measures: Measures;
  readonly places: MeasuredPlaces;
}

const measured = new Map<string, Measured>();

/** Measures a package, once. */
export function measure(name: string): Measured {
  const found = measured.get(name) ?? measureNow(name);
  measured.set(name, found);
  return found;
}

function measureNow(name: string): Measured {
  const files = sourcesOf(name);
  const of = (pick: (facts: SourceFacts) => readonly Place[]): string[] =>
    files.flatMap((file) => pick(factsOf(file)).map(({ line, text }) => `${relative(root, file)}:${line} ${text}`));
  const lines = files.reduce((sum, file) => sum + factsOf(file).lines, 0);
  const places: MeasuredPlaces = {
    circles: circlesOf(name),
    strayExports: strayExportsOf(name),
    castsPerThousandLines: of(({ casts }) => casts),
    conditionalSpreads: of(({ conditionalSpreads }) => conditionalSpreads),
    longParameterLists: of(({ longParameterLists }) => longParameterLists),
    otherIdioms: of(({ otherIdioms }) => otherIdioms),
  };
  const measures: Measures = {
    circles: places.circles,
    strayExports: places.strayExports.length,
    castsPerThousandLines: Math.round((places.castsPerThousandLines.length / lines) * 10_000) / 10,
    conditionalSpreads: places.conditionalSpreads.length,
    longParameterLists: places.longParameterLists.length,
    otherIdioms: places.otherIdioms.length,
  };
  return { measures, places };
}

/** What stands in `test/house-ceilings.json`. */
export type Ceilings = Readonly<Record<string, Measures>>;

/** Groups of files that import each other, each as its files in alphabetical order. */
function circlesOf(name: string): string[] {
  const source = join(root, "packages", name, "src");
  const edges = new Map(sourcesOf(name).map((file) => [file, localImports(file)]));
  const reach = new Map([...edges.keys()].map((file) => [file, reachableFrom(file, edges)]));
  const groups = new Set<string>();
  for (const file of edges.keys()) {
    if (reach.get(file)?.has(file) !== true) continue;
    const group = [...(reach.get(file) ?? [])].filter((other) => reach.get(other)?.has(file) === true);
    groups.add(
      group
        .map((other) => relative(source, other))
        .sort()
        .join(" "),
    );
  }
  return [...groups].sort();
}

function localImports(file: string): string[] {
  return factsOf(file)
    .imports.filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => resolve(dirname(file), specifier));
}

function reachableFrom(start: string, edges: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const waiting = [...(edges.get(start) ?? [])];
  for (const file of waiting) {
    if (found.has(file)) continue;
    found.add(file);
    waiting.push(...(edges.get(file) ?? []));
  }
  return found;
}

/**
 * Exports of files outside `internal/` that no door names. A package's `errors.ts` and `telemetry.ts` stand beside the
 * doors, and the files of a command-line program have none.
 */
function strayExportsOf(name: string): string[] {
  const source = join(root, "packages", name, "src");
  const promised = new Set(doorsOf(name).flatMap((door) => originsOf(door)));
  return sourcesOf(name).flatMap((file) => {
    const path = relative(source, file);
    if (/(^|\/)(internal|cli)\/|^(errors|telemetry|cli)\.ts$/.test(path)) return [];
    return factsOf(file)
      .exports.filter(({ name, from }) => from === undefined && !promised.has(`${file} ${name}`))
      .map(({ name }) => `${relative(root, file)} ${name}`);
  });
}

/** Where the names that a file exports are declared. */
function originsOf(file: string): string[] {
  return factsOf(file).exports.flatMap(({ name, from }) => {
    if (from === undefined) return [`${file} ${name}`];
    if (!from.specifier.startsWith(".")) return [];
    return originOf(resolve(dirname(file), from.specifier), from.name);
  });
}

function originOf(file: string, name: string): string[] {
  const found = factsOf(file).exports.find((exported) => exported.name === name);
  if (found?.from === undefined) return [`${file} ${name}`];
  // Another package declares it.
  if (!found.from.specifier.startsWith(".")) return [];
  return originOf(resolve(dirname(file), found.from.specifier), found.from.name);
}
