import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An upstream that misbehaves by path, on a real socket. Request n of one path is recognized by its count. */
export interface FaultyServer extends AsyncDisposable {
  readonly url: string;
  /** Requests seen, by path. */
  readonly hits: ReadonlyMap<string, number>;
  /** Bodies received, by path. */
  readonly bodies: ReadonlyMap<string, string[]>;
}

type Behavior = (response: ServerResponse, hit: number, request: IncomingMessage) => void;

const BEHAVIORS: Readonly<Record<string, Behavior>> = {
  "/fine": (response) => void response.end("fine"),
  "/drops-once": (response, hit) => void (hit === 1 ? response.socket?.destroy() : response.end("after a drop")),
  "/drops": (response) => void response.socket?.destroy(),
  "/drops-post": (response) => void response.socket?.destroy(),
  "/resets-once": (response, hit) =>
    void (hit === 1 ? response.socket?.resetAndDestroy() : response.end("after a reset")),
  "/stalls": () => undefined,
  "/stalls-once": (response, hit) => void (hit === 1 ? undefined : response.end("after a stall")),
  "/late-once": (response, hit) =>
    void (hit === 1 ? setTimeout(() => response.end("late"), 1000) : response.end("early")),
  "/busy-once": (response, hit) => {
    if (hit > 1) response.end("no longer busy");
    else response.writeHead(503, { "retry-after": "0" }).end("busy");
  },
  "/busy": (response) => void response.writeHead(503).end("busy"),
  "/slow-body": (response) => {
    response.write("first ");
    setTimeout(() => response.end("second"), 1200);
  },
  "/breaks-off": (response) => {
    response.writeHead(200, { "content-length": "1000" }).write("only this");
    setTimeout(() => response.socket?.destroy(), 20);
  },
};

/** Starts the upstream on a free port of the loopback. */
export async function startFaultyServer(): Promise<FaultyServer> {
  const hits = new Map<string, number>();
  const bodies = new Map<string, string[]>();
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const hit = (hits.get(path) ?? 0) + 1;
    hits.set(path, hit);
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("error", () => undefined);
    request.on("end", () => {
      bodies.set(path, [...(bodies.get(path) ?? []), body]);
      (BEHAVIORS[path] ?? BEHAVIORS["/fine"])?.(response, hit, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, hits, bodies, [Symbol.asyncDispose]: () => stop(server) };
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
