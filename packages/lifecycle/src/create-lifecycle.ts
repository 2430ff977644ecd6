import { Service } from "./internal/service.ts";
import { parseOptions } from "./internal/settings.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { LifecycleOptions } from "./options.ts";
import type { ResourceOptions } from "./resource-options.ts";
import type { AnyServer, ServeOptions } from "./serve.ts";
import type { StateChange } from "./state.ts";

/**
 * Creates the lifecycle of one service: resources that open in the order of their dependencies and close in reverse,
 * servers that are drained without losing a request, one deadline, and an exit code that says whether anything was lost.
 * No listener is added to the process before `start()`.
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
  // Separate functions, so that `ready` and `track` can be passed on without the object.
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
