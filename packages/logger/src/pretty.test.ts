import { runWithContext } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createLogger } from "./create-logger.ts";
import { stdout } from "./destinations/stdout.ts";
import { wantsColor } from "./internal/console/paint.ts";
import { wantsPretty } from "./internal/pretty-choice.ts";
import { createPretty, type PrettyOptions } from "./pretty.ts";
import { captureLogs } from "./testing.ts";

afterEach(() => void vi.unstubAllEnvs());

const at = new Date(2026, 10, 21, 15, 32, 39, 112);
const clock = manualClock(at.getTime());

function pretty() {
  const out: string[] = [];
  const ticking = manualClock(at.getTime());
  const logger = createLogger({
    name: "svc",
    level: "trace",
    pretty: true,
    clock: ticking,
    destinations: [{ write: (text) => void out.push(text) }],
  });
  return { logger, out, ticking };
}

/** One line for people, without its line feed. */
function shown(fields: object, options?: PrettyOptions): string {
  return createPretty(options)(`${JSON.stringify({ level: 30, time: at.toISOString(), ...fields })}\n`).slice(0, -1);
}

describe("a line for people", () => {
  test("has the local time, the level unless it is info, the message, fields, and eight characters of the id", () => {
    expect(shown({ level: 40, msg: "sold out", stock: 0, note: "two words", nested: { a: [1] } })).toBe(
      '15:32:39.112 WARN sold out stock=0 note="two words" nested={"a":[1]}',
    );
    expect(shown({ msg: "listening", pid: 1, hostname: "h", correlationId: "c15d4017-726a-4ae8" })).toBe(
      "15:32:39.112 listening c15d4017",
    );
    expect(shown({ msg: "m", correlationId: "c15d4017-726a-4ae8" }, { fullIds: true })).toContain("c15d4017-726a-4ae8");
  });

  test("shows a request in one short line", () => {
    const request = { msg: "http.request", event: "http.request", unit: "seconds", value: 0.007110543, method: "POST" };
    const more = { route: "/tasks", path: "/tasks", address: "127.0.0.1", correlationId: "c15d4017-726a" };
    expect(shown({ ...request, ...more, status: 201 })).toBe("15:32:39.112 POST /tasks 201 7.1 ms c15d4017");
    expect(shown({ ...request, ...more, status: 503, level: 40, principal: "u-1" })).toBe(
      "15:32:39.112 WARN POST /tasks 503 7.1 ms principal=u-1 c15d4017",
    );
    const long = shown({ ...request, ...more, path: `/${"x".repeat(300)}/end`, status: 200 }, { columns: 80 });
    expect(long).toMatch(/^15:32:39\.112 POST \/x+…x+\/end 200 7\.1 ms c15d4017$/);
    expect(long.length).toBeLessThanOrEqual(80);
  });

  test.each([
    [
      { event: "resilience.transition", breaker: "db", from: "closed", to: "open", failed: 5, calls: 10 },
      "breaker db: closed → open, 50 % of 10 calls failed",
    ],
    [{ event: "resilience.transition", breaker: "db", from: "open", to: "half-open" }, "breaker db: open → half-open"],
    [
      { event: "health.status", check: "db", status: "unhealthy", previous: "healthy", code: "E_DB" },
      "health of db: healthy → unhealthy (E_DB)",
    ],
    [{ event: "lifecycle.state", state: "ready", previous: "starting" }, "service: starting → ready"],
    [{ event: "lifecycle.signal", signal: "SIGTERM", effect: "drain" }, "SIGTERM received: drain"],
    [
      { event: "lifecycle.drain", outcome: "clean", requests: 1, value: 1.0412, unit: "seconds" },
      "drained in 1.04 s: clean requests=1",
    ],
    [
      { event: "resilience.attempt", policy: "db", outcome: "timeout", value: 1, unit: "seconds", attempt: 2 },
      "db: attempt 2 timed out after 1 s",
    ],
    [
      { event: "resilience.attempt", policy: "db", outcome: "ok", value: 1, unit: "seconds" },
      "db: call succeeded in 1 s",
    ],
    [{ event: "resilience.attempt", policy: "db", outcome: "odd" }, "db: call odd after "],
    [{ event: "resilience.attempt", policy: "db" }, "resilience.attempt policy=db"],
    [
      {
        event: "resilience.transition",
        breaker: "db",
        from: "closed",
        to: "open",
        failed: 5,
        calls: 10,
        reason: "failures",
      },
      "breaker db: closed → open, 50 % of 10 calls failed",
    ],
    [
      { event: "resilience.transition", breaker: "db", from: "closed", to: "open", slow: 1, calls: 1, reason: "slow" },
      "breaker db: closed → open, 100 % of 1 call were slow",
    ],
    [
      {
        event: "resilience.transition",
        breaker: "db",
        from: "half-open",
        to: "open",
        failed: 5,
        calls: 10,
        reason: "probes",
      },
      "breaker db: half-open → open, the probes failed",
    ],
    [
      {
        event: "resilience.transition",
        breaker: "db",
        from: "closed",
        to: "open",
        failed: 0,
        calls: 0,
        reason: "tripped",
      },
      "breaker db: closed → open (tripped)",
    ],
    [{ event: "cache.evicted", value: 2048, unit: "bytes", cache: "rates" }, "cache.evicted 2 KiB cache=rates"],
    [{ event: "my.own", value: 0.25, unit: "ratio" }, "my.own 25 %"],
    [{ event: "my.own", value: 3, unit: "items", note: "a b" }, 'my.own 3 note="a b"'],
    [{ event: "http.request", odd: true }, "http.request odd=true"],
  ])("tells the event %o as a sentence", (fields, text) => {
    // biome-ignore format: one row per event
    expect(shown({ msg: fields.event, ...fields })).toBe(`15:32:39.112 ${text}`);
  });

  test("shows the start and the end of an operation, and leaves out the id of the request in which the service changed", () => {
    expect(shown({ msg: "price order finished", operation: "price order", durationMs: 63.009, lines: 3 })).toBe(
      "15:32:39.112 price order finished 63 ms lines=3",
    );
    expect(shown({ level: 20, msg: "price order started", operation: "price order", orderId: 7 })).toBe(
      "15:32:39.112 DEBUG price order started orderId=7",
    );
    const slow = { operation: "price order", durationMs: 1012, slow: true, slowAfterMs: 500 };
    expect(shown({ level: 40, msg: "price order finished slowly", ...slow })).toBe(
      "15:32:39.112 WARN price order finished slowly 1.01 s, over 500 ms",
    );
    const transition = { event: "resilience.transition", breaker: "db", from: "open", to: "half-open" };
    expect(shown({ msg: transition.event, ...transition, correlationId: "c15d4017-726a" })).not.toContain("c15d");
  });

  test("is not mistaken for an event because of a field called event", () => {
    expect(shown({ msg: "saved", event: "user.created" })).toBe("15:32:39.112 saved event=user.created");
  });

  test("reads every format, and every style of time", () => {
    for (const format of ["pino", "ecs", "gcp", "datadog", "otel"] as const) {
      const { logger, lines } = captureLogs({ name: "svc", format, clock });
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
      runWithContext({ correlationId: "r-1", traceparent }, () => logger.error(new TypeError("no"), "failed"));
      const [first, second] = createPretty({ format })(`${lines[0]}\n`).split("\n");
      expect(first).toMatch(/^15:32:39\.112 ERROR failed( [\w./]+=\S+)* r-1$/);
      expect(second).toMatch(/^ {13}TypeError: no/);
    }
    expect(createPretty({ format: { time: "epoch" } })(`{"level":30,"time":${at.getTime()},"msg":"m"}`)).toBe(
      "15:32:39.112 m\n",
    );
  });
});

