import { isSecret } from "@seaworthy/core";
import { coerce, isPlainObject, takesEmptyText } from "./coerce.ts";
import { type Expansion, expand, type VariableSources } from "./expand.ts";
import type { Field, Section } from "./model.ts";
import { credentialsIn } from "./redact.ts";
import type { References } from "./references.ts";
import type { Run } from "./run.ts";
import { nearest } from "./suggest.ts";
import { LAYERS, leaf, merge, type Origin, type Tree, treeOfObject } from "./tree.ts";

/** Turns merged layers into what the schema is given: text expanded, references resolved, text read as its type. */
export class Settler {
  readonly #run: Run;
  readonly #sources: VariableSources;
  readonly #references: References;

  constructor(run: Run, sources: VariableSources, references: References) {
    this.#run = run;
    this.#sources = sources;
    this.#references = references;
  }

  section(section: Section, tree: Tree | undefined): unknown {
    if (tree?.kind === "leaf" && tree.value !== "") {
      this.#run.sectionSources.set(section.path, tree.origin.source);
      return tree.value;
    }
    if (tree?.kind !== "branch" && section.absentable && !this.#hasProfileDefault(section)) return undefined;
    // Without a prototype, so that a key such as `constructor` is there only when it was given.
    const given = tree?.kind === "branch" ? withFallback(section, tree) : undefined;
    const value = Object.create(null) as Record<string, unknown>;
    for (const [key, member] of section.members) {
      const inner = given?.members.get(key);
      const settled = member.kind === "section" ? this.section(member, inner) : this.#field(member, inner);
      if (settled !== undefined) value[key] = settled;
    }
    for (const [key, inner] of given?.members ?? []) {
      if (section.members.has(key)) continue;
      if (section.open) {
        value[key] = this.#plain(inner, undefined);
        this.#run.redactor.add(credentialsIn({ [key]: value[key] }));
      } else this.#refuseKey(section, key, inner);
    }
    return value;
  }

  #refuseKey(section: Section, key: string, tree: Tree): void {
    const { options, issues } = this.#run;
    if (options.unknownKeys === "ignore" || tree.origin.layer === "schema") return;
    if (section.path === "" && key === "$schema") return;
    const path = section.path === "" ? key : `${section.path}.${key}`;
    const near = nearest(key, section.members.keys());
    const known = near === undefined ? {} : { didYouMean: section.path === "" ? near : `${section.path}.${near}` };
    const expected = `only keys of the schema${section.path === "" ? "" : ` in ${section.path}`}`;
    issues.push({ path, problem: "unknown", expected, ...known, source: tree.origin.source });
  }

