import type { Server } from "node:net";
import { type Clock, startTimer } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import type { Cut } from "../../cut.ts";
import { errors } from "../../errors.ts";
import type { AnyServer, ServeOptions } from "../../serve.ts";
import type { HeldStream } from "./held-stream.ts";
import { Http1Connections } from "./http1.ts";
import { Http2Sessions } from "./http2.ts";
import { listen, stopListening } from "./listen.ts";

interface Connections {
  readonly requests: number;
  beginDrain(): void;
  streams(): HeldStream[];
  closed(): Promise<void>;
  cut(): Cut[];
}

/** Milliseconds between two searches for streams that were opened late. */
const LOOK = 100;

/** A server with its connections, as the lifecycle drives it. */
export class ServedServer {
  readonly name: string;
  readonly #server: AnyServer;
  readonly #options: ServeOptions;
  readonly #clock: Clock;
  readonly #connections: readonly Connections[];
  readonly #notified = new Map<unknown, () => void>();
  #cancelLook: (() => void) | undefined;

  constructor(name: string, server: AnyServer, options: ServeOptions, clock: Clock) {
    this.name = name;
    this.#server = server;
    this.#options = options;
    this.#clock = clock;
    // Recognized by their members, so that servers of mocked modules and of other runtimes are recognized as well.
    const secure = "setSecureContext" in server;
    const http2 = "updateSettings" in server;
    const plain = server as unknown as Server;
    this.#connections = [
      ...(http2 ? [new Http2Sessions(plain, clock)] : []),
      ...(http2 && !secure ? [] : [new Http1Connections(plain, clock, secure)]),
    ];
  }

  serves(server: AnyServer): boolean {
    return this.#server === server;
  }

  get listening(): boolean {
    return this.#server.listening;
  }

  get requests(): number {
    return this.#connections.reduce((sum, { requests }) => sum + requests, 0);
  }

  get streams(): number {
    return this.#streams().length;
  }

  async start(): Promise<void> {
    try {
      await listen(this.#server, this.#options);
    } catch (error) {
      throw portInUse(error, this.#options.portSetting) ?? error;
    }
  }

  /** From now on, clients are requested to come back on another connection. */
  beginDrain(): void {
    for (const connections of this.#connections) connections.beginDrain();
  }

  /** Stops listening and waits until every connection is closed. Streams get `streamTimeout` milliseconds to end. */
  async drained(streamTimeout: number, onCut: (cut: Cut) => void): Promise<void> {
    stopListening(this.#server);
    const look = (): void => {
      this.#sayGoodbye(streamTimeout, onCut);
      this.#cancelLook = startTimer(this.#clock, LOOK, look);
    };
    look();
    await Promise.all(this.#connections.map((connections) => connections.closed()));
    this.#settle();
  }

  /** Destroys all connections. Returns what that cut off. */
  cut(): Cut[] {
    stopListening(this.#server);
    this.#settle();
    return this.#connections.flatMap((connections) => connections.cut());
  }

  #settle(): void {
    this.#cancelLook?.();
    for (const cancel of this.#notified.values()) cancel();
    this.#notified.clear();
    // Only Node knows the connections that were made before the server was passed to `serve()`.
    if ("closeIdleConnections" in this.#server) this.#server.closeIdleConnections();
  }

  #streams(): HeldStream[] {
    return this.#connections.flatMap((connections) => connections.streams());
  }

  #sayGoodbye(streamTimeout: number, onCut: (cut: Cut) => void): void {
    const fresh = this.#streams().filter(({ output }) => !this.#notified.has(output));
    if (fresh.length === 0) return;
    for (const { output, name, since } of fresh) {
      const expire = (): void => {
        if (output.destroyed) return;
        onCut({ kind: "stream", name, after: this.#clock.monotonic() - since });
        output.destroy();
      };
      this.#notified.set(output, startTimer(this.#clock, streamTimeout, expire, { keepAlive: true }));
    }
    try {
      const { onDrain } = this.#options;
      if (onDrain === undefined) for (const stream of fresh) stream.end();
      else Promise.resolve(onDrain(fresh)).catch(() => endAll(fresh));
    } catch {
      endAll(fresh); // a hook that fails must not keep its streams open until the limit
    }
  }
}

/** The error that says in one line what to do, if the port is in use. */
function portInUse(error: unknown, setting: string | undefined): Error | undefined {
  const [code, port, address] = ["code", "port", "address"].map((name) => readMember(error, name));
  if (code !== "EADDRINUSE") return undefined;
  const where = typeof port === "number" && port > 0 ? `port ${port}` : `the address ${String(address)}`;
  const other = setting === undefined ? "choose another port (0 takes a free one)" : `set ${setting} to another port`;
  const message = `${where} is in use by another process; end that process, or ${other}`;
  return errors.LIFECYCLE_PORT_IN_USE({ port, address }, { cause: error, message });
}

function endAll(streams: readonly HeldStream[]): void {
  for (const stream of streams) stream.end();
}