describe("an error", () => {
  test("has its message above its frames, of which those of packages and Node.js are folded", () => {
    const stack = [
      "TypeError: no such user",
      `    at find (file://${process.cwd()}/src/users.ts:10:3)`,
      "    at Layer.handle (/srv/node_modules/express/lib/layer.js:1:2)",
      "    at next (/srv/node_modules/.pnpm/router@2/node_modules/router/index.js:1:2)",
      "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
      "    at /srv/other/app.ts:1:1",
    ].join("\n");
    const err = { type: "TypeError", message: "no such user", code: "E_USER", stack };
    expect(shown({ level: 50, msg: "lookup failed", err }).split("\n")).toEqual([
      "15:32:39.112 ERROR lookup failed",
      "             TypeError: no such user code=E_USER",
      "               at find (src/users.ts:10:3)",
      "               … 3 frames of express, router, node",
      "               at /srv/other/app.ts:1:1",
    ]);
    expect(shown({ level: 50, msg: "no such user", err }).split("\n")[0]).toBe(
      "15:32:39.112 ERROR TypeError: no such user",
    );
  });

  test("shows its causes and the errors that it aggregates", () => {
    const { logger, out } = pretty();
    logger.error(new AggregateError([new RangeError("first")], "all", { cause: new TypeError("inner") }));
    const lines = (out[0] as string).trimEnd().split("\n");
    expect(lines[0]).toBe("15:32:39.112 ERROR AggregateError: all");
    expect(lines).toContainEqual("             with RangeError: first");
    expect(lines).toContainEqual("             caused by TypeError: inner");
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {13}/);
  });

  test("of an event below error has one line, because it was expected", () => {
    const error = { type: "Error", message: "upstream said 503", stack: "Error: x\n    at a (/b.ts:1:1)" };
    const event = { event: "resilience.attempt", policy: "p", outcome: "failure", value: 0.01, unit: "seconds" };
    expect(shown({ level: 40, msg: event.event, ...event, error })).toBe(
      "15:32:39.112 WARN p: call failed after 10 ms (upstream said 503)",
    );
    // What the error of a timeout says is in the sentence already.
    expect(shown({ level: 40, msg: event.event, ...event, outcome: "timeout", error })).toBe(
      "15:32:39.112 WARN p: call timed out after 10 ms",
    );
    expect(shown({ level: 50, msg: event.event, ...event, error })).toContain("\n               at a (/b.ts:1:1)");
  });
});

