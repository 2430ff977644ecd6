import type { Duplex, Writable } from "node:stream";

/** A connection that does not end by itself: a WebSocket, another upgrade, or an event stream. */
export interface OpenStream {
  /** `events` is a response of `text/event-stream`; `upgrade` is any other upgraded or CONNECT connection. */
  readonly kind: "websocket" | "events" | "upgrade";
  /** Method and path of the request that opened it, without the query. */
  readonly name: string;
  /** Where a last message can be written: the response of an event stream, otherwise the raw connection. */
  readonly output: Writable | Duplex;
  /** Ends the stream in the way of its protocol: ends an event stream, sends the close frame 1001 to a WebSocket. */
  end(): void;
}
