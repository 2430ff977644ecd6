import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { defineSurvey, survey } from "../src/index.ts";
import { checkedOptions } from "../src/internal/check-options.ts";

const command = ["node", "server.js"];

describe("the options of a survey", () => {
  test.each([
    [{}, /either command or attach/],
    [{ command, attach: "http://127.0.0.1:1" }, /either command or attach/],
    [{ command: [] }, /command must be .* got/],
    [{ command: [1] }, /command must be/],
    [{ attach: "nonsense" }, /attach must be a URL/],
    [{ command, port: 70_000 }, /port must be an integer from 1 to 65535; got 70000/],
    [{ command, env: { A: 1 } }, /env\.A must be a string/],
    [{ command, routes: "/" }, /routes must be an array/],
    [{ command, routes: [{ path: "a" }] }, /routes\[0\]\.path must begin with \//],
    [{ command, routes: [{ path: "/", verb: "GET" }] }, /routes\[0\] has no option "verb"/],
    [{ command, login: { path: "/l", body: { p: "x" }, password: "a" } }, /login\.body .*\{password\}/],
    [{ command, dependencies: { DB: "nowhere" } }, /dependencies\.DB must be a URL/],
    [
      { command, dependencies: { DB: { url: "http://a", critical: "yes" } } },
      /dependencies\.DB\.critical must be a boolean/,
    ],
    [{ command, thresholds: { start: -1 } }, /thresholds\.start/],
    [{ command, thresholds: { score: 101 } }, /thresholds\.score/],
    [{ command, thresholds: { stat: 1 } }, /thresholds has no option "stat"/],
    [{ command, probes: { live: "livez" } }, /probes\.live must begin with/],
    [{ command, skip: { a: false } }, /skip\.a must be a string/],
    [{ command, only: "start" }, /only must be an array/],
    [{ command, signal: {} }, /signal must be an AbortSignal/],
    [{ command, onAudit: 1 }, /onAudit must be a function/],
    [{ command, comand: 1 }, /survey has no option "comand"/],
  ])("are refused if they are %o", async (options, message) => {
    await expect(survey(options as never)).rejects.toThrow(message);
    await expect(survey(options as never)).rejects.toThrow(TypeError);
  });

  test("have defaults: secrets by their names, HTTP dependencies are not critical, a command of words", () => {
    const options = checkedOptions({
      command: "node  server.js",
      env: { SESSION_SECRET: "x", COLOR: "red" },
      dependencies: { DB: "postgres://h/db", API: "http://h", CORE: { url: "http://core", critical: true } },
    });
    expect(options.command).toEqual(["node", "server.js"]);
    expect(options.secrets).toEqual(["SESSION_SECRET"]);
    expect(options.required).toEqual(["SESSION_SECRET"]);
    expect([...options.critical]).toEqual(["DB", "CORE"]);
    expect(options.thresholds).toMatchObject({ start: 15_000, probe: 1000, score: 80 });
  });

  test("may name a schema, and the published schema knows exactly the options", () => {
    const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../survey.schema.json"), "utf8"));
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    const options = defineSurvey({
      command,
      dependencies: { A: "redis://h", B: { url: "http://h", critical: true } },
      login: { path: "/login", body: { p: "{password}" }, password: "a" },
      thresholds: { start: "3s", lag: 10 },
    });
    const withSchema = { $schema: "https://example.com", ...options };
    expect(validate(withSchema), JSON.stringify(validate.errors)).toBe(true);
    expect(() => checkedOptions(withSchema)).not.toThrow();
    expect(validate({ command, comand: 1 })).toBe(false);
    const known = String(captured(() => checkedOptions({ nothing: 1 } as never)));
    for (const name of Object.keys(schema.properties).filter((one) => one !== "$schema")) expect(known).toContain(name);
  });
});

function captured(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}

describe("a target on another machine", () => {
  test.each(["http://192.0.2.1:80", "https://example.com", "http://127.0.0.1.example.com"])(
    "is refused: %s",
    async (attach) => {
      await expect(survey({ attach })).rejects.toMatchObject({ code: "SURVEY_TARGET_REFUSED" });
    },
  );

  test("is refused if its owner agreed for another host", async () => {
    await expect(survey({ attach: "http://192.0.2.1", ownerAgreed: "192.0.2.2" })).rejects.toMatchObject({
      code: "SURVEY_TARGET_REFUSED",
    });
  });
});