  #hasProfileDefault(section: Section): boolean {
    if (section.fallback === undefined) return false;
    return [...section.members.values()].some((member) =>
      member.kind === "section" ? this.#hasProfileDefault(member) : member.defaultIn.has(this.#run.profile),
    );
  }

  #field(field: Field, tree: Tree | undefined): unknown {
    const raw = tree === undefined ? undefined : this.#plain(tree, field);
    if (tree !== undefined && raw !== undefined && (raw !== "" || takesEmptyText(field.schema)))
      return this.#given(field, tree, raw);
    const { profile } = this.#run;
    if (tree === undefined && field.defaultIn.has(profile)) {
      const value = field.defaultIn.get(profile);
      return this.#given(field, leaf(value, { layer: "schema", source: "schema" }), value);
    }
    return tree === undefined && field.readsDefault ? field.fallback?.() : undefined;
  }

  #given(field: Field, tree: Tree, raw: unknown): unknown {
    const origins = originsOf(tree);
    const origin = origins.reduce(stronger, tree.origin);
    this.#run.settled.set(field.path, { ...leaf(raw, origin), shadowed: tree.kind === "leaf" ? tree.shadowed : [] });
    if (origins.some(({ secret }) => secret === true)) this.#run.hidden.add(field.path);
    this.#redact(field, raw);
    if (typeof field.example === "string" && this.#run.hides(field) && textOf(raw) === field.example) {
      const hint = "it is the example's own value";
      this.#run.refuse(field, { problem: "weak", expected: field.expected, hint, source: origin.source });
    }
    return coerce(raw, field.schema, (path, { expected, hint }) => {
      const at = path.length === 0 ? "" : ` (item ${path.join(".")})`;
      const advice = hint === undefined ? {} : { hint };
      this.#run.refuse(field, { problem: "invalid", expected: `${expected}${at}`, ...advice, source: origin.source });
    });
  }

  #redact(field: Field, raw: unknown): void {
    const { redactor, hidden } = this.#run;
    const whole =
      field.mark !== undefined || field.view.declared || field.sensitivity === "name" || hidden.has(field.path);
    if (this.#run.hides(field)) redactor.add(raw, !whole);
    redactor.add(credentialsIn(raw, this.#run.hides(field) && whole));
  }

  /** The plain value of a tree, every text in it expanded; undefined when one of them cannot be. */
  #plain(tree: Tree, field: Field | undefined): unknown {
    if (tree.kind === "leaf") return this.#value(tree.value, tree.origin, field);
    const value = Object.create(null) as Record<string, unknown>;
    for (const [key, member] of tree.members) value[key] = this.#plain(member, field);
    return value;
  }

  #value(value: unknown, origin: Origin, field: Field | undefined): unknown {
    if (origin.expands !== true) return value;
    if (typeof value === "string") return this.#text(value, origin, field);
    if (Array.isArray(value)) return value.map((item) => this.#value(item, origin, field));
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, this.#value(member, origin, field)] as const),
    );
  }

  #text(text: string, origin: Origin, field: Field | undefined): unknown {
    const whole = this.#run.options.expand === false;
    const expansion: Expansion = whole ? { text, secrets: [] } : expand(text, this.#sources);
    if ("fault" in expansion) {
      const { fault, name } = expansion;
      const hint = fault === "unresolved" ? `set ${name}, or write $\${ for a literal \${` : undefined;
      return this.#unresolved(FAULTS[fault](name), origin, field, hint);
    }
    for (const secret of expansion.secrets) this.#run.redactor.add(secret);
    if (expansion.secrets.length > 0 && field !== undefined) this.#run.hidden.add(field.path);
    if (!this.#references.isReference(expansion.text)) return expansion.text;
    const resolution = this.#references.resolve(expansion.text);
    if ("fault" in resolution)
      return this.#unresolved(`the value of ${expansion.text}, but ${resolution.fault}`, origin, field);
    this.#run.redactor.add(resolution.value);
    if (field !== undefined) this.#run.hidden.add(field.path);
    return field?.sensitivity === "secret" ? resolution.value : resolution.value.reveal();
  }

  #unresolved(expected: string, { source }: Origin, field: Field | undefined, hint?: string): undefined {
    const issue = { problem: "unresolved" as const, expected, source, ...(hint === undefined ? undefined : { hint }) };
    if (field !== undefined) this.#run.refuse(field, issue);
    else this.#run.issues.push({ path: "", ...issue });
  }
}

const FAULTS = {
  unresolved: (name: string) => `a value for the variable ${name} in \${${name}}`,
  cycle: (name: string) => `variables that do not refer to themselves, but there is ${name}`,
  depth: (name: string) => `variables that refer to each other over at most 100 steps, but from ${name} there are more`,
  malformed: () => `a variable's name between \${ and }; write $\${ for a literal \${`,
  size: (name: string) => `at most 64 KiB of text, but it grows beyond that at \${${name}}`,
};

function originsOf(tree: Tree): Origin[] {
  if (tree.kind === "leaf") return [tree.origin];
  return [...tree.members.values()].flatMap(originsOf);
}

function stronger(a: Origin, b: Origin): Origin {
  return LAYERS.indexOf(b.layer) > LAYERS.indexOf(a.layer) ? b : a;
}

function textOf(value: unknown): unknown {
  return isSecret(value) ? value.reveal() : value;
}

/** A section's own default lies under its members, for those that no layer gives. */
function withFallback(section: Section, tree: Tree & { kind: "branch" }): Tree & { kind: "branch" } {
  const fallback = section.fallback?.();
  if (!isPlainObject(fallback)) return tree;
  return merge(treeOfObject(fallback, "schema", "default"), tree) as Tree & { kind: "branch" };
}
