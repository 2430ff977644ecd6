import type { Writable } from "node:stream";
import type { OpenStream } from "../../streams.ts";

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
  // The peer answers a close frame, and the library that owns the connection ends it then.
  if (kind === "websocket") output.write(GOING_AWAY);
  else output.end();
}

/** Whether this content type is that of server-sent events. */
export function isEventStream(contentType: unknown): boolean {
  return typeof contentType === "string" && /^\s*text\/event-stream\b/i.test(contentType);
}
