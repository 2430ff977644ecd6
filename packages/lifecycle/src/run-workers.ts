import cluster from "node:cluster";
import { Exit } from "./internal/exit.ts";
import { Primary } from "./internal/workers/primary.ts";
import { primarySettings } from "./internal/workers/settings.ts";
import { runInWorker } from "./internal/workers/worker-side.ts";
import type { RunWorkersOptions, Workers } from "./workers.ts";

/**
 * Runs a service in several worker processes of `node:cluster`, which share its ports. The primary process forks them,
 * replaces those that end by themselves, replaces all of them one after the other at SIGHUP, and drains all of them within
 * one deadline at SIGTERM. A worker whose primary has ended drains and ends as well.
 *
 * Every process runs the same program. In the primary, the promise resolves once all workers are ready. In a worker, this
 * function calls `worker`, and the promise resolves with `undefined`.
 *
 * @throws TypeError if an option is unknown or malformed
 * @throws LIFECYCLE_CRASH_LOOP if too many workers end before all are ready, and the process does not end
 * @throws LIFECYCLE_START_INTERRUPTED if the workers are stopped before all are ready, and the process does not end
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { createLifecycle, runWorkers } from "@seaworthy/lifecycle";
 *
 * const workers = await runWorkers({
 *   count: 2,
 *   async worker() {
 *     const life = createLifecycle();
 *     life.serve(createServer((_, response) => response.end(`from ${process.pid}`)), { port: 0 });
 *     await life.start();
 *   },
 * });
 * if (workers !== undefined) {
 *   console.log(workers.list().map(({ state }) => state)); // [ 'ready', 'ready' ]
 *   await workers.stop("the example is over");
 * }
 * ```
 */
export async function runWorkers(options: RunWorkersOptions): Promise<Workers | undefined> {
  const settings = primarySettings(options);
  const { clock, deadline } = settings;
  if (!cluster.isPrimary) {
    await runInWorker({ worker: options.worker, deadline, clock });
    return undefined;
  }
  const primary = new Primary(settings, new Exit(settings));
  await primary.start();
  const stop: Workers["stop"] = (reason = "stop() was called") => primary.stop({ reason, immediate: false });
  return Object.freeze({
    list: () => primary.list(),
    restart: () => primary.restart("restart() was called"),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop("disposed")),
  });
}
