import cluster, { type Worker } from "node:cluster";
import { type Clock, type Duration, startTimer, toMilliseconds } from "@seaworthy/core";
import { checkOptions, clockOption, showValue, withDefault } from "@seaworthy/core/options";
import { negotiate } from "./internal/accept.ts";
import { aggregate, type Rendered, type Snapshot, writeText } from "./internal/prom.ts";
import { isAnswer, REQUEST, type SnapshotSource } from "./internal/share.ts";
import { WorkerTotals } from "./internal/worker-totals.ts";

const OPTIONS = ["timeout", "include", "clock"];

/** Options of {@link createClusterMetrics}. */
export interface ClusterMetricsOptions {
  /** How long the primary waits for its workers' answers, 1 ms to 1 minute. @default "2s" */
  timeout?: Duration;
  /** Metrics of the primary itself, to be counted in. @default none */
  include?: SnapshotSource;
  /** @default the system's */
  clock?: Clock;
}

/** The metrics of all workers as one. */
export interface ClusterMetrics extends AsyncDisposable {
  /**
   * Asks every worker and adds up the answers. A worker that does not answer in time counts with its last answer, and
   * one that has ended keeps counting with the counters and histograms of its last answer, so that no total falls.
   */
  render(accept?: string): Promise<Rendered>;
  /** Stops listening to the workers. */
  close(): Promise<void>;
}

/**
 * In the primary of `node:cluster`, renders the metrics of all workers that called `shareMetrics()` as one, by
 * prom-client's own aggregation: counters, histograms and gauges are summed unless a gauge says otherwise. Exemplars are
 * not kept. Create it before the workers, and once.
 *
 * @throws TypeError if an option is not valid, or the process is a worker
 */
export function createClusterMetrics(options: ClusterMetricsOptions = {}): ClusterMetrics {
  checkOptions("createClusterMetrics", options, OPTIONS);
  const { include } = options;
  const clock = clockOption("clock", options.clock);
  const timeout = toMilliseconds(withDefault(options.timeout, "2s"), "timeout");
  if (timeout < 1 || timeout > 60_000)
    throw new TypeError(`timeout must be from 1 ms to 1 minute; got ${showValue(options.timeout)}`);
  if (include !== undefined && typeof include?.snapshots !== "function")
    throw new TypeError(`include must have snapshots(); got ${showValue(include)}`);
  if (!cluster.isPrimary)
    throw new TypeError("createClusterMetrics() must be called in the primary process; this is a worker");
  const totals = new WorkerTotals();
  const stopListening = listen(totals);
  let pending: Promise<Snapshot[]> | undefined;
  let round = 0;
  const collect = async (): Promise<Snapshot[]> => {
    const [own, { answered, silent }] = await Promise.all([
      include?.snapshots() ?? [],
      askWorkers(`${process.pid}-${round++}`, timeout, clock),
    ]);
    return [...(await aggregate([own, ...totals.snapshots()])), workerCount(answered, silent)];
  };
  const close = async (): Promise<void> => stopListening();
  return {
    async render(accept) {
      pending ??= collect().finally(() => {
        pending = undefined;
      });
      return writeText(await pending, negotiate(accept));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Takes in what workers send, whether it was asked for or not, and notices their ends. */
function listen(totals: WorkerTotals): () => void {
  const onMessage = (worker: Worker, message: unknown): void => {
    if (isAnswer(message) && message.snapshots !== undefined) totals.update(worker.id, message.snapshots);
  };
  // The channel is closed, and everything that was sent through it has arrived.
  const onEnd = (worker: Worker): void => totals.end(worker.id);
  cluster.on("message", onMessage);
  cluster.on("disconnect", onEnd);
  return () => {
    cluster.off("message", onMessage);
    cluster.off("disconnect", onEnd);
  };
}

interface Answers {
  readonly answered: number;
  readonly silent: number;
}

function askWorkers(id: string, timeout: number, clock: Clock): Promise<Answers> {
  return new Promise((resolve) => {
    const waiting = new Set<Worker>();
    let answered = 0;
    let silent = 0;
    const finish = (): void => {
      cancel();
      cluster.off("message", onMessage);
      cluster.off("disconnect", onSilence);
      resolve({ answered, silent: silent + waiting.size });
    };
    const onMessage = (worker: Worker, message: unknown): void => {
      if (!isAnswer(message) || message.id !== id || !waiting.delete(worker)) return;
      if (message.snapshots === undefined) silent++;
      else answered++;
      if (waiting.size === 0) finish();
    };
    const onSilence = (worker: Worker): void => {
      if (!waiting.delete(worker)) return;
      silent++;
      if (waiting.size === 0) finish();
    };
    cluster.on("message", onMessage);
    cluster.on("disconnect", onSilence);
    const cancel = startTimer(clock, timeout, finish);
    for (const worker of Object.values(cluster.workers ?? {})) {
      if (worker?.isConnected()) waiting.add(worker);
    }
    for (const worker of [...waiting])
      worker.send({ type: REQUEST, id }, undefined, {}, (error) => error !== null && onSilence(worker));
    if (waiting.size === 0) finish();
  });
}

function workerCount(answered: number, silent: number): Snapshot {
  return {
    name: "seaworthy_metrics_workers",
    help: "Cluster workers by whether they answered this render.",
    type: "gauge",
    aggregator: "sum",
    values: [
      { labels: { state: "answered" }, value: answered },
      { labels: { state: "silent" }, value: silent },
    ],
  };
}
