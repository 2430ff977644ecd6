import type { Duration } from "@seaworthy/core";
import type { EdgeRequest } from "./messages.ts";

/** How much a request matters under overload: background requests are refused first, critical ones last. */
export type Priority = "critical" | "normal" | "background";

/** How loaded a part of the service is: 0 is idle and 1 is full. `true` counts as the threshold of normal requests. */
export type LoadSignal = () => number | boolean;

/** When requests are refused because of overload. */
export interface ShedOptions {
  /**
   * Delay of the event loop, measured while requests arrive, at which normal requests are refused; at least 1 ms. With the
   * default thresholds, background requests are refused at 5/8 of it, and critical ones at twice the delay. @default "500ms"
   */
  delay?: Duration;
  /** What `Retry-After` says. @default "1s" */
  retryAfter?: Duration;
  /**
   * Priority of a request: by path, optionally behind a method (`{ "POST /payments": "critical", "/reports": "background" }`;
   * the first path that matches decides), or by a function. Other requests are normal. @default all are normal
   */
  priority?: Readonly<Record<string, Priority>> | ((request: EdgeRequest) => Priority | undefined);
  /**
   * Further signals by name, such as the share of a connection pool that is in use. The highest of all signals decides.
   * Each is called at most once per 50 ms; one that throws or returns something else is left out. @default none
   */
  signals?: Readonly<Record<string, LoadSignal>>;
  /** From which load on requests of a priority are refused, more than 0 and at most 1. @default background 0.5, normal 0.8, critical 1 */
  thresholds?: Readonly<Partial<Record<Priority, number>>>;
}
