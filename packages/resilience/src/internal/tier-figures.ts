import { withoutUndefined } from "@seaworthy/core/objects";
import type { Breaker } from "../breaker/breaker.ts";
import type { TierStats } from "../tier.ts";

/** What a tier has done since it was created. */
export class TierFigures {
  failed = 0;
  skipped = 0;
  #answered = 0;
  #latency = 0;

  /** Notes an answer that took so many milliseconds. */
  answered(latency: number): void {
    this.#answered += 1;
    this.#latency += latency;
  }

  /** The figures of all tiers of one list. */
  static of(
    tiers: readonly { name: string; figures: TierFigures; breaker: Breaker | undefined }[],
  ): readonly TierStats[] {
    const all = tiers.reduce((sum, { figures }) => sum + figures.#answered, 0);
    return tiers.map(({ name, figures, breaker }) =>
      withoutUndefined({
        tier: name,
        answered: figures.#answered,
        failed: figures.failed,
        skipped: figures.skipped,
        share: all === 0 ? 0 : figures.#answered / all,
        latency: figures.#answered === 0 ? 0 : figures.#latency / figures.#answered,
        breaker: breaker?.state,
      }),
    );
  }
}
