import { expect, test } from "vitest";
import type { Answer, EdgeRequest } from "../messages.ts";
import { checkAcceptable } from "./acceptable.ts";

const JSON_ANSWER: Answer = { status: 200, headers: [["content-type", "application/json; charset=utf-8"]], body: "{}" };

function isRefused(accept: string | undefined, method = "GET", answer = JSON_ANSWER): boolean {
  const request = { method, header: (name: string) => (name === "accept" ? accept : undefined) } as EdgeRequest;
  try {
    checkAcceptable(request, answer);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: "HTTP_NOT_ACCEPTABLE", status: 406 });
    return true;
  }
}

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ["*/*", false],
  ["*", false],
  ["application/json", false],
  ["Application/JSON;q=0.1", false],
  ["application/*", false],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false],
  ["application/problem+json", false],
  ["application/vnd.api+json", false],
  ["text/csv, */*;q=0.001", false],
  ["application/json;q=nonsense", false],
  ["text/html", true],
  ["text/*", true],
  ["application/xml, text/csv", true],
  ["application/json;q=0", true],
  ["application/json;q=0, */*", true],
  ["*/*;q=0", true],
  ["", true],
  [",".repeat(10_000), true],
])("a client that sends Accept: %s is refused JSON: %s", (accept, refused) => {
  expect(isRefused(accept)).toBe(refused);
});

test("only answers that report a success of a request that changed nothing are refused", () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) expect(isRefused("text/html", method)).toBe(false);
  expect(isRefused("text/html", "HEAD")).toBe(true);
  expect(isRefused("text/html", "GET", { ...JSON_ANSWER, status: 404 })).toBe(false);
  expect(isRefused("text/html", "GET", { ...JSON_ANSWER, body: "" })).toBe(false);
  const csv: Answer = { status: 200, headers: [["content-type", "text/csv"]], body: "a,b" };
  expect(isRefused("text/csv", "GET", csv)).toBe(false);
  expect(isRefused("application/json", "GET", csv)).toBe(true);
});
