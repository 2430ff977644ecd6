import { connect } from "node:net";

/** What a raw connection received. */
export interface RawAnswer {
  readonly text: string;
  /** Whether the service closed the connection within the time. */
  readonly isClosed: boolean;
  /** Milliseconds until it closed, or the whole time. */
  readonly duration: number;
}

/** Options of {@link rawExchange}. */
export interface RawOptions {
  /** Milliseconds to wait for the end of the connection. */
  readonly wait: number;
  /** Is sent piece by piece, one per `interval`, after the first text. @default nothing */
  readonly drip?: string;
  /** Milliseconds. @default 1000 */
  readonly interval?: number;
}

const LONGEST = 1 << 20;

/** Sends bytes that an HTTP client would not send, and reads until the service closes the connection or the time is over. */
export function rawExchange(
  origin: URL,
  text: string,
  { wait, drip, interval = 1000 }: RawOptions,
): Promise<RawAnswer> {
  const begun = performance.now();
  return new Promise((resolve) => {
    let received = "";
    const socket = connect({
      host: origin.hostname.replace(/^\[|\]$/g, ""),
      port: Number(origin.port),
      allowHalfOpen: true,
    });
    const end = (isClosed: boolean): void => {
      clearTimeout(timer);
      clearInterval(dripping);
      socket.destroy();
      resolve({ text: received, isClosed, duration: performance.now() - begun });
    };
    const timer = setTimeout(() => end(false), wait);
    let next = 0;
    const dripping = setInterval(() => {
      if (drip !== undefined && !socket.destroyed) socket.write(drip.charAt(next++ % drip.length));
    }, interval);
    socket.on("connect", () => socket.write(text));
    socket.on("data", (chunk: Buffer) => {
      if (received.length < LONGEST) received += chunk.toString("latin1");
    });
    socket.on("error", () => end(true));
    socket.on("end", () => end(true));
    socket.on("close", () => end(true));
  });
}
