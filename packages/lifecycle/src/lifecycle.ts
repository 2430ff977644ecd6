import type { StopReport } from "./options.ts";
import type { ResourceOptions } from "./resource-options.ts";
import type { AnyServer, ServeOptions } from "./serve.ts";
import type { LifecycleState, StateChange } from "./state.ts";

/** A service from its start to its end. */
export interface Lifecycle extends AsyncDisposable {
  readonly state: LifecycleState;
  /** Whether the service takes requests. It is `false` from the moment of the signal. */
  ready(): boolean;
  /**
   * Defines something that is opened at the start and closed at the end, or when the event loop runs empty.
   *
   * @throws TypeError if the name is taken, an option is malformed, or the definition closes a cycle
   * @throws LIFECYCLE_ALREADY_STARTED after `start()` or `stop()`
   */
  resource(name: string, options: ResourceOptions): void;
  /**
   * Defines a server that listens once all resources are open, and is drained before any of them is closed.
   *
   * @throws TypeError if `server` is not an HTTP server, its name is taken, or an option is malformed
   * @throws LIFECYCLE_ALREADY_STARTED after `start()` or `stop()`
   */
  serve(server: AnyServer, options?: ServeOptions): void;
  /**
   * Opens each resource as soon as those in its `after` are open, then lets the servers listen, and resolves when the
   * service is ready. If it is called again, it returns the same promise. If a start fails, those that had started are
   * closed, one notice says which failed, why and after how long, and the process ends with code 1.
   *
   * @throws TypeError if a resource has a name in `after` that is not defined; nothing was started then
   * @throws LIFECYCLE_START_FAILED if a resource or server did not start, and the process does not end
   * @throws LIFECYCLE_START_INTERRUPTED if the service is stopped meanwhile, and the process does not end
   * @throws LIFECYCLE_ALREADY_STARTED after `stop()`
   */
  start(): Promise<void>;
  /**
   * Stops the service as a signal would, and resolves with a report. If it is called again, it returns the same promise.
   * It does not end the process, unless a signal arrives meanwhile. If the code is 1, it sets `process.exitCode`.
   */
  stop(reason?: string): Promise<StopReport>;
  /**
   * Lets the shutdown wait for a promise, and returns it. A rejection that is not handled elsewhere is reported by the
   * event `lifecycle.work` and does not end the service.
   *
   * @param name - its name in reports. @default "work"
   */
  track<P extends PromiseLike<unknown>>(promise: P, name?: string): P;
  /** Calls `listener` at every change of state, at once. Returns a function that unsubscribes. A listener that fails is reported. */
  onChange(listener: (change: StateChange) => void): () => void;
}
