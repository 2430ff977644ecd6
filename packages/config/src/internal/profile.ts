import type { ConfigIssue } from "../errors.ts";
import { isProfile, type LoadConfigOptions, PROFILE_WORDS } from "./load-options.ts";
import type { LoadState } from "./load-state.ts";
import type { Model } from "./model.ts";
import { nearest } from "./suggest.ts";
import type { Variables } from "./variables.ts";

/** The only profile in which files for the machine of a developer are read. */
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

/** The variables that can name the profile, the strongest first. */
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
    if (isProfile(profile)) return { profile };
    const didYouMean = meantBy(profile);
    const near = didYouMean === undefined ? undefined : { didYouMean };
    return {
      profile: "invalid",
      fault: { path: "", env: name, problem: "invalid", expected: `a profile of ${PROFILE_WORDS}`, ...near },
    };
  }
  return { profile: DEVELOPMENT };
}

/** Warns of a profile that is probably mistyped: it is not a usual profile and has no file. */
export function warnOfProfile(state: LoadState): void {
  const { profile } = state;
  if (USUAL.includes(profile) || profile === "invalid") return;
  const meant = meantBy(profile);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  state.findings.warn("CONFIG_PROFILE_UNKNOWN", `The profile is ${profile}, and has no file${hint || "."}`);
}

/** The usual profile that a name probably means. */
function meantBy(profile: string): string | undefined {
  const name = profile.trim().toLowerCase();
  return USUAL.find((usual) => usual === name) ?? SHORT[name] ?? nearest(name, USUAL);
}
