#!/usr/bin/env node
import { parseArgs } from "node:util";
import { toMilliseconds } from "@seaworthy/core";
import { failureText } from "@seaworthy/core/listeners";
import { type LocalSettings, runLocalChecks } from "./internal/local-checks.ts";
import { type ProbeResult, probe } from "./internal/probe.ts";

const USAGE = `Usage: seaworthy-health URL [options]
       seaworthy-health --checks FILE [options]

With URL, requests it once. Exits with 0 if the status is 200 to 299 and the body does
not say unhealthy. Exits with 1 otherwise: another status, a redirect, no answer in
time, or arguments that are not valid.

With --checks, imports FILE, which exports health, an object of createHealth(), and runs
its checks. Exits with 0 if they are healthy or degraded, otherwise with 1.

Options:
  --checks FILE       a module that exports health, such as ./checks.ts
  --group NAME        with --checks, run only the checks of this group
  --timeout DURATION  longest time for everything, such as 500ms or 3s (default 3s)
  --strict            exit with 1 also if the service is degraded
  --quiet             print nothing
  --help              print this help
`;

interface Settings extends LocalSettings {
  /** What is probed. */
  readonly target: { readonly url: URL } | { readonly file: string };
  readonly quiet: boolean;
}

const code = await main(process.argv.slice(2));
process.exitCode = code;
// Clients of the checks may keep the process alive. Both streams are flushed first.
const flushed = [process.stdout, process.stderr].map((out) => {
  out.on("error", () => undefined); // a reader that has left must not change the exit code
  return new Promise((resolve) => out.write("", resolve));
});
void Promise.all(flushed).then(() => process.exit(code));

async function main(args: string[]): Promise<0 | 1> {
  let settings: Settings | undefined;
  try {
    settings = settingsOf(args);
  } catch (error) {
    process.stderr.write(`seaworthy-health: ${failureText(error)}\n\n${USAGE}`);
    return 1;
  }
  if (settings === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { ok, line } = await run(settings);
  if (!settings.quiet) (ok ? process.stdout : process.stderr).write(`${line}\n`);
  return ok ? 0 : 1;
}

function run(settings: Settings): Promise<ProbeResult> {
  const { target } = settings;
  return "url" in target ? probe(target.url, settings) : runLocalChecks(target.file, settings);
}

function settingsOf(args: string[]): Settings | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      checks: { type: "string" },
      group: { type: "string" },
      timeout: { type: "string", default: "3s" },
      strict: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { checks: file, group, strict, quiet } = values;
  if (file !== undefined && positionals.length > 0) throw new TypeError("URL and --checks exclude each other");
  if (file === undefined && group !== undefined) throw new TypeError("--group needs --checks");
  const target = file === undefined ? { url: urlOf(positionals) } : { file };
  return { target, timeout: timeoutOf(values.timeout), group, strict, quiet };
}

function urlOf(positionals: readonly string[]): URL {
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new TypeError("one URL is required");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new TypeError("URL must be an absolute URL of http or https");
  return url;
}

function timeoutOf(text: string): number {
  const timeout = toMilliseconds(/^\d+$/.test(text) ? Number(text) : text, "--timeout");
  if (timeout === 0 || timeout > 2_147_483_647) throw new TypeError("--timeout must be above 0 and below 25 days");
  return timeout;
}
