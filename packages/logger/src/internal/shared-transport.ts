// pino marks a transport whose worker hands lines to several targets, or to one behind a level.
const SEVERAL_TARGETS = Symbol.for("pino.transport.usesMultistream");

interface Transport {
  [SEVERAL_TARGETS]?: boolean;
  readonly closed?: boolean;
  ref(): void;
  end(): void;
  once(event: "close" | "error", listener: () => void): void;
}

const users = new WeakMap<object, number>();

function isTransport(stream: object): stream is Transport {
  return (stream as Transport)[SEVERAL_TARGETS] === true;
}

/** A logger begins to use this stream. */
export function takeStream(stream: object): void {
  if (isTransport(stream)) users.set(stream, (users.get(stream) ?? 0) + 1);
}

/**
 * A logger is closed. Only its end tells when all targets of such a transport have written: its flush calls back once
 * the worker has read the lines. So it is ended by the last of the loggers that use it.
 */
export function releaseStream(stream: object): Promise<void> | undefined {
  if (!isTransport(stream)) return undefined;
  const left = (users.get(stream) ?? 1) - 1;
  users.set(stream, left);
  if (left !== 0 || stream.closed === true) return undefined;
  return new Promise((resolve) => {
    stream.once("close", resolve);
    stream.once("error", resolve);
    // Nothing else may hold the process open until the worker is done.
    stream.ref();
    stream.end();
  });
}
