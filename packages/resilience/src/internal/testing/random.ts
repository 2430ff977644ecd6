import { integer } from "@seaworthy/core/options";
import type { Distribution } from "../../testing/simulation.ts";

/** The mulberry32 generator: 32 bits of state, which is enough to choose calls and service times. */
export function seeded(seed: number): () => number {
  let state = integer("seed", seed, 0, 0xffff_ffff);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SIGMA = 0.8;
const FAST_SHARE = 0.9;
const FAST = 0.4;

/** One service time of this mean. Lognormal has a sigma of 0.8; bimodal takes 0.4 of the mean in nine cases of ten. */
export function serviceTime(distribution: Distribution, mean: number, random: () => number): number {
  if (distribution === "constant") return mean;
  if (distribution === "exponential") return exponential(mean, random);
  if (distribution === "bimodal")
    return random() < FAST_SHARE ? FAST * mean : ((1 - FAST_SHARE * FAST) / (1 - FAST_SHARE)) * mean;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return mean * Math.exp(SIGMA * normal - SIGMA ** 2 / 2);
}

/** A draw from the exponential distribution of this mean. */
export function exponential(mean: number, random: () => number): number {
  return -mean * Math.log(1 - random());
}
