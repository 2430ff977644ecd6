import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { closeAfter } from "./connection-close.ts";

type Act = (response: ServerResponse) => void;

function headOf(act: Act, isLast = true): string {
  const request = Object.assign(new IncomingMessage(new Socket()), { httpVersionMajor: 1, httpVersionMinor: 1 });
  const response = new ServerResponse(request);
  response.sendDate = false;
  closeAfter(response, () => isLast);
  act(response);
  return (response as unknown as { _header: string })._header;
}

const ways: Record<string, Act> = {
  "writes implicit headers": (response) => response.end("x"),
  "sets keep-alive": (response) => response.setHeader("connection", "keep-alive").end("x"),
  "gives keep-alive to writeHead": (response) => response.writeHead(200, { Connection: "keep-alive", a: "b" }).end("x"),
  "gives keep-alive behind a status text": (response) =>
    response.writeHead(200, "Fine", { CONNECTION: "keep-alive", a: "b" }).end("x"),
  "gives a flat list": (response) => response.writeHead(200, ["Connection", "keep-alive", "a", "b"]).end("x"),
  "gives a list of pairs": (response) =>
    response
      .writeHead(200, [
        ["Connection", "keep-alive"],
        ["a", "b"],
      ] as never)
      .end("x"),
  "sets some and gives others": (response) =>
    response.setHeader("c", "d").writeHead(200, { connection: "keep-alive" }).end("x"),
  "removed the header": (response) => {
    response.removeHeader("connection");
    response.end("x");
  },
  "flushes its headers": (response) => response.flushHeaders(),
};

describe("a response during the drain", () => {
  test.each(Object.entries(ways))("says Connection: close exactly once when its handler %s", (_, act) => {
    expect(headOf(act).match(/^connection:.*$/gim)).toEqual(["Connection: close"]);
  });

  test("keeps the other headers, repeated ones too", () => {
    const head = headOf((response) =>
      response.writeHead(201, ["set-cookie", "a=1", "connection", "keep-alive", "set-cookie", "b=2"]).end(),
    );
    expect(head).toMatch(/^HTTP\/1.1 201 Created\r\n/);
    expect(head.match(/^set-cookie:.*$/gim)).toEqual(["set-cookie: a=1", "set-cookie: b=2"]);
  });

  test("is left as it is while another request of its connection waits behind it", () => {
    expect(headOf((response) => response.end("x"), false)).not.toMatch(/connection: close/i);
  });

  test("is left as it is when its headers are out already", () => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    response.writeHead(200);
    closeAfter(response, () => true);
    expect(Object.hasOwn(response, "writeHead")).toBe(false);
  });

  test("still refuses headers that are sent twice", () => {
    expect(() => headOf((response) => response.writeHead(200).writeHead(200))).toThrow(
      /ERR_HTTP_HEADERS_SENT|after they are sent/,
    );
  });
});
