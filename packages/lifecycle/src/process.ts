/** Which of the two ways it was in which an error came out. */
export type FatalKind = "uncaughtException" | "unhandledRejection";

/** What the process tells the lifecycle. */
export interface ProcessListeners {
  signals: readonly NodeJS.Signals[];
  onSignal: (signal: string) => void;
  /** Left out when fatal errors are somebody else's. */
  onFatal?: (kind: FatalKind, error: unknown) => void;
}

/** Listens to signals and to errors that nobody caught, until the function returned is called. */
export function listenToProcess({ signals, onSignal, onFatal }: ProcessListeners): () => void {
  const ends: (() => void)[] = [];
  const on = (event: string, listener: (...values: never[]) => void): void => {
    const target: NodeJS.EventEmitter = process;
    target.on(event, listener as (...values: unknown[]) => void);
    ends.push(() => target.removeListener(event, listener as (...values: unknown[]) => void));
  };
  for (const signal of signals) on(signal, () => onSignal(signal));
  if (onFatal !== undefined) {
    on("uncaughtException", (error: unknown) => onFatal("uncaughtException", error));
    on("unhandledRejection", (reason: unknown) => onFatal("unhandledRejection", reason));
  }
  return () => {
    for (const end of ends.splice(0)) end();
  };
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
