import type { Secret } from "@seaworthy/core";
import type { Run } from "./run.ts";

/** What is known of a configuration beyond its values. It lives as long as the configuration does. */
export interface Provenance {
  readonly run: Run;
  /** Keeps the parts of URLs that are secret among the living secrets, so that logs are scrubbed of them. */
  readonly secrets: readonly Secret<string>[];
}

const known = new WeakMap<object, Provenance>();

export function remember(config: object, provenance: Provenance): void {
  known.set(config, provenance);
}

/** @throws TypeError if `config` was not made by `loadConfig` */
export function provenanceOf(config: unknown): Provenance {
  const found = recall(config);
  if (found === undefined) throw new TypeError("config must be what loadConfig gave, not a copy of it");
  return found;
}

export function recall(config: unknown): Provenance | undefined {
  return typeof config === "object" && config !== null ? known.get(config) : undefined;
}
