import type { Secret } from "@seaworthy/core";
import type { LoadState } from "./load-state.ts";

/** What is known about a configuration beyond its values. It lives as long as the configuration. */
export interface Provenance {
  readonly state: LoadState;
  /** Keeps the secret parts of URLs registered as living secrets, so that logs are scrubbed of them. */
  readonly secrets: readonly Secret<string>[];
}

const known = new WeakMap<object, Provenance>();

export function remember(config: object, provenance: Provenance): void {
  known.set(config, provenance);
}

/** @throws TypeError if `config` was not made by `loadConfig` */
export function provenanceOf(config: unknown): Provenance {
  const found = recall(config);
  if (found === undefined) throw new TypeError("config must be the object that loadConfig returned, not a copy of it");
  return found;
}

export function recall(config: unknown): Provenance | undefined {
  return typeof config === "object" && config !== null ? known.get(config) : undefined;
}
