import { definedEvents } from "@seaworthy/core";
import { showValue } from "@seaworthy/core/options";
import { type EventSeriesOptions, eventSeries } from "../events.ts";
import { checkEventOption } from "./check-event-series.ts";

/**
 * The option `events` of createMetrics(). An event that is not defined yet can only be compared with its options when
 * it is first seen.
 */
export function checkEventOptions(events: unknown): Readonly<Record<string, EventSeriesOptions>> {
  if (typeof events !== "object" || events === null || Array.isArray(events))
    throw new TypeError(`events must be an object of an event's name to its options; got ${showValue(events)}`);
  const defined = new Map(definedEvents().map((event) => [event.name, event]));
  for (const [name, options] of Object.entries(events)) {
    checkEventOption(`events: ${name}`, options);
    const event = defined.get(name);
    if (event !== undefined) eventSeries(event, options);
  }
  return structuredClone(Object.fromEntries(Object.entries(events)));
}
