import { createHash } from "node:crypto";
import type { Limiter } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, requiredFunction, showValue } from "@seaworthy/core/options";
import type { AuthLimiters } from "../../auth-options.ts";
import { errors } from "../../errors.ts";
import { countedAddress } from "./known-client.ts";

/** Counts attempts per address, and per pair of address and account. */
export class Budgets {
  readonly #address: Limiter | undefined;
  readonly #pair: Limiter | undefined;

  constructor({ address, pair }: AuthLimiters) {
    this.#address = address;
    this.#pair = pair;
  }

  /**
   * Takes one attempt from both budgets.
   *
   * @throws AUTH_RATE_LIMITED if one of them is used up
   */
  async spend(operation: string, address: string | undefined, email: string | undefined): Promise<void> {
    const counted = countedAddress(address);
    await take(this.#address, `auth:${operation}:${counted}`);
    if (this.#pair === undefined) return;
    // A hash, because keys of limiters are seen in stores and dashboards.
    const account = createHash("sha256")
      .update(email ?? "")
      .digest("base64url")
      .slice(0, 22);
    await take(this.#pair, `auth:${operation}:${counted}:${account}`);
  }
}

async function take(limiter: Limiter | undefined, key: string): Promise<void> {
  if (limiter === undefined) return;
  const { allowed, retryAfter } = await limiter.consume(key);
  if (!allowed) throw errors.AUTH_RATE_LIMITED({}, withoutUndefined({ retryAfter: soundDelay(retryAfter) }));
}

const soundDelay = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;

/**
 * @throws TypeError if the option is not a limiter and not an object of limiters
 */
export function budgetsOf(option: Limiter | AuthLimiters | undefined): Budgets {
  if (option === undefined) return new Budgets({});
  if (typeof option !== "object" || option === null)
    throw new TypeError(`limiter must have consume(); got ${showValue(option)}`);
  if ("consume" in option) {
    requiredFunction("limiter.consume", option.consume);
    return new Budgets({ address: option, pair: option });
  }
  checkOptions("limiter", option, ["address", "pair"]);
  const { address, pair } = option;
  if (address !== undefined) requiredFunction("limiter.address.consume", address?.consume);
  if (pair !== undefined) requiredFunction("limiter.pair.consume", pair?.consume);
  return new Budgets(withoutUndefined({ address, pair }));
}
