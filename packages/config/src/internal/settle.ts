import { isSecret } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { coerce, isPlainObject, takesEmptyString } from "./coerce.ts";
import { type Expansion, expand, type VariableSources } from "./expand.ts";
import type { LoadState } from "./load-state.ts";
import type { Field, Section } from "./model.ts";
import { credentialsIn } from "./redact.ts";
import type { References } from "./references.ts";
import { nearest } from "./suggest.ts";
import { type Branch, LAYERS, leaf, mergeBranches, type Origin, type Tree, treeOfObject } from "./tree.ts";

/**
 * Walks the model and the merged layers together, and returns the input for the schema: text expanded, references
 * resolved, and each string read as the type of its field.
 */
export class Settler {
  readonly #state: LoadState;
  readonly #sources: VariableSources;
  readonly #references: References;

  constructor(state: LoadState, sources: VariableSources, references: References) {
    this.#state = state;
    this.#sources = sources;
    this.#references = references;
  }

  section(section: Section, tree: Tree | undefined): unknown {
    if (tree?.kind === "leaf" && tree.value !== "") {
      this.#state.settled.sections.set(section.path, tree.origin.source);
      return tree.value;
    }
    if (tree?.kind !== "branch" && section.absentable && !this.#hasProfileDefault(section)) return undefined;
    const given = tree?.kind === "branch" ? withFallback(section, tree) : undefined;
    const value = emptyRecord();
    for (const [key, member] of section.members) {
      const inner = given?.members.get(key);
      const settled = member.kind === "section" ? this.section(member, inner) : this.#field(member, inner);
      if (settled !== undefined) value[key] = settled;
    }
    for (const [key, inner] of given?.members ?? []) {
      if (section.members.has(key)) continue;
      if (section.open) {
        value[key] = this.#plain(inner, undefined);
        this.#state.disclosure.redactor.add(credentialsIn({ [key]: value[key] }));
      } else this.#refuseKey(section, key, inner);
    }
    return value;
  }

  #refuseKey(section: Section, key: string, tree: Tree): void {
    const { options, findings } = this.#state;
    if (options.unknownKeys === "ignore" || tree.origin.layer === "schema") return;
    if (section.path === "" && key === "$schema") return;
    const pathOf = (name: string): string => (section.path === "" ? name : `${section.path}.${name}`);
    const near = nearest(key, section.members.keys());
    const expected = `only keys of the schema${section.path === "" ? "" : ` in ${section.path}`}`;
    const didYouMean = near === undefined ? undefined : pathOf(near);
    const { source } = tree.origin;
    findings.add(withoutUndefined({ path: pathOf(key), problem: "unknown", expected, didYouMean, source } as const));
  }

