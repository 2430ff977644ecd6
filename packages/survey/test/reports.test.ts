import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import {
  type AuditResult,
  audits,
  type SurveyReport,
  toHtml,
  toJunit,
  toMarkdown,
  toSarif,
  toTerminal,
} from "../src/index.ts";
import { report, result } from "./samples.ts";

const HOSTILE = `<script>alert(1)</script> & "quotes" 'single' | pipe \u0000\u0008 \ud800 ]]> [link](javascript:x)`;

const evidence: AuditResult["evidence"] = [
  { kind: "note", text: HOSTILE },
  { kind: "log", lines: [HOSTILE, "second"] },
  {
    kind: "timeline",
    points: [
      { at: 0, what: "SIGTERM" },
      { at: 12, what: HOSTILE },
    ],
  },
  {
    kind: "series",
    series: {
      label: HOSTILE,
      unit: "ms",
      points: [
        [0, 1],
        [10, 5],
        [20, 0],
      ],
    },
  },
  {
    kind: "exchange",
    exchange: { request: `GET /${HOSTILE}`, status: 200, headers: { a: HOSTILE }, body: HOSTILE, duration: 1.6 },
  },
  { kind: "exchange", exchange: { request: "GET /", error: "reset: ECONNRESET", duration: 3 } },
];

const sample: SurveyReport = report([
  result("start/ready-in-time", "fail", { severity: "critical", reason: HOSTILE, evidence }),
  result("start/port-in-use", "pass"),
  result("start/after-kill", "error", { reason: "It broke." }),
  result("shutdown/in-flight", "fail", { group: "shutdown", severity: "minor", wavered: ["pass", "fail"] }),
  result("health/recovers", "not-applicable", { group: "health" }),
]);

describe("the JSON report", () => {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../report.schema.json"), "utf8"));
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);

  test("is valid by its published schema", () => {
    expect(validate(JSON.parse(JSON.stringify(sample))), JSON.stringify(validate.errors)).toBe(true);
  });

  test("is not valid with an outcome that does not exist", () => {
    const wrong = report([result("start/a", "maybe" as never)]);
    expect(validate(JSON.parse(JSON.stringify(wrong)))).toBe(false);
  });
});

describe("the report for a terminal", () => {
  test("names failures with what mends them, the most severe first, and has no colors unless they are wanted", () => {
    const text = toTerminal(sample);
    const mend = audits.find(({ id }) => id === "start/ready-in-time")?.mend.otherwise ?? "missing";
    expect(text).toContain(mend);
    expect(text.indexOf("start/ready-in-time")).toBeLessThan(text.indexOf("shutdown/in-flight"));
    expect(text).toContain("Score 26 of 100");
    expect(text).toContain("3 of 5 audits were carried out, 1 do not apply, 1 could not be carried out");
    expect(text).toContain("The runs differed: pass, fail.");
    expect(text).not.toContain("\u001b[");
    // What a service writes must not move the cursor of the terminal.
    expect(text).not.toContain("\u0008");
    expect(toTerminal(sample, { colors: true })).toContain("\u001b[");
  });
});

describe("the report as Markdown", () => {
  test("has a table of failures in which text of the service is not markup", () => {
    const text = toMarkdown(sample);
    expect(text).toContain("## Production readiness: 26 of 100");
    expect(text).toContain("| `start/ready-in-time` | critical |");
    expect(text).not.toMatch(/[^\\]<script>/);
    expect(text).toContain("\\| pipe");
    expect(text).toContain("### Could not be carried out");
    expect(toMarkdown(report([result("start/a", "pass")]))).not.toContain("### Failed");
  });
});

describe("the report as JUnit XML", () => {
  test("counts outcomes and escapes text", () => {
    const text = toJunit(sample);
    expect(text).toContain('<testsuites name="survey" tests="5" failures="2" errors="1" skipped="1"');
    expect(text).toContain('<testsuite name="shutdown" tests="1" failures="1" errors="0" skipped="0"');
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toContain("\u0000");
    expect(text).not.toContain("\u0008");
    expect(text.isWellFormed()).toBe(true);
    expect(text.match(/<testcase /g)).toHaveLength(5);
  });
});

describe("the report as SARIF", () => {
  test("has one result per failure, each with its rule", () => {
    const { version, runs } = JSON.parse(toSarif(sample));
    expect(version).toBe("2.1.0");
    const [{ tool, results }] = runs;
    expect(results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual([
      "start/ready-in-time",
      "shutdown/in-flight",
    ]);
    expect(results.map(({ level }: { level: string }) => level)).toEqual(["error", "warning"]);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
  });
});

describe("the report as HTML", () => {
  const text = toHtml(sample);

  test("has no address of another machine that a browser would load", () => {
    expect(text).not.toMatch(/(?:src|srcset)=|@import|url\((?!data:)|<link/);
    expect(text).toContain("default-src 'none'");
  });

  test("shows text of the service as text", () => {
    expect(text).not.toContain("<script>alert");
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  test("shows every audit, opens the failures, and draws series and timelines", () => {
    expect(text.match(/<details class="audit/g)).toHaveLength(5);
    expect(text.match(/<details [^>]* open>/g)).toHaveLength(2);
    expect(text).toContain("<polyline");
    expect(text).toContain("12 ms</time>");
    expect(text).toContain("! reset: ECONNRESET");
  });
});
