import { once } from "node:events";
import { createServer, request as httpRequest, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { createIdempotency, type EdgeRequest, type Idempotency } from "@seaworthy/http";
import { edge as expressEdge } from "@seaworthy/http/express";
import { edge as nodeEdge } from "@seaworthy/http/node";
import express, { type Response as Answering } from "express";
import { expect, test } from "vitest";
import { ask } from "./subject.ts";

const KEY = { method: "POST", headers: { "idempotency-key": "k" } };

async function serving(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const shared = (): Idempotency => createIdempotency({ scope: () => "everyone" });

function onExpress(send: (response: Answering, run: number) => unknown): express.Express {
  const front = expressEdge({ cors: { origins: ["https://app.example.com"] } });
  const app = express();
  app.use(front.middleware);
  let runs = 0;
  app.post(
    "/",
    front.route({ idempotency: shared() }, (_input, _request, response) => send(response, ++runs)),
  );
  app.use(front.notFound, front.errorHandler);
  return app;
}

test.each<[string, (response: Answering, run: number) => unknown, string]>([
  [
    "chunks",
    (response, run) => {
      response.status(202).type("text/plain").write("run ");
      response.write(Buffer.from(String(run)));
      response.end("!");
    },
    "run 1!",
  ],
  ["writeHead with an object", (response, run) => response.writeHead(202, { "X-A": "b" }).end(`run ${run}`), "run 1"],
  [
    "writeHead with an array",
    (response, run) => response.writeHead(202, "Fine", ["X-A", "b"]).end(`run ${run}`),
    "run 1",
  ],
  [
    "an answer that is sent later",
    async (response, run) => {
      await new Promise((resolve) => setImmediate(resolve));
      return response.status(202).send(`run ${run}`);
    },
    "run 1",
  ],
  [
    "a piped stream",
    (response, run) => {
      response.status(202);
      return new Response(`run ${run}`).body?.pipeTo(
        new WritableStream({
          write: (chunk) => void response.write(chunk),
          close: () => void response.end(),
        }),
      );
    },
    "run 1",
  ],
])("an answer by %s comes again as it was", async (_how, send, text) => {
  await using running = await serving(onExpress(send));
  for (const replayed of [null, "true", "true"]) {
    const answer = await ask(running, "/", KEY);
    expect([answer.status, answer.text, answer.headers.get("idempotency-replayed")]).toEqual([202, text, replayed]);
  }
});

test("cookies and bytes that are not text come again as they were", async () => {
  const bytes = Buffer.from([0, 255, 254, 128, 10]);
  await using running = await serving(
    onExpress((response) => response.cookie("a", "1").cookie("b", "2").type("application/octet-stream").send(bytes)),
  );
  for (let i = 0; i < 2; i++) {
    const response = await fetch(running.url, KEY);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/"]);
  }
});

test("an error behind the answer changes neither the answer nor what comes again", async () => {
  await using running = await serving(
    onExpress((response, run) => {
      response.status(201).json({ run });
      throw new Error("too late");
    }),
  );
  for (let i = 0; i < 2; i++) expect(await ask(running, "/", KEY)).toMatchObject({ status: 201, json: { run: 1 } });
});

test("an answer that middleware compresses is kept uncompressed, and is compressed again", async () => {
  const app = express();
  const front = expressEdge();
  const { gzipSync } = await import("node:zlib");
  app.use(front.middleware, (_request, response, next) => {
    const { end } = response;
    response.end = ((chunk: string) => {
      response.setHeader("content-encoding", "gzip");
      response.removeHeader("content-length");
      return end.call(response, gzipSync(chunk), "utf8");
    }) as typeof response.end;
    next();
  });
  app.post(
    "/",
    front.route({ idempotency: shared() }, (_input, _request, response) => response.end("plain")),
  );
  await using running = await serving(app);
  const raw = (): Promise<string> =>
    new Promise((resolve) => {
      httpRequest(running.url, KEY, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        expect(response.headers["content-encoding"]).toBe("gzip");
        resolve(gunzipSync(Buffer.concat(chunks)).toString());
      }).end();
    });
  expect([await raw(), await raw()]).toEqual(["plain", "plain"]);
});

test("a client that left before its answer gets it when it asks again", async () => {
  const arrived = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  let runs = 0;
  const front = nodeEdge();
  const pay = front.route({ idempotency: shared() }, async (_input, request, response) => {
    runs++;
    request.socket.once("close", () => left.resolve());
    arrived.resolve();
    await left.promise;
    response.writeHead(201).end("paid");
    done.resolve();
  });
  await using running = await serving(front.handle((request, response) => pay(request, response)));
  const sent = httpRequest(running.url, KEY);
  sent.on("error", () => undefined).end();
  await arrived.promise;
  sent.destroy();
  await done.promise;
  await new Promise((resolve) => setImmediate(resolve));
  const again = await ask(running, "/", KEY);
  expect([again.status, again.text, runs]).toEqual([201, "paid", 1]);
});

test("an answer that is cut off is not kept: the request can be made again", async () => {
  let runs = 0;
  const front = nodeEdge();
  const pay = front.route({ idempotency: shared() }, (_input, _request, response) => {
    response.write("half");
    if (++runs === 1) return void response.destroy();
    response.end(" and half");
  });
  await using running = await serving(front.handle((request, response) => pay(request, response)));
  await expect(ask(running, "/", KEY)).rejects.toThrow();
  await expect.poll(async () => (await ask(running, "/", KEY)).text).toBe("half and half");
});

test("a scope that does not return a string is a failure, and lets nothing run", async () => {
  let runs = 0;
  const front = nodeEdge();
  const scope = (() => undefined) as unknown as (request: EdgeRequest) => string;
  const pay = front.route({ idempotency: createIdempotency({ scope }) }, () => ++runs);
  await using running = await serving(front.handle((request, response) => pay(request, response)));
  expect([(await ask(running, "/", KEY)).status, runs]).toEqual([500, 0]);
});
