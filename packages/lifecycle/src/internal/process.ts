import { isatty } from "node:tty";
import { readMember } from "@seaworthy/core/objects";
import { STOP_EVENT, type StopRequest } from "./workers/messages.ts";

/** How an error was not caught. */
export type FatalKind = "uncaughtException" | "unhandledRejection";

/** Listeners to the process. */
export interface ProcessListeners {
  signals: readonly NodeJS.Signals[];
  onSignal: (signal: string) => void;
  /** Missing if the lifecycle does not handle fatal errors. */
  onFatal?: (kind: FatalKind, error: unknown) => void;
  /** Called when the event loop has run empty, so that the process would end now. */
  onEmpty?: () => void;
  /** Called when the primary process requests this worker to stop. */
  onStopRequest?: (request: StopRequest) => void;
}

/** Listens to signals, uncaught errors and the end of the event loop. Returns a function that removes the listeners. */
export function listenToProcess(listeners: ProcessListeners): () => void {
  const { signals, onSignal, onFatal, onEmpty, onStopRequest } = listeners;
  const ends: (() => void)[] = [];
  // Only `any` admits listeners of every event; the emitter's own types do the same.
  const on = (event: string, listener: Parameters<NodeJS.EventEmitter["on"]>[1]): void => {
    const target: NodeJS.EventEmitter = process;
    target.on(event, listener);
    ends.push(() => target.removeListener(event, listener));
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
 * `node --watch`. No load balancer has to notice anything then.
 */
export function comesFromDeveloper(signal: string): boolean {
  return (signal === "SIGINT" && isatty(0)) || process.env.WATCH_REPORT_DEPENDENCIES !== undefined;
}

/** Returns a function that says whether the terminal in which the process was started has been closed since. */
export function terminalHangUp(): () => boolean {
  const inTerminal = isatty(0);
  return () => inTerminal && !isatty(0);
}

/** Lets the process end although a parent may still send messages. Its channel would hold the event loop otherwise. */
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

/** The entries of standard output and error among the active resources. They hold nothing open. */
function standardOutput(): string[] {
  return [process.stdout, process.stderr].flatMap((stream) => {
    const name = readMember(readMember(readMember(stream, "_handle"), "constructor"), "name");
    return typeof name === "string" ? `${name}Wrap` : [];
  });
}
