import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import { AUDITS } from "../audits/index.ts";
import type { SurveyOptions } from "../options.ts";
import type { SurveyReport } from "../report.ts";
import { toHtml } from "../reports/html.ts";
import { toJunit } from "../reports/junit.ts";
import { toMarkdown } from "../reports/markdown.ts";
import { toSarif } from "../reports/sarif.ts";
import { terminalLine, toTerminal } from "../reports/terminal.ts";
import { survey } from "../survey.ts";
import { compare } from "./compare.ts";
import { readConfig } from "./config-file.ts";
import { init } from "./init.ts";
import type { CliPlace } from "./place.ts";
import { USAGE } from "./usage.ts";

const OPTIONS = {
  config: { type: "string" },
  only: { type: "string" },
  json: { type: "string" },
  html: { type: "string" },
  markdown: { type: "string" },
  junit: { type: "string" },
  sarif: { type: "string" },
  score: { type: "string" },
  "owner-agreed": { type: "string" },
  quiet: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parse>["values"];

const COMMANDS = ["attach", "init", "list", "explain", "compare"];

/** Runs the program and returns its exit code. */
export async function main(args: readonly string[], place: CliPlace): Promise<number> {
  try {
    const { values, positionals, command } = parse(args);
    const [name, ...rest] = positionals;
    if (values.help === true) place.out(USAGE);
    if (values.help === true) return 0;
    if (name !== undefined && !COMMANDS.includes(name))
      throw new TypeError(`there is no command ${name}; write the service behind --`);
    if (name === "list") return list(place);
    if (name === "explain") return explain(rest[0], place);
    if (name === "compare") return await compare(rest, place);
    if (name === "init") return await init(command, place);
    return await run(values, name === "attach" ? { attach: one(rest, "a URL") } : { command }, place);
  } catch (error) {
    place.err(`seaworthy-survey: ${describe(error)}`);
    if (error instanceof TypeError) place.err(`\n${USAGE}`);
    return 2;
  }
}

function parse(args: readonly string[]) {
  const at = args.indexOf("--");
  const own = at < 0 ? args : args.slice(0, at);
  const command = at < 0 ? undefined : args.slice(at + 1);
  return { ...parseArgs({ args: [...own], allowPositionals: true, options: OPTIONS }), command };
}

async function run(
  values: Values,
  given: { attach?: string; command?: readonly string[] | undefined },
  place: CliPlace,
): Promise<number> {
  const file = await readConfig(place.cwd, values.config);
  const target = given.attach !== undefined ? { attach: given.attach, command: undefined } : given;
  const chosen = target.command === undefined && given.attach === undefined ? {} : target;
  const only = values.only?.split(",");
  const thresholds =
    values.score === undefined ? file?.thresholds : { ...file?.thresholds, score: Number(values.score) };
  let group = "";
  const options: SurveyOptions = withoutUndefined({
    cwd: place.cwd,
    ...file,
    ...chosen,
    ...withoutUndefined({ only, thresholds, ownerAgreed: values["owner-agreed"], signal: place.signal }),
    onAudit: (result) => {
      if (values.quiet === true) return;
      if (result.group !== group) place.out(`\n${result.group}`);
      group = result.group;
      place.out(terminalLine(result, { colors: place.colors }));
    },
  } satisfies { [K in keyof SurveyOptions]: SurveyOptions[K] | undefined });
  if (options.command === undefined && options.attach === undefined)
    throw new TypeError("give a command behind --, or name it in survey.config.json");
  const report = await survey(options);
  await write(report, values, place.cwd);
  place.out(values.quiet === true ? String(report.score) : `\n${toTerminal(report, { colors: place.colors })}`);
  return report.score >= (options.thresholds?.score ?? 80) ? 0 : 1;
}

async function write(report: SurveyReport, values: Values, cwd: string): Promise<void> {
  const formats = {
    json: (all: SurveyReport) => `${JSON.stringify(all, undefined, 2)}\n`,
    html: toHtml,
    markdown: toMarkdown,
    junit: toJunit,
    sarif: toSarif,
  } as const;
  for (const [name, format] of Object.entries(formats)) {
    const file = readMember(values, name);
    if (typeof file === "string") await writeFile(resolve(cwd, file), format(report));
  }
}

function list(place: CliPlace): number {
  for (const { id, severity, title } of AUDITS) place.out(`${id.padEnd(38)} ${severity.padEnd(9)} ${title}`);
  return 0;
}

function explain(id: string | undefined, place: CliPlace): number {
  const audit = AUDITS.find((each) => each.id === id);
  if (audit === undefined) throw new TypeError(`there is no audit ${id}; list shows all`);
  const { title, severity, why, does, passes, mend, link } = audit;
  place.out(`${audit.id} (${severity})\n${title}\n\nWhy: ${why}\nWhat it does: ${does}\nWhat passes: ${passes}`);
  place.out(`With Seaworthy: ${mend.seaworthy}\nWithout: ${mend.otherwise}\nBackground: ${link}`);
  return 0;
}

function one(rest: readonly string[], what: string): string {
  const [first, ...more] = rest;
  if (first === undefined || more.length > 0) throw new TypeError(`give ${what}`);
  return first;
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const context = readMember(error, "context");
  const parts = ["reason", "host", "file", "output"]
    .map((name) => readMember(context, name))
    .filter((part) => typeof part === "string" && part !== "");
  return [message, ...parts].join("\n  ");
}
