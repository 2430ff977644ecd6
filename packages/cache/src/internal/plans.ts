import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions, flag, showValue, signalOption, withDefault } from "@seaworthy/core/options";
import type { LoadOptions, SetOptions } from "../cache.ts";
import type { Lifetime } from "./entry.ts";
import { type LoadPlan, tagsFrom } from "./loads.ts";
import { lasting, lifetimeOf, type Settings } from "./settings.ts";

const LOAD_OPTIONS = ["ttl", "staleFor", "staleIfError", "tags", "negativeTtl", "signal", "fresh"];
const SET_OPTIONS = ["ttl", "staleFor", "staleIfError", "tags"];

/** @throws TypeError if an option is unknown or out of bounds */
export function planOf<V>(settings: Settings, options: LoadOptions<V> | undefined): LoadPlan {
  if (options === undefined) return defaultPlan(settings);
  checkOptions("getOrLoad", options, LOAD_OPTIONS);
  signalOption("signal", options.signal);
  const { negativeTtl, tags, ttl, staleFor, staleIfError } = options;
  const fixed = typeof ttl === "function" ? undefined : ttl;
  return {
    lifetime: lifetimeOf(withoutUndefined({ ttl: fixed, staleFor, staleIfError }), settings),
    ttlOf: typeof ttl === "function" ? (value) => lasting("ttl", ttl(value as V)) : undefined,
    negativeTtl: negativeTtl === undefined ? settings.negativeTtl : lasting("negativeTtl", negativeTtl),
    tagsOf: tagsFrom(tags),
    knownTags: typeof tags === "function" ? "unknown" : tags,
    fresh: flag("fresh", withDefault(options.fresh, false)),
    isBackground: false,
  };
}

const defaultPlan = (settings: Settings): LoadPlan => ({
  lifetime: settings,
  ttlOf: undefined,
  negativeTtl: settings.negativeTtl,
  tagsOf: tagsFrom(undefined),
  knownTags: undefined,
  fresh: false,
  isBackground: false,
});

/** @throws TypeError if an option is unknown or out of bounds, or the value cannot be kept */
export function setPlanOf(
  settings: Settings,
  value: unknown,
  options: SetOptions | undefined,
): { lifetime: Lifetime; tags: readonly string[] | undefined } {
  if (value === undefined) throw new TypeError("value must not be undefined; delete() removes a key");
  if (typeof readMember(value, "then") === "function")
    throw new TypeError(`value must not be a promise; got ${showValue(value)}`);
  if (options === undefined) return { lifetime: settings, tags: undefined };
  checkOptions("set", options, SET_OPTIONS);
  return { lifetime: lifetimeOf(options, settings), tags: tagsFrom(options.tags)(value) };
}