  #hasProfileDefault(section: Section): boolean {
    if (section.fallback === undefined) return false;
    return [...section.members.values()].some((member) =>
      member.kind === "section" ? this.#hasProfileDefault(member) : member.defaultIn.has(this.#state.profile),
    );
  }

  #field(field: Field, tree: Tree | undefined): unknown {
    const raw = tree === undefined ? undefined : this.#plain(tree, field);
    if (tree !== undefined && raw !== undefined && (raw !== "" || takesEmptyString(field.schema)))
      return this.#given(field, tree, raw);
    const { profile } = this.#state;
    if (tree === undefined && field.defaultIn.has(profile)) {
      const value = field.defaultIn.get(profile);
      return this.#given(field, leaf(value, { layer: "schema", source: "schema" }), value);
    }
    return tree === undefined && field.readsDefault ? field.fallback?.() : undefined;
  }

  #given(field: Field, tree: Tree, raw: unknown): unknown {
    const { settled, findings, disclosure } = this.#state;
    const origins = originsOf(tree);
    const origin = origins.reduce(stronger, tree.origin);
    const { source } = origin;
    settled.fields.set(field.path, { ...leaf(raw, origin), shadowed: tree.kind === "leaf" ? tree.shadowed : [] });
    if (origins.some(({ secret }) => secret === true)) disclosure.hide(field);
    this.#redact(field, raw);
    const revealed = isSecret(raw) ? raw.reveal() : raw;
    if (typeof field.example === "string" && disclosure.hides(field) && revealed === field.example) {
      const hint = "it is the value of the example";
      findings.refuse(field, { problem: "weak", expected: field.expected, hint, source });
    }
    return coerce(raw, field.schema, (path, { expected, hint }) => {
      const place = path.length === 0 ? "" : ` (item ${path.join(".")})`;
      const issue = { problem: "invalid", expected: `${expected}${place}`, hint, source } as const;
      findings.refuse(field, withoutUndefined(issue));
    });
  }

  #redact(field: Field, raw: unknown): void {
    const { disclosure } = this.#state;
    const { redactor } = disclosure;
    const hides = disclosure.hides(field);
    const isWhole =
      field.mark !== undefined || field.view.declared || field.sensitivity === "name" || disclosure.isHidden(field);
    if (hides) redactor.add(raw, !isWhole);
    redactor.add(credentialsIn(raw, hides && isWhole));
  }

  /** The plain value of a tree with every string in it expanded, or undefined if one of them cannot be expanded. */
  #plain(tree: Tree, field: Field | undefined): unknown {
    if (tree.kind === "leaf") return this.#value(tree.value, tree.origin, field);
    const value = emptyRecord();
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
    const { options, disclosure } = this.#state;
    const expansion: Expansion = options.expand === false ? { text, secrets: [] } : expand(text, this.#sources);
    if ("fault" in expansion) {
      const { fault, name } = expansion;
      const hint = fault === "unresolved" ? `set ${name}, or write $\${ for a literal \${` : undefined;
      return this.#unresolved(FAULTS[fault](name), origin, field, hint);
    }
    for (const secret of expansion.secrets) disclosure.redactor.add(secret);
    if (expansion.secrets.length > 0 && field !== undefined) disclosure.hide(field);
    if (!this.#references.isReference(expansion.text)) return expansion.text;
    const resolution = this.#references.resolve(expansion.text);
    if ("fault" in resolution)
      return this.#unresolved(`the value of ${expansion.text}, but ${resolution.fault}`, origin, field);
    disclosure.redactor.add(resolution.value);
    if (field !== undefined) disclosure.hide(field);
    return field?.sensitivity === "secret" ? resolution.value : resolution.value.reveal();
  }

  #unresolved(expected: string, { source }: Origin, field: Field | undefined, hint?: string): undefined {
    const { findings } = this.#state;
    const issue = withoutUndefined({ problem: "unresolved", expected, hint, source } as const);
    if (field !== undefined) findings.refuse(field, issue);
    else findings.add({ path: "", ...issue });
  }
}

const FAULTS = {
  unresolved: (name: string) => `a value for the variable ${name} in \${${name}}`,
  cycle: (name: string) => `variables that do not refer to themselves, but there is ${name}`,
  depth: (name: string) => `variables that refer to each other in at most 100 steps, but ${name} needs more`,
  malformed: () => `the name of a variable between \${ and }; write $\${ for a literal \${`,
  size: (name: string) => `at most 64 KiB of text, but it grows beyond that at \${${name}}`,
};

/** An object without a prototype, so that it has a key such as `constructor` only if that key was given. */
function emptyRecord(): Record<string, unknown> {
  return Object.create(null);
}

function originsOf(tree: Tree): Origin[] {
  if (tree.kind === "leaf") return [tree.origin];
  return [...tree.members.values()].flatMap(originsOf);
}

function stronger(a: Origin, b: Origin): Origin {
  return LAYERS.indexOf(b.layer) > LAYERS.indexOf(a.layer) ? b : a;
}

/** The default of a section lies under its members, for those that no layer gives. */
function withFallback(section: Section, tree: Branch): Branch {
  const fallback = section.fallback?.();
  const low = isPlainObject(fallback) ? treeOfObject(fallback, "schema", "default") : undefined;
  return low?.kind === "branch" ? mergeBranches(low, tree) : tree;
}