// In order, since one test counts listeners that consoles of others may hold.
describe("equal lines", { shuffle: false }, () => {
  test("are folded, and their number is written before the next different line", () => {
    const { logger, out } = pretty();
    for (let i = 0; i < 8; i++)
      runWithContext({ correlationId: `id-${i}` }, () => logger.warn({ a: 1 }, "cache is cold"));
    logger.warn({ a: 2 }, "cache is cold");
    expect(out.join("").split("\n")).toEqual([
      "15:32:39.112 WARN cache is cold a=1 id-0",
      "             ↑ 7 more lines like this, the last at 15:32:39.112 id-7",
      "15:32:39.112 WARN cache is cold a=2",
      "",
    ]);
  });

  test("are reported after a second, and when the logger is flushed or closed", async () => {
    const { logger, out, ticking } = pretty();
    logger.info("m");
    logger.info("m");
    expect(out).toHaveLength(1);
    await ticking.advance(1000);
    expect(out[1]).toContain("↑ 1 more line like this");
    logger.info("m");
    await logger.close();
    expect(out[2]).toContain("↑ 1 more line like this");
    expect(out).toHaveLength(3);
  });

  test("are reported when the process exits, and need no listener otherwise", () => {
    const before = process.listenerCount("exit");
    const { logger, out } = pretty();
    logger.info("m");
    expect(process.listenerCount("exit")).toBe(before);
    logger.info("m");
    logger.info("m");
    const [told] = process.listeners("exit").slice(before);
    expect(process.listenerCount("exit")).toBe(before + 1);
    told?.call(process, 0);
    expect(out.slice(1)).toEqual(["             ↑ 2 more lines like this, the last at 15:32:39.112\n"]);
    expect(process.listenerCount("exit")).toBe(before);
  });

  test("are equal although times, ids and durations differ", () => {
    const { logger, out } = pretty();
    for (const value of [0.001, 0.2]) {
      const request = {
        event: "http.request",
        method: "GET",
        route: "/",
        path: "/",
        status: 200,
        value,
        unit: "seconds",
      };
      logger.info(request, "http.request");
    }
    expect(out).toEqual(["15:32:39.112 GET / 200 1.0 ms\n"]);
  });
});

test("lines are wrapped with an indent at the width of the terminal", () => {
  const fields = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`field${i}`, "value"]));
  const rows = shown({ msg: "many", ...fields }, { columns: 60 }).split("\n");
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(60);
  for (const row of rows.slice(1)) expect(row).toMatch(/^ {13}field/);
});

