import { appendFileSync } from "node:fs";

/** One contestant: a function that does the work once. It may return a promise, which is awaited. */
export type Contestant = () => unknown;

/** Options of {@link compare}. */
export interface CompareOptions {
  /** Rounds; in each, every contestant runs once, in an order shuffled anew. @default 25 */
  rounds?: number;
  /** Calls of one contestant in one round; by default as many as take about 20 ms. */
  iterations?: number;
  /** Whether the contestants return promises to await. @default false */
  asynchronous?: boolean;
  /** Whose median is 1.00 in the column of ratios. @default the first */
  baseline?: string;
}

/** Median nanoseconds per call, by contestant. */
export type Medians = Readonly<Record<string, number>>;

/**
 * Runs the contestants interleaved in this one process and prints the median time of one call and the ratio to the
 * baseline. Machines are noisy: read the ratios.
 */
export async function compare(
  title: string,
  contestants: Record<string, Contestant>,
  options: CompareOptions = {},
): Promise<Medians> {
  const { rounds = 25, asynchronous = false } = options;
  const names = Object.keys(contestants);
  const samples = new Map<string, number[]>(names.map((name) => [name, []]));
  const iterations = new Map<string, number>();
  for (const name of names)
    iterations.set(name, options.iterations ?? (await calibrate(contestants[name] as Contestant, asynchronous)));
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names)) {
      const count = iterations.get(name) as number;
      samples.get(name)?.push((await time(contestants[name] as Contestant, count, asynchronous)) / count);
    }
  }
  const medians = Object.fromEntries(names.map((name) => [name, median(samples.get(name) as number[])]));
  print(title, medians, options.baseline ?? (names[0] as string));
  return medians;
}

/** The middle of the samples. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** A copy in random order. */
export function shuffled<T>(items: readonly T[]): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
}

/** A benchmark as `run.mjs` reads it for its summary. */
export interface Summary {
  title: string;
  /** The candidate whose ratio is 1. */
  baseline: string;
  unit: string;
  figures: Readonly<Record<string, number>>;
}

/** Prints figures of one unit with their ratio to the baseline, and keeps them for the summary of the run. */
export function print(title: string, figures: Readonly<Record<string, number>>, baseline: string, unit = "ns"): void {
  const base = figures[baseline] as number;
  const summary: Summary = { title, baseline, unit, figures };
  if (process.env.BENCH_SUMMARY !== undefined)
    appendFileSync(process.env.BENCH_SUMMARY, `${JSON.stringify(summary)}\n`);
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  console.log(`\n${title}`);
  for (const [name, value] of Object.entries(figures)) {
    const shown = value >= 100 ? value.toFixed(0) : value.toPrecision(3);
    console.log(`  ${name.padEnd(width)}  ${shown.padStart(10)} ${unit}  ${(value / base).toFixed(2).padStart(8)} ×`);
  }
}

async function calibrate(run: Contestant, asynchronous: boolean): Promise<number> {
  let count = 1;
  for (;;) {
    const spent = await time(run, count, asynchronous);
    if (spent > 20e6) return Math.max(1, Math.round((count * 20e6) / spent));
    count *= spent < 1e6 ? 10 : 2;
  }
}

async function time(run: Contestant, count: number, asynchronous: boolean): Promise<number> {
  const start = process.hrtime.bigint();
  if (asynchronous) for (let i = 0; i < count; i++) await run();
  else for (let i = 0; i < count; i++) run();
  return Number(process.hrtime.bigint() - start);
}
