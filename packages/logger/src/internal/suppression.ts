import type { Clock } from "@seaworthy/core";
import { checkOptions, finiteNumber, flag, integer, positiveDuration, showValue } from "@seaworthy/core/options";
import type { LimitedOptions, SampleOptions } from "../suppress.ts";
import type { Engine } from "./engine.ts";
import { admitPer, admitShare, CountingGate } from "./gate.ts";
import { type Inside, stateKey } from "./inside.ts";
import { KeyedGate, type KeyedGateOptions } from "./keyed-gate.ts";

/** The sampled and limited loggers of one family. */
export class Suppression {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #waiting = new Set<CountingGate<Inside>>();
  // Weak, so that a limited logger that is not used any more is collected together with its gate.
  readonly #keyedGates = new Set<WeakRef<KeyedGate<Inside>>>();

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

  /** Writes how many lines each of these loggers has held back, unless one of its lines has said so already. */
  report(isOne: (owner: object) => boolean = () => true): void {
    for (const gate of [...this.#waiting]) {
      if (!isOne(gate.owner)) continue;
      const level = gate.highest;
      this.#engine.announce(gate.owner, level, gate.take());
    }
    for (const gate of this.#keyedGates) {
      const owned = gate.deref();
      if (owned === undefined) this.#keyedGates.delete(gate);
      else if (isOne(owned.owner)) owned.reportAll();
    }
  }

  #keyed(logger: Inside, options: Pick<KeyedGateOptions<Inside>, "keyOf" | "per" | "lines" | "limitsErrors">): Inside {
    const child = logger.child({});
    const state = child[stateKey];
    const report = (key: string, held: number, level: number): void =>
      this.#engine.announce(child, level, held, { key });
    const gate = new KeyedGate({ ...options, owner: child, clock: this.#clock, outer: state.gate, report });
    child[stateKey] = { ...state, gate };
    this.#keyedGates.add(new WeakRef(gate));
    return child;
  }

  #gated(logger: Inside, admits: () => boolean, limitsErrors: boolean): Inside {
    const child = logger.child({});
    const state = child[stateKey];
    const gate = new CountingGate({ owner: child, admits, outer: state.gate, limitsErrors, waiting: this.#waiting });
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
      return ""; // a function of the host that throws must not cost a line
    }
  };
}
