import { onSecret, type SecretMatcher } from "@seaworthy/core";

const live: { matchers?: SecretMatcher[] } = {};

/**
 * The matchers of all living secrets: one array for the whole process, kept up to date. The first call subscribes, so
 * that any number of loggers adds one listener and no more.
 */
export function liveSecrets(): readonly SecretMatcher[] {
  if (live.matchers !== undefined) return live.matchers;
  const matchers: SecretMatcher[] = [];
  live.matchers = matchers;
  onSecret((matcher) => {
    matchers.push(matcher);
    return () => void matchers.splice(matchers.indexOf(matcher), 1);
  });
  return matchers;
}
