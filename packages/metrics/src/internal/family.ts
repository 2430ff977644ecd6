import { isObject } from "@seaworthy/core/objects";
import type { Collector } from "./collector.ts";
import type { DropReason, Drops } from "./drops.ts";
import { labelText, type ParsedLabels } from "./options.ts";
import type { Aggregation, Collectable, Sample, Snapshot } from "./prom.ts";
import type { Series, SeriesKind } from "./series-kind.ts";

/** The label value under which everything past the series limit is counted. */
export const OVERFLOW = "__overflow__";
/** Longer label values are cut to this many UTF-16 units: a label is an identity, not a message. */
const LONGEST_VALUE = 256;

/** What a family is made of. */
export interface FamilyOptions<S extends Series> {
  readonly name: string;
  readonly help: string;
  readonly kind: SeriesKind<S>;
  readonly labels: ParsedLabels;
  readonly constant: Readonly<Record<string, string>>;
  readonly aggregator: Aggregation;
  readonly limit: number;
  readonly drops: Drops;
  /** Called once, when the limit is reached. */
  readonly onOverflow: () => void;
}

/** By the value of the next label: the node of the label after it, or the series. Objects around the maps would cost time. */
type Node<S> = Map<unknown, Node<S> | S>;

type Labels = Readonly<Record<PropertyKey, unknown>>;

interface Entry<S> {
  readonly labels: Readonly<Record<string, string>>;
  readonly series: S;
  /** The values, as they came, that lead to this series: 1 and "1" are two paths to one. */
  readonly paths: (readonly unknown[])[];
}

/**
 * The series of one metric.
 *
 * A label set is found through one Map per label, keyed by the values as they come, so that no text is built or hashed
 * on the way. Only a set not seen before is turned into text and compared with the others.
 */
export class Family<S extends Series> implements Collectable {
  name: string;
  readonly help: string;
  readonly type: Snapshot["type"];
  readonly aggregator: Aggregation;
  readonly names: readonly string[];
  /** Brings the series up to date before they are read. Set once, by the catalog. */
  collector: Collector | undefined;
  readonly #options: FamilyOptions<S>;
  readonly #root: Node<S> = new Map();
  readonly #entries = new Map<string, Entry<S>>();
  readonly #single: S | undefined;
  /** Whether every series exists from the start, so that none can be taken out. */
  readonly #fixed: boolean;
  #overflow: S | undefined;
  #full = false;
  /** What the last asynchronous collection gave. */
  #collected: readonly Sample[] | undefined;

  constructor(options: FamilyOptions<S>) {
    this.#options = options;
    this.name = options.name;
    this.help = options.help;
    this.type = options.kind.type;
    this.aggregator = options.aggregator;
    this.names = options.labels.names;
    for (const set of options.labels.sets ?? []) this.#keep(set, set.map(String));
    this.#single = this.names.length === 0 ? this.#create([]).series : undefined;
    this.#fixed = this.names.length === 0 || options.labels.sets !== undefined;
  }

  /** The series of a metric without labels. */
  only(): S | undefined {
    return this.#single ?? this.drop("missing_label");
  }

  /** The series of these labels; `undefined`, and a drop counted, when they do not fit. Never throws. */
  find(labels: Labels): S | undefined {
    try {
      const { names } = this;
      let node: Node<S> | S | undefined = this.#root;
      for (let i = 0; i < names.length; i++) {
        node = (node as Node<S>).get(labels[names[i] ?? ""]);
        if (node === undefined) break;
      }
      let given = 0;
      for (const _ in labels) given++;
      if (given > names.length) return this.drop("unknown_label");
      if (names.length === 0) return this.only();
      return (node as S | undefined) ?? this.#resolve(labels);
    } catch {
      return this.drop("unreadable"); // a getter or a Proxy trap of the host threw
    }
  }

  /** The series that the first argument of a recording names: the labels, or anything else if there are none. */
  of(first: unknown): S | undefined {
    return isObject(first) ? this.find(first) : this.only();
  }

  /** The series of these labels if it is there already. */
  peek(labels: unknown): S | undefined {
    if (labels === undefined) return this.only();
    const texts = this.#textsOf(labels);
    return texts === undefined ? undefined : this.#entries.get(JSON.stringify(texts))?.series;
  }

  /** Takes the series of these labels out. One that exists from the start goes back to its initial value instead. */
  remove(labels: unknown): void {
    const texts = labels === undefined && this.names.length === 0 ? [] : this.#textsOf(labels);
    const key = JSON.stringify(texts);
    const entry = texts === undefined ? undefined : this.#entries.get(key);
    if (entry !== undefined) this.#takeOut(key, entry);
  }

