import { createHash } from "node:crypto";
import type { Clock } from "@seaworthy/core";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { BreachLookup } from "../passwords/passwords.ts";
import { breachEvent } from "../telemetry.ts";

const PREFIX = 5;
/** A range of the public service has about 40 000 characters. */
const LONGEST_ANSWER = 1024 * 1024;

/** How breaches are looked up. */
export interface BreachPlan {
  readonly lookup: BreachLookup;
  /** Milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
}

/** Whether a password is known from a breach; `undefined` if the lookup failed. */
export async function isBreached(
  password: string,
  { lookup, timeout, clock }: BreachPlan,
): Promise<boolean | undefined> {
  const digest = createHash("sha1").update(password).digest("hex").toUpperCase();
  const end = new AbortController();
  const started = clock.monotonic();
  const report = (outcome: string, error?: unknown): void => {
    if (breachEvent.active) breachEvent.emit({ outcome }, (clock.monotonic() - started) / 1000, { error });
  };
  try {
    const onLimit = (): never => {
      const error = new Error(`The lookup of a breached password took longer than ${timeout} ms`);
      end.abort(error);
      throw error;
    };
    const looking = Promise.resolve(lookup(digest.slice(0, PREFIX), { signal: end.signal }));
    const answer: unknown = await waitAtMost(looking, { limit: timeout, onLimit, clock, keepAlive: true });
    const found = isListed(answer, digest.slice(PREFIX));
    report(found ? "breached" : "unknown");
    return found;
  } catch (error) {
    report("failed", error);
    return undefined;
  }
}

/** Lines with the count 0 pad the answer, so that its length tells nothing. */
function isListed(answer: unknown, suffix: string): boolean {
  if (typeof answer !== "string" || answer.length > LONGEST_ANSWER)
    throw new TypeError("the lookup of breached passwords must resolve with a string of at most 1 MiB");
  const line = new RegExp(`^${suffix}:0*[1-9]`, "im");
  return line.test(answer);
}
