#!/usr/bin/env node
import { parseArgs } from "node:util";
import { toMilliseconds } from "@seaworthy/core";
import { probe } from "./internal/probe.ts";

const USAGE = `Usage: seaworthy-health URL [options]

Asks URL once and exits 0 when it answers 200 to 299, otherwise 1: another status,
a redirect, a body that says unhealthy, no answer in time, or arguments that cannot
be understood.

Options:
  --timeout DURATION  how long the whole exchange may take, like 500ms or 3s (default 3s)
  --strict            exit 1 when the service says that it is degraded, too
  --quiet             print nothing
  --help              print this
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
  if (text === undefined || more.length > 0) throw new TypeError("give one URL");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new TypeError("URL must be an absolute one of http or https");
  const timeout = toMilliseconds(/^\d+$/.test(values.timeout) ? Number(values.timeout) : values.timeout, "--timeout");
  if (timeout === 0 || timeout > 2_147_483_647) throw new TypeError("--timeout must be above 0 and below 25 days");
  return { url, timeout, strict: values.strict, quiet: values.quiet };
}
