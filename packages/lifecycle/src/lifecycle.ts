import { type LifecycleOptions, parseOptions, type StopReport } from "./options.ts";
import type { ResourceOptions } from "./resources.ts";
import type { AnyServer, ServeOptions } from "./serve/serve.ts";
import { Service } from "./service.ts";
import type { LifecycleState, StateChange } from "./state.ts";

/** A service from its start to its end. */
export interface Lifecycle extends AsyncDisposable {
  readonly state: LifecycleState;
  /** Whether the service takes requests. False from the moment of the signal. */
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
   * Opens each resource as soon as those that it comes after are open, then lets the servers listen, and resolves when
   * the service is ready. Called again, it gives the same promise. If one fails, those that had started are closed, one
   * notice says which failed, why and after how long, and the process ends with code 1.
   *
   * @throws TypeError if a resource comes after a name that is not defined; nothing was started then
   * @throws LIFECYCLE_START_FAILED if a resource or server did not start, and the process does not end
   * @throws LIFECYCLE_START_INTERRUPTED if the service was told to stop meanwhile, and the process does not end
   * @throws LIFECYCLE_ALREADY_STARTED after `stop()`
   */
  start(): Promise<void>;
  /**
   * Stops the service as a signal would, and tells how that went. Called again, it gives the same promise. It does not
   * end the process, unless a signal comes meanwhile; with a code of 1 it sets `process.exitCode`.
   */
  stop(reason?: string): Promise<StopReport>;
  /**
   * Lets the shutdown wait for a promise, and gives it back. A rejection that nobody else handles is told by the event
   * `lifecycle.work` and does not end the service.
   *
   * @param name - what a report calls it. @default "work"
   */
  track<P extends PromiseLike<unknown>>(promise: P, name?: string): P;
  /** Calls `listener` at every change of state, at once. Returns a function that ends this. A listener that throws or rejects is told. */
  onChange(listener: (change: StateChange) => void): () => void;
}

/**
 * Creates the lifecycle of one service: resources that open in the order of their dependencies and close in reverse,
 * servers that are drained without losing a request, one deadline, and an exit code that tells the truth. Nothing is
 * listened to before `start()`.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { createLifecycle } from "@seaworthy/lifecycle";
 *
 * const life = createLifecycle({ drainDelay: "50ms" });
 * life.resource("database", { start: () => console.log("open"), stop: () => console.log("closed") });
 * life.serve(createServer((_, response) => response.end("hello")), { port: 0 });
 * await life.start();
 * console.log(life.state); // ready
 * await life.stop("the example is over");
 * console.log(life.state); // stopped
 * ```
 */
export function createLifecycle(options: LifecycleOptions = {}): Lifecycle {
  const service = new Service(parseOptions(options));
  // Functions of their own, so that `ready` and `track` can be handed on as they are.
  return Object.freeze({
    get state() {
      return service.state;
    },
    ready: () => service.state === "ready",
    resource: (name: string, definition: ResourceOptions) => service.resource(name, definition),
    serve: (server: AnyServer, how?: ServeOptions) => service.serve(server, how),
    start: () => service.start(),
    stop: (reason?: string) => service.stop(reason),
    track: <P extends PromiseLike<unknown>>(promise: P, name?: string): P => service.work.track(promise, name),
    onChange: (listener: (change: StateChange) => void) => service.onChange(listener),
    [Symbol.asyncDispose]: async () => void (await service.stop("disposed")),
  });
}
