import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Server } from "node:net";
import { type Clock, startTimer } from "@seaworthy/core";
import type { Cut } from "../../cut.ts";
import { requestName } from "../describe-cut.ts";
import { type HeldStream, heldStream, isEventStream } from "./held-stream.ts";
import { QUIET } from "./http1.ts";

interface Exchange {
  readonly name: string;
  readonly since: number;
  readonly websocket: boolean;
}

interface Session {
  readonly since: number;
  readonly exchanges: Map<ServerHttp2Stream, Exchange>;
  warned: boolean;
}

// RFC 9113, section 6.8: a first GOAWAY with the highest possible stream id says that the connection is about to close,
// and still admits the requests that are already on their way.
const HIGHEST_STREAM = 2 ** 31 - 1;

/** The HTTP/2 sessions of one server and the requests on them. */
export class Http2Sessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<ServerHttp2Session, Session>();
  #draining = false;
  #onChange: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(server: Server, clock: Clock) {
    this.#clock = clock;
    server.on("session", (session: ServerHttp2Session) => this.#add(session));
  }

  get requests(): number {
    return this.#exchanges().filter(([stream, exchange]) => !isStream(stream, exchange)).length;
  }

  /** Sends a GOAWAY on every session. A session that is opened later gets it with its first request. */
  beginDrain(): void {
    this.#draining = true;
    for (const [session, facts] of this.#sessions) this.#warn(session, facts);
  }

  streams(): HeldStream[] {
    return this.#exchanges()
      .filter(([stream, exchange]) => isStream(stream, exchange))
      .map(([stream, { name, since, websocket }]) => heldStream(websocket ? "upgrade" : "events", name, stream, since));
  }

  /** Closes the sessions as their requests end. Resolves once all sessions are closed. */
  async closed(): Promise<void> {
    while (!this.#sweep())
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
  }

  cut(): Cut[] {
    const now = this.#clock.monotonic();
    this.#cancelTimer?.();
    const cut = this.#exchanges().map(([stream, exchange]): Cut => {
      const kind = isStream(stream, exchange) ? "stream" : "request";
      return { kind, name: exchange.name, after: now - exchange.since };
    });
    for (const session of this.#sessions.keys()) session.destroy();
    return cut;
  }

  #add(session: ServerHttp2Session): void {
    const facts: Session = { since: this.#clock.monotonic(), exchanges: new Map(), warned: false };
    this.#sessions.set(session, facts);
    session.once("close", () => {
      this.#sessions.delete(session);
      this.#onChange?.();
    });
    session.on("stream", (stream, headers) => this.#addStream(session, facts, stream, headers));
  }

  #addStream(
    session: ServerHttp2Session,
    facts: Session,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): void {
    const method = headers[":method"];
    const name = requestName(method, headers[":path"]);
    facts.exchanges.set(stream, { name, since: this.#clock.monotonic(), websocket: method === "CONNECT" });
    stream.once("close", () => {
      facts.exchanges.delete(stream);
      this.#onChange?.();
    });
    if (this.#draining) this.#warn(session, facts);
  }

  #warn(session: ServerHttp2Session, facts: Session): void {
    if (facts.warned || session.destroyed || session.closed) return;
    facts.warned = true;
    session.goaway(0, HIGHEST_STREAM);
  }

  #exchanges(): [ServerHttp2Stream, Exchange][] {
    return [...this.#sessions.values()].flatMap(({ exchanges }) => [...exchanges]);
  }

  #sweep(): boolean {
    this.#cancelTimer?.();
    const now = this.#clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const [session, { since }] of this.#sessions) {
      if (since + QUIET > now) next = Math.min(next, since + QUIET - now);
      else if (!session.closed && !session.destroyed) session.close();
    }
    if (next !== Number.POSITIVE_INFINITY)
      this.#cancelTimer = startTimer(this.#clock, next, () => this.#onChange?.(), { keepAlive: true });
    return this.#sessions.size === 0;
  }
}

function isStream(stream: ServerHttp2Stream, { websocket }: Exchange): boolean {
  return websocket || isEventStream(stream.sentHeaders?.["content-type"]);
}
