import { isatty } from "node:tty";
import { STOP_EVENT, type StopRequest } from "./internal/workers/messages.ts";

/** Which of the two ways it was in which an error came out. */
export type FatalKind = "uncaughtException" | "unhandledRejection";

/** What the process tells the lifecycle. */
export interface ProcessListeners {
  signals: readonly NodeJS.Signals[];
  onSignal: (signal: string) => void;
  /** Left out if the lifecycle does not handle fatal errors. */
  onFatal?: (kind: FatalKind, error: unknown) => void;
  /** The event loop has run empty, so that the process would end now. */
  onEmpty?: () => void;
  /** The primary process requests this worker to stop. */
  onStopRequest?: (request: StopRequest) => void;
}

/** Listens to signals, uncaught errors and the end of the event loop. Returns a function that ends this. */
export function listenToProcess(listeners: ProcessListeners): () => void {
  const { signals, onSignal, onFatal, onEmpty, onStopRequest } = listeners;
  const ends: (() => void)[] = [];
  const on = (event: string, listener: (...values: never[]) => void): void => {
    const target: NodeJS.EventEmitter = process;
    target.on(event, listener as (...values: unknown[]) => void);
    ends.push(() => target.removeListener(event, listener as (...values: unknown[]) => void));
  };
  for (const signal of signals) on(signal, () => onSignal(signal));
  if (onEmpty !== undefined) on("beforeExit", onEmpty);
  if (onStopRequest !== undefined) on(STOP_EVENT, onStopRequest);
  if (onFatal !== undefined) {
    on("uncaughtException", (error: unknown) => onFatal("uncaughtException", error));
    on("unhandledRejection", (reason: unknown) => onFatal("unhandledRejection", reason));
  }
  return () => {
    for (const end of ends.splice(0)) end();
  };
}

/**
 * Whether a signal comes from a developer, who waits for the process to end: Ctrl-C in a terminal, or a restart by
 * `node --watch`. There is no load balancer then that would have to be given time.
 */
export function comesFromDeveloper(signal: string): boolean {
  return (signal === "SIGINT" && isatty(0)) || process.env.WATCH_REPORT_DEPENDENCIES !== undefined;
}

/** Returns a function that says whether the terminal in which the process was started has been closed since. */
export function terminalHangUp(): () => boolean {
  const inTerminal = isatty(0);
  return () => inTerminal && !isatty(0);
}

/** Lets the process end although a parent may still send messages: its channel holds the event loop otherwise. */
export function releaseParent(): void {
  process.channel?.unref();
}

/** What holds the event loop, by type: `["TCPSocketWrap", "Timeout × 2"]`. Standard output is left out. */
export function activeHandles(): string[] {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const type of standardOutput()) counts.set(type, (counts.get(type) ?? 0) - 1);
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([type, count]) => (count === 1 ? type : `${type} × ${count}`))
    .sort();
}

/** The entries that standard output and error have among the active resources, though they hold nothing open. */
function standardOutput(): string[] {
  const handles = [process.stdout, process.stderr].map(
    (stream) => (stream as unknown as { _handle?: { constructor: { name: string } } })._handle,
  );
  return handles.flatMap((handle) => (handle === undefined || handle === null ? [] : `${handle.constructor.name}Wrap`));
}
