import type { Clock } from "@seaworthy/core";
import { checkOptions, finiteNumber, flag, positiveDuration, wholeNumber } from "@seaworthy/core/options";
import type { LimitedOptions, SampleOptions } from "../suppress.ts";
import { type Engine, type Inside, stateKey } from "./engine.ts";
import { admitPer, admitShare, CountingGate } from "./gate.ts";

/** The sampled and limited loggers of one family. */
export class Suppression {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #waiting = new Set<CountingGate>();

  constructor(engine: Engine, clock: Clock, random: () => number) {
    this.#engine = engine;
    this.#clock = clock;
    this.#random = random;
  }

  sampled(logger: Inside, options: SampleOptions): Inside {
    checkOptions("sampled", options, ["rate"]);
    const rate = finiteNumber("sampled rate", options.rate, 0, 1);
    return this.#gated(logger, admitShare(rate, this.#random), false);
  }

  limited(logger: Inside, options: LimitedOptions): Inside {
    checkOptions("limited", options, ["per", "lines", "errors"]);
    const { errors = false } = options;
    const per = positiveDuration("limited per", options.per);
    const lines = wholeNumber("limited lines", options.lines, 1);
    return this.#gated(logger, admitPer(per, lines, this.#clock), flag("limited errors", errors));
  }

  /** Writes a line for each logger that has held lines back and not said so yet. */
  tell(): void {
    for (const gate of [...this.#waiting]) {
      const level = gate.highest;
      this.#engine.announce(gate.owner as Inside, level, gate.take());
    }
  }

  #gated(logger: Inside, admits: () => boolean, limitsErrors: boolean): Inside {
    const child = logger.child({}) as Inside;
    const state = child[stateKey];
    const gate = new CountingGate({ admits, outer: state.gate, limitsErrors, waiting: this.#waiting });
    gate.owner = child;
    child[stateKey] = { ...state, gate };
    return child;
  }
}
