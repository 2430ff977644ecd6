import { connect, createServer, type Server, type Socket } from "node:net";

/** What the proxy does with connections. */
export type Fault =
  | { readonly kind: "none" }
  /** Nothing listens, and open connections are reset. */
  | { readonly kind: "refuse" }
  /** Connections are accepted and nothing is ever answered. */
  | { readonly kind: "hang" }
  /** Each piece of an answer is delayed by so many milliseconds. */
  | { readonly kind: "slow"; readonly delay: number }
  /** The connection is reset after so many bytes of answer. */
  | { readonly kind: "cut"; readonly after: number }
  /** One byte in each piece of an answer is changed. */
  | { readonly kind: "corrupt" };

/** What passed through the proxy since its counts were reset. */
export interface Traffic {
  readonly connections: number;
  /** Most connections that were open at once. */
  readonly peak: number;
  /** When pieces were sent to the dependency, in milliseconds since the Unix epoch. Most protocols send one per command. */
  readonly commands: readonly number[];
  /** When requests of HTTP were sent to it. */
  readonly requests: readonly number[];
}

const HTTP_REQUEST = /(?:^|\r\n\r\n)(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S+ HTTP\/1\.[01]\r\n/g;
const MOST_MOMENTS = 100_000;
const LOWEST_PORT = 20_000;
const PORTS = 10_000;
const MOST_ATTEMPTS = 50;

/** A TCP proxy before a dependency, on a port of its own, that can break the dependency for the service alone. */
export class FaultProxy {
  readonly port: number;
  readonly #host: string;
  readonly #targetPort: number;
  #server: Server | undefined;
  #fault: Fault = { kind: "none" };
  readonly #open = new Map<Socket, Socket>();
  #counts: Counts = empty();

  private constructor(port: number, server: Server, host: string, targetPort: number) {
    this.port = port;
    this.#server = server;
    this.#host = host;
    this.#targetPort = targetPort;
  }

  /** Starts a proxy before `host:port`. */
  static async start(host: string, port: number): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    const own = await listenSomewhere(server);
    const proxy = new FaultProxy(own, server, host, port);
    proxy.#serve(server);
    return proxy;
  }

  get fault(): Fault {
    return this.#fault;
  }

  get traffic(): Traffic {
    return this.#counts;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#open.size;
  }

  reset(): void {
    this.#counts = { ...empty(), peak: this.#open.size };
  }

  /** Changes what the proxy does, for open connections too. */
  async set(fault: Fault): Promise<void> {
    this.#fault = fault;
    if (fault.kind === "refuse") {
      for (const socket of this.#open.keys()) socket.resetAndDestroy();
      await this.#unlisten();
      return;
    }
    // Like a process that is stopped and goes on: what was sent meanwhile waits in the buffers of the system.
    for (const pair of this.#open) for (const socket of pair) fault.kind === "hang" ? socket.pause() : socket.resume();
    if (this.#server === undefined) {
      this.#server = createServer({ allowHalfOpen: true });
      await listen(this.#server, this.port);
      this.#serve(this.#server);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#open.keys()) socket.destroy();
    await this.#unlisten();
  }

  async #unlisten(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  #serve(server: Server): void {
    server.on("connection", (client) => {
      const upstream = connect({ host: this.#host, port: this.#targetPort, allowHalfOpen: true });
      this.#open.set(client, upstream);
      this.#counts.connections++;
      this.#counts.peak = Math.max(this.#counts.peak, this.#open.size);
      const over = (): void => {
        this.#open.delete(client);
        client.destroy();
        upstream.destroy();
      };
      for (const socket of [client, upstream]) {
        socket.on("error", over);
        socket.setNoDelay(true);
      }
      client.on("close", over);
      client.on("end", () => upstream.end());
      // What was read before has to arrive before the end.
      upstream.on("end", () => this.#later(() => client.end()));
      let answered = 0;
      client.on("data", (chunk) => {
        this.#count(chunk);
        upstream.write(chunk);
      });
      upstream.on("data", (chunk) => {
        answered += chunk.length;
        this.#answer(client, chunk, answered);
      });
      if (this.#fault.kind === "hang") for (const socket of [client, upstream]) socket.pause();
    });
  }

  #answer(client: Socket, chunk: Buffer, answered: number): void {
    const fault = this.#fault;
    if (fault.kind === "corrupt") chunk[chunk.length >> 1] = (chunk[chunk.length >> 1] ?? 0) ^ 0x55;
    if (fault.kind === "cut" && answered > fault.after) {
      client.write(chunk.subarray(0, Math.max(0, chunk.length - (answered - fault.after))), () =>
        client.resetAndDestroy(),
      );
      return;
    }
    this.#later(() => void client.write(chunk));
  }

  /** Acts now, or after the delay; timers of one delay fire in their order. */
  #later(act: () => void): void {
    if (this.#fault.kind === "slow") setTimeout(act, this.#fault.delay).unref();
    else act();
  }

  #count(chunk: Buffer): void {
    const now = Date.now();
    keep(this.#counts.commands, now);
    const found = chunk.toString("latin1").match(HTTP_REQUEST)?.length ?? 0;
    for (let i = 0; i < found; i++) keep(this.#counts.requests, now);
  }
}

interface Counts {
  connections: number;
  peak: number;
  commands: number[];
  requests: number[];
}

const empty = (): Counts => ({ connections: 0, peak: 0, commands: [], requests: [] });

function keep(moments: number[], at: number): void {
  if (moments.length < MOST_MOMENTS) moments.push(at);
}

/**
 * Listens on a port below the range from which systems take the ports of outgoing connections. While the proxy refuses
 * connections, nothing holds its port, and it needs the same one again.
 */
async function listenSomewhere(server: Server): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await listen(server, LOWEST_PORT + Math.floor(Math.random() * PORTS));
    } catch (error) {
      if (attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
