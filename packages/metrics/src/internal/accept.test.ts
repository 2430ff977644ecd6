import fc from "fast-check";
import { expect, test } from "vitest";
import { negotiate } from "./accept.ts";

test.each([
  [undefined, "prometheus"],
  ["", "prometheus"],
  ["*/*", "prometheus"],
  ["text/plain", "prometheus"],
  ["text/html, */*;q=0.1", "prometheus"],
  ["application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
  ['Application/OpenMetrics-Text;version="1.0.0"', "openmetrics"],
  ["application/openmetrics-text; version=0.0.1, text/plain", "prometheus"],
  ["application/openmetrics-text; version=2.0.0, */*;q=0.1", "prometheus"],
  ["application/openmetrics-text;q=0.2, text/plain;q=0.8", "prometheus"],
  ["application/openmetrics-text;q=0, */*", "prometheus"],
  ["text/*, application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text;q=nonsense, text/plain;q=0.1", "prometheus"],
  // What Prometheus 2.42 and 3.x send.
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "openmetrics",
  ],
  [
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "openmetrics",
  ],
])("an Accept header of %j is answered with the %s format", (accept, format) => {
  expect(negotiate(accept)).toBe(format);
});

test("any header at all is answered, and a huge one with plain text", () => {
  const answered = (accept: unknown): boolean => ["prometheus", "openmetrics"].includes(negotiate(accept));
  fc.assert(fc.property(fc.anything(), answered));
  fc.assert(fc.property(fc.string(), answered));
  expect(negotiate("application/openmetrics-text,".repeat(1000))).toBe("prometheus");
});
