import { defineEvent, defineGauge, type Gauge, type TelemetryEvent } from "@seaworthy/core";

/** One lookup: `hit`, `stale`, `early` (a hit that refreshes), `joined` (it shares a load) or `miss`. */
export const lookupEvent: TelemetryEvent<"cache" | "outcome" | "tier", undefined> = defineEvent("cache.lookup", {
  help: "One lookup of a key.",
  labels: ["cache", "outcome", "tier"],
  level: "trace",
});

/** One load. Details: error. */
export const loadEvent: TelemetryEvent<"cache" | "outcome", "seconds"> = defineEvent("cache.load", {
  help: "One load of a value that was not in the cache.",
  unit: "seconds",
  labels: ["cache", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "debug" : "warn"),
});

/** One operation of the remote tier. Details: error. */
export const remoteEvent: TelemetryEvent<"cache" | "operation" | "outcome", "seconds"> = defineEvent("cache.remote", {
  help: "One operation of the remote tier.",
  unit: "seconds",
  labels: ["cache", "operation", "outcome"],
  level: ({ outcome }) => (outcome === "ok" ? "trace" : "warn"),
});

/** A value of the remote tier was not usable, and was deleted. */
export const discardEvent: TelemetryEvent<"cache" | "reason", undefined> = defineEvent("cache.discard", {
  help: "One value of the remote tier that was deleted because it could not be used.",
  labels: ["cache", "reason"],
  level: "warn",
});

/** A value could not be written to the remote tier. Details: error. */
export const skipEvent: TelemetryEvent<"cache" | "reason", undefined> = defineEvent("cache.skip", {
  help: "One value that was not written to the remote tier.",
  labels: ["cache", "reason"],
  level: "warn",
});

/** An invalidation, by this process (`local`) or by another one (`remote`). */
export const invalidateEvent: TelemetryEvent<"cache" | "kind" | "origin", undefined> = defineEvent("cache.invalidate", {
  help: "One invalidation of keys, of a tag or of the whole cache.",
  labels: ["cache", "kind", "origin"],
  level: "debug",
});

/** The connection with the remote tier is in another state. */
export const linkEvent: TelemetryEvent<"cache" | "state", undefined> = defineEvent("cache.link", {
  help: "The connection with the remote tier has changed its state.",
  labels: ["cache", "state"],
  level: ({ state }) => (state === "synced" ? "info" : "warn"),
});

/** The memory tier was dropped, because messages about changes were lost. */
export const dropEvent: TelemetryEvent<"cache", undefined> = defineEvent("cache.drop", {
  help: "The memory tier was dropped because changes by other processes may have been missed.",
  labels: ["cache"],
  level: "warn",
});

export const entriesGauge: Gauge<"cache"> = defineGauge("cache.entries", {
  help: "Entries in the memory tier.",
  unit: "items",
  labels: ["cache"],
});

export const bytesGauge: Gauge<"cache"> = defineGauge("cache.bytes", {
  help: "Estimated size of the entries in the memory tier.",
  unit: "bytes",
  labels: ["cache"],
});
