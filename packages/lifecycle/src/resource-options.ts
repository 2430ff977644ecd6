import type { Duration } from "@seaworthy/core";

/** Something that is opened when the service starts and closed when it stops. */
export interface ResourceOptions {
  /** Opens it. The signal aborts when its time is up or the service has to stop. @default nothing to open */
  start?: (signal: AbortSignal) => unknown;
  /** Closes it, once those that come after it are closed. The signal aborts when its time is up. @default nothing to close */
  stop?: (signal: AbortSignal) => unknown;
  /** Names of the resources that must be open before it, and are closed after it. They may be defined later. @default none */
  after?: readonly string[];
  /** Longest time that its start may take. At the bound, the start of the service fails. @default the lifecycle's */
  startTimeout?: Duration;
  /** Longest time that its close may take. At the bound, it is reported as cut. @default the lifecycle's */
  closeTimeout?: Duration;
}
