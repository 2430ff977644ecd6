import cluster, { type Worker } from "node:cluster";
import { type Clock, type Duration, startTimer, systemClock, toMilliseconds } from "@seaworthy/core";
import { checkOptions, showValue, soundClock } from "@seaworthy/core/options";
import { negotiate } from "./accept.ts";
import { aggregate, type Rendered, type Snapshot, writeText } from "./internal/prom.ts";

/** Options of {@link createClusterMetrics}. */
export interface ClusterMetricsOptions {
  /** How long the primary waits for its workers' answers, 1 ms to 1 minute. @default "2s" */
  timeout?: Duration;
  /** Metrics of the primary itself, to be counted in. @default none */
  include?: SnapshotSource;
  /** @default the system's */
  clock?: Clock;
}

/** What gives samples as data: a `Metrics`. */
export interface SnapshotSource {
  snapshots(): Promise<Snapshot[]>;
}

/** The metrics of all workers as one. */
export interface ClusterMetrics {
  /** Asks every worker and adds up the answers. Workers that do not answer in time are left out and counted. */
  render(accept?: string): Promise<Rendered>;
}

const REQUEST = "seaworthy:metrics:request";
const ANSWER = "seaworthy:metrics:answer";

interface Message {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly snapshots?: unknown;
}

/**
 * In a `node:cluster` worker, answers the primary's requests for `metrics` until the function returned is called.
 * Elsewhere it does nothing.
 */
export function shareMetrics(metrics: SnapshotSource): () => void {
  if (typeof metrics?.snapshots !== "function")
    throw new TypeError(`metrics must have snapshots(); got ${showValue(metrics)}`);
  if (!cluster.isWorker) return () => undefined;
  const answer = async (message: Message | null): Promise<void> => {
    if (message?.type !== REQUEST) return;
    const snapshots = await metrics.snapshots().catch(() => undefined);
    // A callback keeps a channel that has just closed from becoming an 'error' event.
    if (process.connected) process.send?.({ type: ANSWER, id: message.id, snapshots }, undefined, {}, () => undefined);
  };
  const listener = (message: unknown): void => void answer(message as Message | null);
  process.on("message", listener);
  return () => void process.off("message", listener);
}

/**
 * In the primary of `node:cluster`, renders the metrics of all workers that called {@link shareMetrics} as one, by
 * prom-client's own aggregation: counters, histograms and gauges are summed unless a gauge says otherwise. Nothing is
 * held between two renders. Exemplars are not kept.
 *
 * @throws TypeError when an option is unsound, or the process is a worker
 */
export function createClusterMetrics(options: ClusterMetricsOptions = {}): ClusterMetrics {
  checkOptions("createClusterMetrics", options, ["timeout", "include", "clock"]);
  const { include, clock = systemClock } = options;
  soundClock("clock", clock);
  const timeout = toMilliseconds(options.timeout ?? "2s", "timeout");
  if (timeout < 1 || timeout > 60_000)
    throw new TypeError(`timeout must be from 1 ms to 1 minute; got ${showValue(options.timeout)}`);
  if (include !== undefined && typeof include?.snapshots !== "function")
    throw new TypeError(`include must have snapshots(); got ${showValue(include)}`);
  if (!cluster.isPrimary)
    throw new TypeError("createClusterMetrics() belongs into the primary process; this is a worker");
  let pending: Promise<Snapshot[]> | undefined;
  let round = 0;
  const collect = async (): Promise<Snapshot[]> => {
    const { answers, silent } = await askWorkers(`${process.pid}-${round++}`, timeout, clock);
    const own = include === undefined ? [] : [await include.snapshots()];
    return [...(await aggregate([...own, ...answers])), workerCount(answers.length, silent)];
  };
  return {
    async render(accept) {
      pending ??= collect().finally(() => {
        pending = undefined;
      });
      return writeText(await pending, negotiate(accept));
    },
  };
}

interface Answers {
  readonly answers: Snapshot[][];
  readonly silent: number;
}

function askWorkers(id: string, timeout: number, clock: Clock): Promise<Answers> {
  return new Promise((resolve) => {
    const waiting = new Set<Worker>();
    const answers: Snapshot[][] = [];
    let silent = 0;
    const finish = (): void => {
      cancel();
      cluster.off("message", onMessage);
      cluster.off("disconnect", onSilence);
      resolve({ answers, silent: silent + waiting.size });
    };
    const done = (worker: Worker): boolean => waiting.delete(worker) && waiting.size === 0;
    const onMessage = (worker: Worker, message: Message | null): void => {
      if (message?.type !== ANSWER || message.id !== id || !waiting.has(worker)) return;
      if (Array.isArray(message.snapshots)) answers.push(message.snapshots as Snapshot[]);
      else silent++;
      if (done(worker)) finish();
    };
    const onSilence = (worker: Worker): void => {
      if (!waiting.has(worker)) return;
      silent++;
      if (done(worker)) finish();
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
