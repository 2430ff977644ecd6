// Finds the telemetry.ts of every package; used by the tests and by the page that lists the events.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { LabelValue, TelemetryDefinition } from "@seaworthy/core";

const packages = join(import.meta.dirname, "../..");

/** An event as its package exports it. */
export interface DefinedEvent extends TelemetryDefinition {
  emit(labels: Readonly<Record<string, LabelValue>>, value?: number): void;
}

/** Imports the telemetry.ts of every package that has one, so that core knows all events. */
export async function importTelemetry(): Promise<void> {
  for (const name of readdirSync(packages).sort()) {
    const file = join(packages, name, "src/telemetry.ts");
    if (existsSync(file)) await import(pathToFileURL(file).href);
  }
}

/** Emits each event once, with a value where it has a unit. */
export function emitAll(events: readonly TelemetryDefinition[]): void {
  for (const event of events) {
    const labels = Object.fromEntries((event.labels ?? []).map((label) => [label, "x"]));
    (event as DefinedEvent).emit(labels, event.unit === undefined ? undefined : 1);
  }
}
