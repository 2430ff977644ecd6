// pino marks a transport with several targets, or with one target that has a level.
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

/** Counts one more logger that uses this stream. */
export function takeStream(stream: object): void {
  if (isTransport(stream)) users.set(stream, (users.get(stream) ?? 0) + 1);
}

/**
 * Counts one logger less, which is closed. The `flush` of such a transport calls back when the worker has read the lines, and
 * only its end shows that all targets have written them. The last logger that uses the transport therefore ends it.
 */
export function releaseStream(stream: object): Promise<void> | undefined {
  if (!isTransport(stream)) return undefined;
  const left = (users.get(stream) ?? 1) - 1;
  users.set(stream, left);
  if (left !== 0 || stream.closed === true) return undefined;
  return new Promise((resolve) => {
    stream.once("close", resolve);
    stream.once("error", resolve);
    // The process must stay open until the worker is done.
    stream.ref();
    stream.end();
  });
}
