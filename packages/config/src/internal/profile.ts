import type { ConfigIssue } from "../errors.ts";
import { type LoadConfigOptions, NO_PROFILES, PROFILE } from "./load-options.ts";
import type { Model } from "./model.ts";
import type { Run } from "./run.ts";
import { nearest } from "./suggest.ts";
import type { Variables } from "./variables.ts";

/** The one profile in which files for a developer's own machine are read. */
export const DEVELOPMENT = "development";

const USUAL = [DEVELOPMENT, "production", "staging", "test"];
const SHORT: Readonly<Record<string, string>> = {
  prod: "production",
  prd: "production",
  live: "production",
  stage: "staging",
  stg: "staging",
  dev: DEVELOPMENT,
  local: DEVELOPMENT,
  ci: "test",
};
const WORDS = 'a profile of letters, digits, "-" and "_", not "default" or "local"';

/** The variables that name the profile. */
export function profileVariables(model: Model): string[] {
  return [`${model.prefix === "" ? "APP_" : model.prefix}PROFILE`, "NODE_ENV"];
}

export function profileOf(
  options: LoadConfigOptions,
  model: Model,
  environment: Variables,
): { profile: string; fault?: ConfigIssue } {
  if (options.profile !== undefined) return { profile: options.profile };
  for (const name of profileVariables(model)) {
    const profile = environment.get(name)?.value;
    if (profile === undefined) continue;
    if (PROFILE.test(profile) && !NO_PROFILES.has(profile)) return { profile };
    const didYouMean = meantBy(profile);
    const near = didYouMean === undefined ? undefined : { didYouMean };
    return { profile: "invalid", fault: { path: "", env: name, problem: "invalid", expected: WORDS, ...near } };
  }
  return { profile: DEVELOPMENT };
}

/** Warns of a profile that is probably mistyped: it is not a usual one, and no file is for it. */
export function warnOfProfile(run: Run): void {
  const { profile } = run;
  if (USUAL.includes(profile) || profile === "invalid") return;
  const meant = meantBy(profile);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  run.warn("CONFIG_PROFILE_UNKNOWN", `The profile is ${profile}, and has no file${hint || "."}`);
}

/** The usual profile that is probably meant by a name. */
function meantBy(profile: string): string | undefined {
  const name = profile.trim().toLowerCase();
  return USUAL.find((usual) => usual === name) ?? SHORT[name] ?? nearest(name, USUAL);
}
