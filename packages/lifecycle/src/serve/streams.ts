import type { Duplex, Writable } from "node:stream";

/** A connection that does not end by itself: a WebSocket, another upgrade, or an event stream. */
export interface OpenStream {
  /** `events` is a response of `text/event-stream`; `upgrade` any upgraded or CONNECT connection but a WebSocket. */
  readonly kind: "websocket" | "events" | "upgrade";
  /** Method and path of the request that opened it, without the query. */
  readonly name: string;
  /** Where a goodbye is written: the response of an event stream, otherwise the raw connection. */
  readonly output: Writable | Duplex;
  /** Says goodbye in the protocol's own way: ends an event stream, sends a WebSocket close frame 1001. */
  end(): void;
}

/** A stream and when it was opened, on the monotonic clock. */
export interface HeldStream extends OpenStream {
  readonly since: number;
}

// RFC 6455, section 5.5.1: an unmasked close frame with status 1001, "going away".
const GOING_AWAY = Uint8Array.of(0x88, 0x02, 0x03, 0xe9);

/** Describes an open stream. */
export function heldStream(kind: OpenStream["kind"], name: string, output: Writable, since: number): HeldStream {
  return { kind, name, output, since, end: () => sayGoodbye(kind, output) };
}

function sayGoodbye(kind: OpenStream["kind"], output: Writable): void {
  if (output.destroyed || output.writableEnded) return;
  // After a close frame it is the peer that answers; the library which owns the connection ends it then.
  if (kind === "websocket") output.write(GOING_AWAY);
  else output.end();
}

/** Whether this content type is that of server-sent events. */
export function isEventStream(contentType: unknown): boolean {
  return typeof contentType === "string" && /^\s*text\/event-stream\b/i.test(contentType);
}
