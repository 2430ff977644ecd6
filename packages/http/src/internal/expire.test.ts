import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import type { Exchange } from "./exchange.ts";
import { expire } from "./node-exchange.ts";

test("what a handler says after its deadline is discarded, and its chains of calls go on", () => {
  const request = new IncomingMessage(new Socket());
  request.complete = true;
  request.method = "GET";
  const response = new ServerResponse(request);
  const problem = (): object => ({ status: 504, headers: [["x-kind", "problem"]], body: "late" });
  expire({ problem } as unknown as Exchange, request, response);
  expect(response.statusCode).toBe(504);
  expect(response.writableEnded).toBe(true);
  expect(response.writeHead(200).setHeader("x-kind", "handler").appendHeader("x-other", "1")).toBe(response);
  expect(response.setHeaders(new Headers({ "x-kind": "handler" })).end("answer")).toBe(response);
  expect(response.write("more")).toBe(true);
  expect(() => response.removeHeader("x-kind")).not.toThrow();
  expect(() => response.flushHeaders()).not.toThrow();
  expect([response.statusCode, response.getHeader("x-kind"), response.hasHeader("x-other")]).toEqual([
    504,
    "problem",
    false,
  ]);
});
