import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { keepVary } from "./keep-vary.ts";

function answered(act: (response: ServerResponse) => void): string | undefined {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.setHeader("vary", "Origin");
  keepVary(response);
  act(response);
  const head = (response as unknown as { _header: string })._header;
  return /^vary: (.*)$/im.exec(head)?.[1]?.trim();
}

test.each<[string, (response: ServerResponse) => void, string]>([
  ["nothing", (response) => response.writeHead(200), "Origin"],
  ["an object without it", (response) => response.writeHead(200, { "x-a": "b" }), "Origin"],
  ["an object", (response) => response.writeHead(200, { Vary: "Accept" }), "Accept, Origin"],
  [
    "an object behind a reason",
    (response) => response.writeHead(200, "Fine", { vary: ["Accept", "Cookie"] as never }),
    "Accept, Cookie, Origin",
  ],
  ["a flat list", (response) => response.writeHead(200, ["Vary", "Accept", "X-A", "b"]), "Accept, Origin"],
  ["its own header", (response) => response.setHeader("Vary", "Accept").writeHead(200), "Accept, Origin"],
  ["one that has it", (response) => response.setHeader("Vary", "Accept, origin").writeHead(200), "Accept, origin"],
  ["one for everything", (response) => response.setHeader("Vary", "*").writeHead(200), "*"],
  [
    "none any more",
    (response) => {
      response.removeHeader("vary");
      response.writeHead(200);
    },
    "Origin",
  ],
  ["the implicit head", (response) => response.setHeader("Vary", "Accept").flushHeaders(), "Accept, Origin"],
])("a handler that says %s of Vary leaves Origin in it, once", (_what, act, wanted) => {
  expect(answered(act)).toBe(wanted);
});
