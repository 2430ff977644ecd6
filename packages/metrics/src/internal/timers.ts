import type { Clock } from "@seaworthy/core";
import type { NoLabels } from "../labels.ts";

/** Starts to measure, with the labels that are known by now; the function it returns takes the others. */
export type StartTimer<L> = [L] extends [NoLabels]
  ? () => () => number
  : <const G extends Partial<L> & Readonly<Record<Exclude<keyof G, keyof L>, never>> = Record<never, never>>(
      labels?: G,
    ) => EndTimer<L, G>;

/** Ends a measurement. Labels given here win over those given at the start. */
export type EndTimer<L, G> = [Exclude<keyof L, keyof G>] extends [never]
  ? (labels?: Partial<L>) => number
  : (labels: Omit<L, keyof G> & Partial<L>) => number;

/** A `startTimer` that hands the seconds to `record`, with the labels of the start and of the end. */
export function timerOver(clock: Clock, record: (first: unknown, second?: number) => void): () => () => number {
  return (known?: unknown) => {
    const start = boundTimer(clock, (seconds) => (given === undefined ? record(seconds) : record(given, seconds)));
    let given = known;
    const end = start();
    return (late?: unknown) => {
      if (late !== undefined) given = Object.assign({}, known, late);
      return end();
    };
  };
}

/** A `startTimer` for one series. */
export function boundTimer(clock: Clock, record: (seconds: number) => void): () => () => number {
  return () => {
    const start = clock.monotonic();
    let seconds: number | undefined;
    return () => {
      if (seconds === undefined) {
        seconds = Math.max(0, clock.monotonic() - start) / 1000;
        record(seconds);
      }
      return seconds;
    };
  };
}
