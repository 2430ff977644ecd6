import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { secret } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import type { EdgeOptions } from "@seaworthy/http";
import { createLogger } from "@seaworthy/logger";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { createClassifier } from "../src/upstream/classifier.ts";
import { openTestParts } from "./engines.ts";

const servers: Server[] = [];
let parts: Awaited<ReturnType<typeof openTestParts>>;
beforeAll(async () => {
  parts = await openTestParts();
});
afterAll(() => parts[Symbol.asyncDispose]());
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Returns the URL of a new server. */
async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts the application in this process, and returns its URL. */
function startApp(upstream: string, options: EdgeOptions): Promise<string> {
  const http = { host: "127.0.0.1", port: 0, requestTimeout: 60_000, bodyLimit: 100_000, publicUrl: "http://x" };
  const edge: EdgeOptions = { can: () => false, ...options };
  const upstreamOptions = {
    url: upstream,
    apiKey: secret("unused-key"),
    timeout: 20_000,
    openFor: 60_000,
    slow: 60_000,
  };
  const classifier = createClassifier({ ...upstreamOptions, logger: createLogger({ level: "fatal" }) });
  return listen(createApp({ config: { http, embeddings: { dimensions: 3 } }, classifier, ...parts, edge }));
}

let sent = 0;
const send = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ text: `calm ${++sent}` }), // an answer to the same text would come from the cache
  });

test("under overload the list of tasks is refused first, and a new task last", async () => {
  const clock = manualClock(Date.now()); // the policy of the classifier reads the deadline by the real clock
  const url = await startApp("http://127.0.0.1:9", { clock }); // nothing listens there, so the rule answers
  const statuses = async (): Promise<number[]> => {
    const answers = [await fetch(`${url}/tasks?limit=1`), await fetch(`${url}/tasks/none`), await send(url)];
    return [...answers, await fetch(`${url}/livez`)].map(({ status }) => status);
  };
  const { monotonic } = clock;
  const behind = (milliseconds: number): Promise<number[]> => {
    clock.monotonic = () => monotonic() + 50 + milliseconds; // the measurement was due after 50 ms
    return statuses();
  };
  expect(await statuses()).toEqual([200, 404, 201, 200]); // also starts the measurement
  expect(await behind(400)).toEqual([503, 404, 201, 200]);
  expect(await behind(700)).toEqual([503, 503, 201, 200]);
  expect(await behind(1000)).toEqual([503, 503, 503, 200]);
});

test("the upstream receives the trace of the request, with its tracestate", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const upstream = await listen((request, response) => {
    seen.push(request.headers);
    response.setHeader("content-type", "application/json").end('{"label":"routine","score":1}');
  });
  const url = await startApp(upstream, {});
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  expect((await send(url, { traceparent, tracestate: "a=1, b=2" })).status).toBe(201);
  expect((await send(url, { traceparent, tracestate: "not valid" })).status).toBe(201);
  expect(seen.map(({ tracestate }) => tracestate)).toEqual(["a=1,b=2", undefined]);
  for (const { traceparent: sent } of seen) expect(sent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
});
