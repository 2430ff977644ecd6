import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { createLogger } from "./create-logger.ts";
import { wantsPretty } from "./destinations/stdout.ts";
import { createPretty } from "./pretty.ts";
import { captureLogs } from "./testing.ts";

afterEach(() => void vi.unstubAllEnvs());

function pretty(): { logger: ReturnType<typeof createLogger>; out: string[] } {
  const out: string[] = [];
  const logger = createLogger({ name: "svc", pretty: true, destinations: [{ write: (text) => void out.push(text) }] });
  return { logger, out };
}

test("a line for people has time, level, name, message and fields", () => {
  const { logger, out } = pretty();
  logger.warn({ orderId: 7, note: "two words", nested: { a: [1] } }, "order accepted");
  expect(out[0]).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}svc: order accepted orderId=7 note="two words" nested=\{"a":\[1\]\}\n$/,
  );
});

test("an error's frames follow indented, each cause under its own heading", () => {
  const { logger, out } = pretty();
  logger.error(new Error("outer", { cause: new TypeError("inner") }));
  const lines = (out[0] as string).trimEnd().split("\n");
  expect(lines[0]).toContain('ERROR svc: outer err={"type":"Error","message":"outer"');
  expect(lines[1]).toMatch(/^ {4}at /);
  expect(lines).toContainEqual("    caused by TypeError: inner");
  for (const line of lines.slice(1)) expect(line).toMatch(/^ {4}/);
});

test("nothing that is logged can begin a line or reach the terminal as a control character, in JSON or pretty", () => {
  const { logger, out } = pretty();
  const json = captureLogs();
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("a\r\nb", "\u001b[2J", "\u009b31m", "\u2028x\u2029", "\u202egnp.exe", "\u0085", "\u0000"),
  );
  fc.assert(
    fc.property(text, text, text, (message, key, value) => {
      out.length = 0;
      json.clear();
      for (const log of [logger, json.logger])
        log.child({ [`b${key}`]: value }).error({ [key]: value, err: new Error(message) }, message);
      const [first, ...rest] = (out[0] as string).split("\n");
      expect(first).toMatch(/^\d{4}-.* ERROR svc: /);
      expect(rest.pop()).toBe("");
      for (const line of rest) expect(line).toMatch(/^ {4}(at|caused by) /);
      expect(out[0]).not.toMatch(/[^\P{Cc}\n]/u);
      expect(out[0]).not.toMatch(/[\u2028\u2029\u202a-\u202e]/);
      expect(json.lines[0]).not.toMatch(/\p{Cc}|[\u2028\u2029]/u);
    }),
    { numRuns: 200 },
  );
});

test("what is not a line of JSON passes unchanged, and an unknown level is shown as it is", () => {
  const format = createPretty();
  for (const line of ["not json\n", "null\n", "[1]\n", '"text"\n', ""]) expect(format(line)).toBe(line);
  expect(format('{"level":35,"time":"t","msg":"m"}\n')).toBe("t 35    m\n");
  expect(createPretty({ colour: true })('{"level":30,"time":"t","msg":"m"}')).toBe("t \u001b[32mINFO \u001b[0m m\n");
});

test("auto means a terminal outside production", () => {
  const tty = process.stdout.isTTY;
  try {
    vi.stubEnv("NODE_ENV", "development");
    process.stdout.isTTY = true;
    expect(wantsPretty("auto")).toBe(true);
    vi.stubEnv("NODE_ENV", "production");
    expect(wantsPretty("auto")).toBe(false);
    vi.stubEnv("NODE_ENV", "development");
    process.stdout.isTTY = false;
    expect(wantsPretty("auto")).toBe(false);
    expect(wantsPretty(true)).toBe(true);
  } finally {
    process.stdout.isTTY = tty;
  }
});
