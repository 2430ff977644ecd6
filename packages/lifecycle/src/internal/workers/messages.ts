/** Name of the environment variable by which the primary gives a worker its place. */
export const PLACE = "SEAWORTHY_WORKER_PLACE";
/** Event of `process` by which a worker's lifecycle learns that it has to stop. */
export const STOP_EVENT = "seaworthy:stop";

const READY = "seaworthy.worker.ready";
const STOP = "seaworthy.worker.stop";

/** Why a worker has to stop. */
export interface StopRequest {
  readonly reason: string;
  /** Whether the drain delay is left out, because other workers take the connections, or because no client sends any. */
  readonly immediate: boolean;
}

export const readyMessage: { readonly type: string } = { type: READY };

export function stopMessage(request: StopRequest): StopRequest & { readonly type: string } {
  return { type: STOP, ...request };
}

function hasType(message: unknown, type: string): message is object {
  return typeof message === "object" && message !== null && "type" in message && message.type === type;
}

export function isReadyMessage(message: unknown): boolean {
  return hasType(message, READY);
}

/** The request in a message, or `undefined` if it is another message. */
export function stopRequestOf(message: unknown): StopRequest | undefined {
  if (!hasType(message, STOP)) return undefined;
  const { reason, immediate }: Partial<StopRequest> = message;
  return { reason: typeof reason === "string" ? reason : "requested", immediate: immediate === true };
}