test("colors dim what matters less, and distinguish statuses and levels", () => {
  const request = { msg: "http.request", event: "http.request", method: "GET", path: "/", value: 1, unit: "seconds" };
  expect(shown({ ...request, status: 200 }, { color: true })).toContain("\u001b[32m200\u001b[0m");
  expect(shown({ ...request, status: 500, level: 50 }, { color: true })).toContain("\u001b[31m500\u001b[0m");
  expect(shown({ msg: "m", a: 1 }, { color: true })).toBe("\u001b[2m15:32:39.112\u001b[0m m \u001b[2ma=\u001b[0m1");
  const id = (line: string): string | undefined => /(\d+)mabcdefgh/.exec(line)?.[1];
  const [first, second] = ["x", "y"].map((msg) => shown({ msg, correlationId: "abcdefgh-1" }, { color: true }));
  expect(id(first as string)).toMatch(/^\d+$/);
  expect(id(first as string)).toBe(id(second as string));
});

test("FORCE_COLOR, NO_COLOR, NODE_DISABLE_COLORS and dumb terminals are obeyed, in this order", () => {
  expect(wantsColor(true, {})).toBe(true);
  expect(wantsColor(false, {})).toBe(false);
  expect(wantsColor(true, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColor(true, { NO_COLOR: "" })).toBe(true);
  expect(wantsColor(true, { NODE_DISABLE_COLORS: "1" })).toBe(false);
  expect(wantsColor(true, { TERM: "dumb" })).toBe(false);
  expect(wantsColor(false, { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(true);
  expect(wantsColor(true, { FORCE_COLOR: "0" })).toBe(false);
});

test("no logged value can begin a line or reach the terminal as a control character, in JSON or pretty", () => {
  const { logger, out } = pretty();
  const json = captureLogs();
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("a\r\nb", "\u001b[2J", "\u009b31m", "\u2028x\u2029", "\u202egnp.exe", "\u0085", "\u0000"),
  );
  const event = fc.constantFrom("http.request", "resilience.transition", "health.status", "my.own", undefined);
  fc.assert(
    fc.property(text, text, text, event, (message, key, value, name) => {
      out.length = 0;
      json.clear();
      const err = Object.assign(new Error(message), {
        [key]: value,
        stack: `${value}\n    at ${key} (${message}:1:1)`,
      });
      const fields = { [key]: value, method: value, path: key, status: 200, check: key, breaker: value, to: key };
      for (const log of [logger, json.logger])
        log.child({ [`b${key}`]: value }).error({ ...fields, event: name, err }, name ?? message);
      const lines = out.join("").split("\n");
      expect(lines.pop()).toBe("");
      expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} ERROR /);
      for (const line of lines.slice(1)) expect(line).toMatch(/^( {13}|\d\d:\d\d:\d\d\.\d{3} ERROR )/);
      expect(out.join("")).not.toMatch(/[^\P{Cc}\n]/u);
      expect(out.join("")).not.toMatch(/[\u2028\u2029\u202a-\u202e]/);
      expect(json.lines[0]).not.toMatch(/\p{Cc}|[\u2028\u2029]/u);
    }),
    { numRuns: 300 },
  );
});

test("what is not a line of JSON is unchanged, and an unknown level is shown as it is written", () => {
  const format = createPretty();
  for (const line of ["not json\n", "null\n", "[1]\n", '"text"\n', ""]) expect(format(line)).toBe(line);
  expect(format('{"level":35,"time":"t","msg":"m"}\n')).toBe("t 35 m\n");
});

test.each([[{ color: 1 }], [{ columns: 10 }], [{ colour: true }], [{ format: "x" }], [{ fullIds: "yes" }]])(
  "createPretty refuses %j",
  (options) => expect(() => createPretty(options as unknown as PrettyOptions)).toThrow(TypeError),
);

test("auto means a terminal outside production", () => {
  const tty = process.stdout.isTTY;
  try {
    vi.stubEnv("NODE_ENV", "development");
    process.stdout.isTTY = true;
    const destination = stdout();
    const wanted = (): boolean => wantsPretty("auto", destination.isTTY === true);
    expect(wanted()).toBe(true);
    vi.stubEnv("NODE_ENV", "production");
    expect(wanted()).toBe(false);
    vi.stubEnv("NODE_ENV", "development");
    process.stdout.isTTY = false;
    expect(wanted()).toBe(false);
    expect(wantsPretty(true, false)).toBe(true);
  } finally {
    process.stdout.isTTY = tty;
  }
});