  /** Takes every series out, but for those that exist from the start: they go back to their initial value. */
  reset(): void {
    for (const [key, entry] of this.#entries) this.#takeOut(key, entry);
  }

  /** Counts a recording that could not be made. */
  drop(reason: DropReason): undefined {
    this.#options.drops.count(this.#options.name, reason);
    return undefined;
  }

  /** Collects, and reads what is there then. */
  async get(): Promise<Snapshot> {
    const result = this.collect();
    return this.read(typeof result === "boolean" ? result : await result);
  }

  /** Resolves to whether the series are up to date. */
  collect(): boolean | Promise<boolean> {
    return this.collector?.run() ?? true;
  }

  /** Keeps what an asynchronous collection gave, for renders that a later one comes too late for. */
  keepCollected(): void {
    this.#collected = this.#write();
  }

  /** The series as they are, or, if they are not up to date, as the last collection left them. */
  read(current: boolean): Snapshot {
    const { name, help, type, aggregator } = this;
    const values = current ? this.#write() : (this.#collected ?? this.#write());
    return { name, help, type, aggregator, values };
  }

  #write(): Sample[] {
    const values: Sample[] = [];
    for (const { series, labels } of this.#entries.values())
      this.#options.kind.write(series, this.name, labels, values);
    return values;
  }

  #resolve(labels: Labels): S | undefined {
    const raw = this.names.map((name) => labels[name]);
    const texts = this.#texts(raw);
    if (texts === undefined) return undefined;
    const known = this.#entries.get(JSON.stringify(texts));
    if (known === undefined && this.#options.labels.sets !== undefined) return this.drop("label_value");
    if (known === undefined && this.#size >= this.#options.limit) return this.#fold();
    // A value that was cut has endless others that become the same text; only those that are their own text are kept.
    if (raw.every((value, i) => String(value) === texts[i])) return this.#keep(raw, texts);
    return (known ?? this.#create(texts)).series;
  }

  #textsOf(labels: unknown): string[] | undefined {
    if (!isObject(labels)) return this.drop("missing_label");
    try {
      if (Object.keys(labels).length > this.names.length) return this.drop("unknown_label");
      return this.#texts(this.names.map((name) => labels[name]));
    } catch {
      return this.drop("unreadable");
    }
  }

  #texts(raw: readonly unknown[]): string[] | undefined {
    if (raw.some((value) => value === undefined || value === null)) return this.drop("missing_label");
    const texts: string[] = [];
    for (const value of raw) {
      const text = labelText(value);
      if (text === undefined) return this.drop("label_value");
      texts.push(fit(text));
    }
    return texts;
  }

  get #size(): number {
    return this.#entries.size - (this.#overflow === undefined ? 0 : 1);
  }

  #keep(raw: readonly unknown[], texts: readonly string[]): S {
    const { series, paths } = this.#entries.get(JSON.stringify(texts)) ?? this.#create(texts);
    let node = this.#root;
    for (const value of raw.slice(0, -1)) {
      const next = node.get(value) ?? new Map();
      node.set(value, next);
      node = next as Node<S>;
    }
    node.set(raw.at(-1), series);
    paths.push(raw);
    return series;
  }

  #create(texts: readonly string[]): Entry<S> {
    const own = Object.fromEntries(this.names.map((name, i) => [name, texts[i] ?? ""] as const));
    // Twice: the metric's own labels stand first, and they win.
    const labels = { ...own, ...this.#options.constant, ...own };
    const entry: Entry<S> = { labels, series: this.#options.kind.create(), paths: [] };
    this.#entries.set(JSON.stringify(texts), entry);
    return entry;
  }

  #takeOut(key: string, { series, paths }: Entry<S>): void {
    if (this.#fixed) {
      this.#options.kind.reset(series);
      return;
    }
    series.removed = true;
    this.#entries.delete(key);
    if (this.#overflow === series) this.#overflow = undefined;
    for (const path of paths) prune(this.#root, path);
  }

  #fold(): S | undefined {
    if (!this.#full) {
      this.#full = true;
      this.#options.onOverflow();
    }
    if (this.#options.kind.overflow === "drop") return this.drop("series_limit");
    if (this.#overflow === undefined) {
      const texts = this.names.map(() => OVERFLOW);
      this.#overflow = (this.#entries.get(JSON.stringify(texts)) ?? this.#create(texts)).series;
    }
    return this.#overflow;
  }
}

/** Takes a path out of the tree, and the nodes that nothing else leads through. */
function prune(node: Map<unknown, unknown>, path: readonly unknown[]): void {
  const [value, ...rest] = path;
  const next = node.get(value);
  if (rest.length > 0 && next instanceof Map) prune(next, rest);
  if (rest.length === 0 || (next instanceof Map && next.size === 0)) node.delete(value);
}

/** Text that survives UTF-8 and is short enough. */
function fit(text: string): string {
  return (text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text).toWellFormed();
}
