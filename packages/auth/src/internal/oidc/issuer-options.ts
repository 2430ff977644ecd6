import { type Clock, type Duration, toMilliseconds } from "@seaworthy/core";
import { clockOption, positiveDuration, requiredFunction, withDefault } from "@seaworthy/core/options";
import type { FetchFunction } from "./bounded-fetch.ts";
import type { IssuerPlan } from "./issuer.ts";
import { protectedUrl } from "./issuer-url.ts";

/** The options that {@link issuerPlan} reads. */
export interface IssuerInput {
  issuer: string;
  jwksUri?: string;
  cacheFor?: Duration;
  staleFor?: Duration;
  cooldown?: Duration;
  timeout?: Duration;
  fetch?: FetchFunction;
  clock?: Clock;
}

/** Their names. */
export const ISSUER_OPTIONS: readonly string[] = [
  ...["issuer", "jwksUri", "cacheFor", "staleFor", "cooldown"],
  ...["timeout", "fetch", "clock"],
];

const platformFetch: FetchFunction = (url, init) => globalThis.fetch(url, init);

/** @throws TypeError that names the option and the value */
export function issuerPlan(input: IssuerInput): IssuerPlan {
  protectedUrl("issuer", input.issuer);
  if (input.jwksUri !== undefined) protectedUrl("jwksUri", input.jwksUri);
  const cooldown = positiveDuration("cooldown", withDefault(input.cooldown, "10s"));
  const cacheFor = atLeast("cacheFor", withDefault(input.cacheFor, "10m"), "cooldown", cooldown);
  return {
    issuer: input.issuer,
    jwksUri: input.jwksUri,
    cooldown,
    cacheFor,
    staleFor: atLeast("staleFor", withDefault(input.staleFor, "24h"), "cacheFor", cacheFor),
    timeout: positiveDuration("timeout", withDefault(input.timeout, "5s")),
    fetch: requiredFunction("fetch", withDefault(input.fetch, platformFetch)),
    clock: clockOption("clock", input.clock),
  };
}

function atLeast(name: string, value: Duration, other: string, least: number): number {
  const milliseconds = toMilliseconds(value, name);
  if (milliseconds < least) throw new TypeError(`${name} must be at least as long as ${other}; got ${value}`);
  return milliseconds;
}
