import { AUDITS } from "../audits/index.ts";
import type { Evidence, Series, ShownExchange, TimelinePoint } from "../evidence.ts";
import { GROUPS } from "../outcome.ts";
import type { AuditResult, SurveyReport } from "../report.ts";
import { coverageText, gradeOf } from "./grade.ts";
import { SCRIPT, STYLE } from "./html-assets.ts";
import { escapeXml as escaped } from "./xml.ts";

const RADIUS = 54;
const ROUND = 2 * Math.PI * RADIUS;

/** The report as one HTML document that needs nothing else: no network, no fonts, no other file. */
export function toHtml(report: SurveyReport): string {
  const { score, coverage, at, target, audits } = report;
  const cap = report.isCapped ? "<p>A critical audit failed, so the score is at most 49.</p>" : "";
  const groups = GROUPS.map((group) =>
    sectionOf(
      group,
      audits.filter((result) => result.group === group),
    ),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>Survey: ${score} of 100</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Production readiness</h1>
<p><code>${escaped(target)}</code><br><time datetime="${escaped(at)}">${escaped(at.slice(0, 16).replace("T", " "))} UTC</time></p>
${gaugeOf(score)}
<p>${coverageText(coverage)}.</p>
${cap}
</header>
<nav aria-label="Filter">
${filter("all", "All", audits.length, true)}
${["fail", "error", "pass", "not-applicable"].map((outcome) => filter(outcome, WORDS[outcome] ?? outcome, audits.filter((result) => result.outcome === outcome).length, false)).join("\n")}
</nav>
<main>
${groups.join("\n")}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

const WORDS: Readonly<Record<string, string>> = {
  pass: "Passed",
  fail: "Failed",
  error: "Could not be carried out",
  "not-applicable": "Does not apply",
};

const filter = (outcome: string, word: string, count: number, isPressed: boolean): string =>
  `<button type="button" data-filter="${outcome}" aria-pressed="${isPressed}">${word} <span>${count}</span></button>`;

function gaugeOf(score: number): string {
  const filled = (ROUND * score) / 100;
  return `<svg class="gauge ${gradeOf(score)}" viewBox="0 0 120 120" role="img" aria-label="Score ${score} of 100">
<circle class="track" cx="60" cy="60" r="${RADIUS}"/>
<circle class="value" cx="60" cy="60" r="${RADIUS}" stroke-dasharray="${filled.toFixed(1)} ${ROUND.toFixed(1)}" transform="rotate(-90 60 60)"/>
<text x="60" y="72" text-anchor="middle">${score}</text></svg>`;
}

function sectionOf(group: string, results: readonly AuditResult[]): string {
  if (results.length === 0) return "";
  return `<section aria-labelledby="group-${group}"><h2 id="group-${group}">${group}</h2>${results.map(auditOf).join("")}</section>`;
}

function auditOf({ id, title, severity, outcome, reason, evidence, wavered }: AuditResult): string {
  const audit = AUDITS.find((one) => one.id === id);
  const open = outcome === "fail" ? " open" : "";
  const word = WORDS[outcome] ?? outcome;
  const waver = wavered === undefined ? "" : `<p>The runs differed: ${wavered.join(", ")}.</p>`;
  const about =
    audit === undefined
      ? ""
      : `<dl><dt>Why</dt><dd>${escaped(audit.why)}</dd><dt>What the audit does</dt><dd>${escaped(audit.does)}</dd>
<dt>What passes</dt><dd>${escaped(audit.passes)}</dd><dt>With Seaworthy</dt><dd>${escaped(audit.mend.seaworthy)}</dd>
<dt>Without</dt><dd>${escaped(audit.mend.otherwise)}</dd></dl><p><a href="${escaped(audit.link)}" rel="noreferrer">Background</a></p>`;
  return `<details class="audit ${outcome}" data-outcome="${outcome}"${open}>
<summary><span class="mark">${word}</span> ${escaped(title)} <span class="severity">${severity}</span></summary>
<p><code>${escaped(id)}</code> ${escaped(reason)}</p>${waver}${evidence.map(evidenceOf).join("")}${about}</details>`;
}

function evidenceOf(piece: Evidence): string {
  if (piece.kind === "note") return `<p>${escaped(piece.text)}</p>`;
  if (piece.kind === "exchange") return exchangeOf(piece.exchange);
  if (piece.kind === "log") return `<pre tabindex="0">${escaped(piece.lines.join("\n"))}</pre>`;
  return piece.kind === "timeline" ? timelineOf(piece.points) : chartOf(piece.series);
}

function exchangeOf({ request, status, headers = {}, body = "", error, duration }: ShownExchange): string {
  const all = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const answer = status === undefined ? [] : [String(status), ...all, "", body];
  const text = [`> ${request}`, ...answer, ...(error === undefined ? [] : [`! ${error}`])].join("\n");
  return `<pre tabindex="0">${escaped(text)}\n(${Math.round(duration)} ms)</pre>`;
}

function timelineOf(points: readonly TimelinePoint[]): string {
  const rows = points.map(({ at, what }) => `<li><time>${at} ms</time> ${escaped(what)}</li>`);
  return `<ol class="timeline">${rows.join("")}</ol>`;
}

const WIDTH = 640;
const HEIGHT = 120;

function chartOf({ label, unit, points }: Series): string {
  if (points.length < 2) return "";
  const [first = [0, 0], last = [1, 0]] = [points[0], points.at(-1)];
  const span = Math.max(1, last[0] - first[0]);
  const highest = Math.max(...points.map(([, value]) => value), 1e-9);
  const line = points
    .map(([at, value]) => {
      const x = ((at - first[0]) / span) * WIDTH;
      return `${x.toFixed(1)},${(HEIGHT - (value / highest) * (HEIGHT - 8)).toFixed(1)}`;
    })
    .join(" ");
  const text = `${label}: at most ${highest} ${unit}`;
  return `<figure><svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(text)}" preserveAspectRatio="none"><polyline points="${line}"/></svg><figcaption>${escaped(text)}</figcaption></figure>`;
}
