import type { Clock } from "@seaworthy/core";
import { checkOptions, finiteNumber, flag, integer, positiveDuration, showValue } from "@seaworthy/core/options";
import type { LimitedOptions, SampleOptions } from "../suppress.ts";
import { type Engine, type Inside, stateKey } from "./engine.ts";
import { admitPer, admitShare, CountingGate } from "./gate.ts";
import { KeyedGate, type KeyedGateOptions } from "./keyed-gate.ts";

/** The sampled and limited loggers of one family. */
export class Suppression {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #waiting = new Set<CountingGate>();
  // A limited logger that nobody has any more takes its gate with it.
  readonly #keyedGates = new Set<WeakRef<KeyedGate>>();

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
    checkOptions("limited", options, ["per", "lines", "key", "errors"]);
    const { errors = false, key } = options;
    const per = positiveDuration("limited per", options.per);
    const lines = integer("limited lines", options.lines, 1);
    const limitsErrors = flag("limited errors", errors);
    if (key === undefined) return this.#gated(logger, admitPer(per, lines, this.#clock), limitsErrors);
    if (key !== "message" && typeof key !== "function")
      throw new TypeError(`limited key must be "message" or a function; got ${showValue(key)}`);
    return this.#keyed(logger, { keyOf: keyReader(key), per, lines, limitsErrors });
  }

  /** Writes a line for each logger that has held lines back and not said so yet, if it is one of these. */
  tell(isOne: (owner: object) => boolean = () => true): void {
    for (const gate of [...this.#waiting]) {
      if (!isOne(gate.owner as object)) continue;
      const level = gate.highest;
      this.#engine.announce(gate.owner as Inside, level, gate.take());
    }
    for (const gate of this.#keyedGates) {
      const owned = gate.deref();
      if (owned === undefined) this.#keyedGates.delete(gate);
      else if (isOne(owned.owner as object)) owned.tellAll();
    }
  }

  #keyed(logger: Inside, options: Pick<KeyedGateOptions, "keyOf" | "per" | "lines" | "limitsErrors">): Inside {
    const child = logger.child({}) as Inside;
    const state = child[stateKey];
    const tell = (key: string, held: number, level: number): void => this.#engine.announce(child, level, held, { key });
    const gate = new KeyedGate({ ...options, clock: this.#clock, outer: state.gate, tell });
    gate.owner = child;
    child[stateKey] = { ...state, gate };
    this.#keyedGates.add(new WeakRef(gate));
    return child;
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

const LONGEST_KEY = 256;

function keyReader(key: NonNullable<LimitedOptions["key"]>): (first: unknown, second: unknown) => string {
  return (first, second) => {
    const message = typeof first === "string" ? first : typeof second === "string" ? second : undefined;
    try {
      const text = key === "message" ? (message ?? "") : key(typeof first === "object" ? first : second, message);
      return typeof text === "string" ? text.slice(0, LONGEST_KEY) : "";
    } catch {
      return ""; // a host's function that throws must not cost a line
    }
  };
}
