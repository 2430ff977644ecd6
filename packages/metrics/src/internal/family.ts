import type { LabelValue } from "@seaworthy/core";
import type { DropReason, Drops } from "./drops.ts";
import { labelText, type ParsedLabels } from "./options.ts";
import type { Aggregation, Collectable, Sample, Snapshot } from "./prom.ts";

/** The label value under which everything past the series limit is counted. */
export const OVERFLOW = "__overflow__";
/** Longer label values are cut to this many UTF-16 units: a label is an identity, not a message. */
const LONGEST_VALUE = 256;

/** What a kind of metric does with one series. */
export interface SeriesKind<S> {
  readonly type: Snapshot["type"];
  create(): S;
  write(series: S, name: string, labels: Readonly<Record<string, string>>, out: Sample[]): void;
  reset(series: S): void;
}

/** What a family is made of. */
export interface FamilyOptions<S> {
  readonly name: string;
  readonly help: string;
  readonly kind: SeriesKind<S>;
  readonly labels: ParsedLabels;
  readonly constant: Readonly<Record<string, string>>;
  readonly aggregator: Aggregation;
  readonly limit: number;
  readonly drops: Drops;
  readonly collect?: (() => void) | undefined;
  /** Called once, when the limit is reached. */
  readonly onOverflow: (name: string) => void;
}

type Node<S> = Map<unknown, Node<S> | S>;
interface Entry<S> {
  readonly labels: Readonly<Record<string, string>>;
  readonly series: S;
}

/**
 * The series of one metric.
 *
 * A label set is found through one Map a label, keyed by the values as they come, so that no text is built or hashed on
 * the way. Only a set not seen before is turned into text and compared with the others.
 */
export class Family<S extends object> implements Collectable {
  name: string;
  readonly help: string;
  readonly type: Snapshot["type"];
  readonly aggregator: Aggregation;
  readonly names: readonly string[];
  private readonly options: FamilyOptions<S>;
  private readonly root: Node<S> = new Map();
  private readonly entries = new Map<string, Entry<S>>();
  private readonly single: S | undefined;
  private overflow: S | undefined;

  constructor(options: FamilyOptions<S>) {
    this.options = options;
    this.name = options.name;
    this.help = options.help;
    this.type = options.kind.type;
    this.aggregator = options.aggregator;
    this.names = options.labels.names;
    for (const set of options.labels.sets ?? []) this.keep(set, set.map(String));
    this.single = this.names.length === 0 ? this.create([]) : undefined;
  }

  /** The series of a metric without labels. */
  only(): S | undefined {
    return this.single ?? this.drop("missing_label");
  }

  /** The series of these labels; `undefined`, and a drop counted, when they do not fit. Never throws. */
  find(labels: object): S | undefined {
    try {
      const { names } = this;
      let node: Node<S> | S | undefined = this.root;
      for (let i = 0; i < names.length; i++) {
        node = (node as Node<S>).get((labels as Record<string, unknown>)[names[i] as string]);
        if (node === undefined) break;
      }
      let given = 0;
      for (const _ in labels) given++;
      if (given > names.length) return this.drop("unknown_label");
      if (names.length === 0) return this.only();
      return (node as S | undefined) ?? this.resolve(labels as Record<string, unknown>);
    } catch {
      return this.drop("unreadable"); // a getter or a Proxy trap of the host threw
    }
  }

  /** The series that a bound child stands for. */
  bind(labels: unknown): S | undefined {
    if (labels === undefined) return this.only();
    return typeof labels === "object" && labels !== null ? this.find(labels) : this.drop("missing_label");
  }

  /** Counts a recording that could not be made. */
  drop(reason: DropReason): undefined {
    this.options.drops.count(this.options.name, reason);
    return undefined;
  }

  reset(): void {
    for (const { series } of this.entries.values()) this.options.kind.reset(series);
  }

  async get(): Promise<Snapshot> {
    this.collect();
    const { name, help, type, aggregator } = this;
    const values: Sample[] = [];
    for (const { series, labels } of this.entries.values()) this.options.kind.write(series, name, labels, values);
    return { name, help, type, aggregator, values };
  }

  private collect(): void {
    try {
      const result = this.options.collect?.() as unknown;
      // Typed as void, but an async function fits that; its rejection must not end the process.
      if (result instanceof Promise) result.catch(() => this.drop("collect"));
    } catch {
      this.drop("collect");
    }
  }

  private resolve(labels: Record<string, unknown>): S | undefined {
    const raw = this.names.map((name) => labels[name]);
    if (raw.some((value) => value === undefined || value === null)) return this.drop("missing_label");
    const texts: string[] = [];
    for (const value of raw) {
      const text = labelText(value);
      if (text === undefined) return this.drop("label_value");
      texts.push(fit(text));
    }
    const known = this.entries.get(JSON.stringify(texts));
    if (known === undefined && this.options.labels.sets !== undefined) return this.drop("label_value");
    if (known === undefined && this.entries.size >= this.options.limit) return this.fold();
    // A value that was cut has endless others that become the same text; only those that are their own text are kept.
    if (raw.every((value, i) => String(value) === texts[i])) return this.keep(raw as LabelValue[], texts);
    return known?.series ?? this.create(texts);
  }

  private keep(raw: readonly LabelValue[], texts: readonly string[]): S {
    const series = this.entries.get(JSON.stringify(texts))?.series ?? this.create(texts);
    let node = this.root;
    for (const value of raw.slice(0, -1)) {
      const next = (node.get(value) as Node<S> | undefined) ?? new Map();
      node.set(value, next);
      node = next;
    }
    node.set(raw.at(-1), series);
    return series;
  }

  private create(texts: readonly string[]): S {
    const own = Object.fromEntries(this.names.map((name, i) => [name, texts[i] as string] as const));
    // Twice: the metric's own labels stand first, and they win.
    const labels = { ...own, ...this.options.constant, ...own };
    const series = this.options.kind.create();
    this.entries.set(JSON.stringify(texts), { labels, series });
    return series;
  }

  private fold(): S {
    if (this.overflow === undefined) {
      const texts = this.names.map(() => OVERFLOW);
      this.overflow = this.entries.get(JSON.stringify(texts))?.series ?? this.create(texts);
      this.options.onOverflow(this.options.name);
    }
    return this.overflow;
  }
}

/** Text that survives UTF-8 and is short enough. */
function fit(text: string): string {
  return (text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text).toWellFormed();
}
