import cluster from "node:cluster";
import { type Clock, startTimer } from "@seaworthy/core";
import { PLACE, readyMessage, STOP_EVENT, type StopRequest, stopRequestOf } from "./messages.ts";

/** What {@link runWorkers} does in a worker process. */
export interface WorkerSide {
  readonly worker: (place: number) => unknown;
  /** Milliseconds that the worker has to end after its primary is gone. */
  readonly deadline: number;
  readonly clock: Clock;
}

/** Runs the service in this worker process, and reports to the primary when it is ready. */
export async function runInWorker({ worker, deadline, clock }: WorkerSide): Promise<void> {
  const place = Number(process.env[PLACE]);
  // The worker of another primary, such as PM2's, runs the service, and that primary looks after it.
  if (!Number.isSafeInteger(place) || place < 1) return void (await worker(1));
  process.on("message", (message: unknown) => {
    const request = stopRequestOf(message);
    if (request !== undefined) stopSelf(request);
  });
  // A terminal that is closed sends it to all processes. The primary decides what it means.
  process.on("SIGHUP", () => undefined);
  endWithPrimary(deadline, clock);
  await worker(place);
  process.send?.(readyMessage, undefined, {}, () => undefined);
}

function stopSelf(request: StopRequest): void {
  const target: NodeJS.EventEmitter = process;
  // Without a lifecycle that has started, the signal's listeners or its default action end the process.
  if (!target.emit(STOP_EVENT, request)) process.kill(process.pid, "SIGTERM");
}

/** Stops the service if the primary ends without a word. Node would end the process at once, with requests in flight. */
function endWithPrimary(deadline: number, clock: Clock): void {
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
  process.once("disconnect", () => {
    startTimer(clock, deadline, () => process.exit(1));
    stopSelf({ reason: "the primary process is gone", immediate: true });
  });
}
