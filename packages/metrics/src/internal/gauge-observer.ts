import { type GaugeDefinition, type GaugeReading, readGauges } from "@seaworthy/core";
import type { DropReason } from "./drops.ts";
import { gaugeSeriesName } from "./gauge-name.ts";
import type { Makers } from "./makers.ts";

interface Shown {
  reset(): void;
  set(labels: Readonly<Record<string, unknown>>, value: number): void;
}

/** Brings the gauges of all packages into series, for each render anew: a state that is gone has no series. */
export class GaugeObserver {
  readonly #shown = new Map<string, Shown | undefined>();
  readonly #make: Pick<Makers, "gauge">;
  readonly #drop: (metric: string, reason: DropReason) => void;

  constructor(make: Pick<Makers, "gauge">, drop: (metric: string, reason: DropReason) => void) {
    this.#make = make;
    this.#drop = drop;
  }

  /** Reads the gauges now. */
  read(): void {
    for (const shown of this.#shown.values()) shown?.reset();
    for (const reading of readGauges()) this.#show(reading);
  }

  /** Takes every series of a gauge out. */
  clear(): void {
    for (const shown of this.#shown.values()) shown?.reset();
  }

  #show({ definition, labels, value }: GaugeReading): void {
    const { name } = definition;
    if (!this.#shown.has(name)) this.#shown.set(name, this.#makeSeries(definition));
    this.#shown.get(name)?.set(labels, value);
  }

  #makeSeries(definition: GaugeDefinition): Shown | undefined {
    const name = gaugeSeriesName(definition);
    try {
      const { help, labels = [], merge: aggregate = "sum" } = definition;
      return this.#make.gauge({ name, help, labels: labels as readonly [], aggregate }) as unknown as Shown;
    } catch {
      this.#drop(name, "conflict"); // The host has a metric of that name.
      return undefined;
    }
  }
}
