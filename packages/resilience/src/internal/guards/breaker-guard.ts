import { withoutUndefined } from "@seaworthy/core/objects";
import { positiveDuration } from "@seaworthy/core/options";
import type { Breaker, BreakerOptions } from "../../breaker/breaker.ts";
import { breakerFor } from "../breaker/breaker-for.ts";
import { checkObject, isRunner } from "../options.ts";
import { layersOf } from "../pipeline.ts";
import type { Guard, PolicyBuild } from "./guard.ts";

/** Refuses calls while the upstream fails. */
export const breakerGuard: Guard = {
  option: "breaker",
  check(value) {
    if (value !== true) checkObject("breaker", value);
  },
  layers(build) {
    const given = build.options.breaker;
    const breaker = isRunner(given) ? (given as Breaker) : ownBreaker(build);
    build.parts.breaker = breaker;
    return layersOf(breaker);
  },
};

function ownBreaker({ name, clock, options, parts }: PolicyBuild): Breaker {
  const { breaker: given, timeout, retry, random } = options;
  const longest = timeout ?? retry?.attemptTimeout;
  const patience = longest === undefined ? undefined : positiveDuration("timeout", longest);
  // What the retry takes for a failure is one to the breaker as well.
  const isFailedResult: BreakerOptions["isFailedResult"] = retry?.retryResult;
  const defaults = withoutUndefined({ random, isFailedResult });
  const own = given === true ? undefined : (given as Partial<BreakerOptions>);
  const breaker = breakerFor({ ...defaults, ...own, name, clock }, patience);
  parts.releases.push(() => breaker.dispose());
  return breaker;
}
