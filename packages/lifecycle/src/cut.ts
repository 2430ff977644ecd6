/** Something that did not end in time during a shutdown, or failed. */
export interface Cut {
  /**
   * `stream` is a WebSocket, another upgraded connection, or an event stream. `work` was given to `track()`. `worker` is a
   * process of `runWorkers()`.
   */
  kind: "request" | "stream" | "work" | "resource" | "worker";
  /** A request's method and path without its query, or the name of the work or resource. */
  name: string;
  /** Milliseconds that it had been running, or that its close took. */
  after: number;
  /** The error, if it failed. */
  error?: unknown;
}
