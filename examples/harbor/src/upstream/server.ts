// The simulated upstream: a classifier that can be slow, fail or hang, as real ones do. It runs in a separate process and
// is called over HTTP. `POST /mode/{healthy|flaky|failing|hanging}` sets how it behaves.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const MODES = ["healthy", "flaky", "failing", "hanging"] as const;
type Mode = (typeof MODES)[number];

const key = process.env.UPSTREAM_API_KEY ?? "";
const failureRate = Number(process.env.UPSTREAM_FAILURE_RATE ?? "0.2");
const LONGEST_BODY = 100_000;
let mode: Mode = failureRate > 0 ? "flaky" : "healthy";

function send(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of req.setEncoding("utf8")) {
    text += chunk;
    if (text.length > LONGEST_BODY) throw new Error("too large");
  }
  return text;
}

/** Counts urgent words, which is enough of a model for an example. */
function classify(text: string): { label: string; score: number } {
  const urgent = (text.match(/\b(urgent|fire|leak|danger|asap|now)\b/gi) ?? []).length;
  const words = Math.max(1, text.split(/\s+/).filter(Boolean).length);
  return { label: urgent > 0 ? "urgent" : "routine", score: Math.min(1, 0.6 + urgent / words) };
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const wanted = /^\/mode\/(\w+)$/.exec(req.url ?? "")?.[1];
  if (req.method === "POST" && wanted !== undefined) {
    if (!(MODES as readonly string[]).includes(wanted))
      return send(res, 404, { error: `modes are ${MODES.join(", ")}` });
    mode = wanted as Mode;
    return send(res, 200, { mode });
  }
  if (req.method === "GET" && req.url === "/health") return send(res, mode === "failing" ? 503 : 200, { mode });
  if (req.method !== "POST" || req.url !== "/classify") return send(res, 404, { error: "not found" });
  if (req.headers.authorization !== `Bearer ${key}`) return send(res, 401, { error: "unauthorized" });
  if (mode === "hanging") return;
  if (mode === "failing" || (mode === "flaky" && Math.random() < failureRate))
    return send(res, 503, { error: "overloaded" });
  const { text } = JSON.parse(await bodyOf(req)) as { text: string };
  send(res, 200, classify(text));
}

const server = createServer((req, res) => {
  answer(req, res).catch(() => send(res, 400, { error: "bad request" }));
});
server.listen(Number(process.env.UPSTREAM_PORT ?? "0"), "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
// The parent process has ended, so this one ends too.
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => process.exit(0));
