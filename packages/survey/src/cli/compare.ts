import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isObject } from "@seaworthy/core/objects";
import { type Change, compareReports } from "../compare.ts";
import type { SurveyReport } from "../report.ts";
import type { CliPlace } from "./place.ts";

/** Prints what changed from one report to another. The exit code is 1 if an audit got worse. */
export async function compare(files: readonly string[], { out, cwd }: CliPlace): Promise<number> {
  const [before, after, ...more] = files;
  if (before === undefined || after === undefined || more.length > 0) throw new TypeError("give two reports");
  const [first, second] = await Promise.all([before, after].map((file) => readReport(resolve(cwd, file))));
  if (first === undefined || second === undefined) throw new TypeError("give two reports");
  const { score, worse, better, other } = compareReports(first, second);
  out(`Score ${first.score} → ${second.score} (${score >= 0 ? "+" : ""}${score})`);
  const show = (title: string, changes: readonly Change[]): void => {
    if (changes.length > 0) out(`\n${title}`);
    for (const change of changes) out(`  ${change.id}: ${change.before} → ${change.after}`);
  };
  show("Worse", worse);
  show("Better", better);
  show("Other changes", other);
  return worse.length > 0 ? 1 : 0;
}

async function readReport(file: string): Promise<SurveyReport> {
  const content: unknown = JSON.parse(await readFile(file, "utf8"));
  if (!isObject(content) || content.version !== 1 || !Array.isArray(content.audits))
    throw new Error(`${file} is not a report of this version`);
  return content as unknown as SurveyReport;
}
