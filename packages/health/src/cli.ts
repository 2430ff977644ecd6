#!/usr/bin/env node
import { parseArgs } from "node:util";
import { toMilliseconds } from "@seaworthy/core";
import { probe } from "./internal/probe.ts";

const USAGE = `Usage: seaworthy-health URL [options]

Requests URL once. Exits with 0 if the status is 200 to 299 and the body does not say
unhealthy. Exits with 1 otherwise: another status, a redirect, no answer in time, or
arguments that are not valid.

Options:
  --timeout DURATION  longest time for the whole exchange, such as 500ms or 3s (default 3s)
  --strict            exit with 1 also if the service is degraded
  --quiet             print nothing
  --help              print this help
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<0 | 1> {
  let settings: ReturnType<typeof settingsOf>;
  try {
    settings = settingsOf(args);
  } catch (error) {
    process.stderr.write(`seaworthy-health: ${(error as Error).message}\n\n${USAGE}`);
    return 1;
  }
  if (settings === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { ok, line } = await probe(settings.url, settings);
  if (!settings.quiet) (ok ? process.stdout : process.stderr).write(`${line}\n`);
  return ok ? 0 : 1;
}

function settingsOf(args: string[]): { url: URL; timeout: number; strict: boolean; quiet: boolean } | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      timeout: { type: "string", default: "3s" },
      strict: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new TypeError("one URL is required");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new TypeError("URL must be an absolute URL of http or https");
  const timeout = toMilliseconds(/^\d+$/.test(values.timeout) ? Number(values.timeout) : values.timeout, "--timeout");
  if (timeout === 0 || timeout > 2_147_483_647) throw new TypeError("--timeout must be above 0 and below 25 days");
  return { url, timeout, strict: values.strict, quiet: values.quiet };
}
