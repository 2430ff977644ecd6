// The generated part of docs/reference/events.md. Run by itself it writes the page anew:
//
//   node --conditions=@seaworthy/source packages/metrics/test/events-page.ts
//
// and with --check it exits with 1 if the page is not what it would write.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { definedEvents, type TelemetryDefinition } from "@seaworthy/core";
import { createMetrics, eventSeries } from "../src/index.ts";
import { importTelemetry } from "./telemetry-modules.ts";

const REFERENCE = join(import.meta.dirname, "../../../docs/reference");
const PAGE = join(REFERENCE, "events.md");
const COMMAND = "node --conditions=@seaworthy/source packages/metrics/test/events-page.ts";

/** Puts `content` between the page's markers of this name. */
function fill(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE} lacks the markers of ${name}`);
  return `${page.slice(0, from + begin.length)}\n${content}\n${page.slice(to)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cellText).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function cellText(cell: string): string {
  return cell.replaceAll("|", "\\|").replaceAll("\n", " ");
}

const code = (text: string): string => `\`${text}\``;

function eventSections(events: readonly TelemetryDefinition[]): string {
  const packages = [...new Set(events.map(({ name }) => name.slice(0, name.indexOf("."))))];
  return packages
    .map((name) => {
      const rows = events.filter((event) => event.name.startsWith(`${name}.`)).map(eventRow);
      return `\n### ${name}\n\n${valuesLine(name)}\n\n${table(["Event", "What happened", "Series", "Type", "Labels"], rows)}\n`;
    })
    .join("");
}

/** Where the values of the labels are written down: the chapter on events of the package's own page. */
function valuesLine(name: string): string {
  const chapter = /^## (.*events)$/im.exec(readFileSync(join(REFERENCE, `${name}.md`), "utf8"))?.[1];
  if (chapter === undefined) throw new Error(`docs/reference/${name}.md has no chapter on its events`);
  const anchor = chapter.toLowerCase().replaceAll(" ", "-");
  return `What the labels can be, and when: [@seaworthy/${name}](${name}.md#${anchor}).`;
}

function eventRow(event: TelemetryDefinition): string[] {
  const { name, type, labels } = eventSeries(event);
  return [code(event.name), event.help, code(name), type, labels.map(code).join(", ") || "none"];
}

function bucketRows(): string[][] {
  return (["seconds", "bytes", "ratio", "items"] as const).map((unit) => [
    unit,
    (eventSeries({ name: "a.b", help: "x", unit }).buckets ?? []).join(", "),
  ]);
}

/** The series that createMetrics() makes by itself: name, help and type, off a real render. */
async function ownRows(): Promise<string[][]> {
  await using metrics = createMetrics();
  const snapshots = await metrics.snapshots();
  return snapshots.map(({ name, help, type, values }) => {
    const labels = new Set(values.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== "le"));
    if (name.endsWith("_dropped_total")) for (const label of ["metric", "reason"]) labels.add(label);
    if (/_active_[a-z]+$/.test(name)) labels.add("type"); // none may be active just now
    return [code(name), help, type, [...labels].map(code).join(", ") || "none"];
  });
}

/** The page as it ought to be, made from the page as it is. */
async function build(current: string): Promise<string> {
  await importTelemetry();
  let page = fill(current, "events", eventSections(definedEvents()));
  page = fill(page, "buckets", `\n${table(["Unit", "Upper bounds"], bucketRows())}\n`);
  if (process.platform !== "linux") return page; // some of the process's own series are Linux's alone
  return fill(page, "own", `\n${table(["Series", "What it means", "Type", "Labels"], await ownRows())}\n`);
}

const current = readFileSync(PAGE, "utf8");
const wanted = await build(current);
if (!process.argv.includes("--check")) {
  writeFileSync(PAGE, wanted);
} else if (current !== wanted) {
  console.error(`docs/reference/events.md does not list what the packages emit. Write it anew:\n\n  ${COMMAND}\n`);
  process.exitCode = 1;
}
