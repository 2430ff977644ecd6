import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import { isSensitiveKey } from "@seaworthy/core/redaction";
import type { CliPlace } from "./place.ts";

const FILE = "survey.config.json";
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+/i;

/** Writes a configuration from what the folder shows: the start script, and the variables of .env.example. */
export async function init(command: readonly string[] | undefined, { out, cwd }: CliPlace): Promise<number> {
  const file = join(cwd, FILE);
  if (existsSync(file)) throw new TypeError(`${FILE} exists already`);
  const variables = await variablesOf(cwd);
  const dependencies = variables.filter(([, value]) => URL_LIKE.test(value));
  const others = variables.filter(([, value]) => !URL_LIKE.test(value));
  const secrets = others.map(([name]) => name).filter((name) => isSensitiveKey(name));
  const config = withoutUndefined({
    $schema: "https://unpkg.com/@seaworthy/survey/survey.schema.json",
    command: command ?? (await startCommand(cwd)),
    env: others.length > 0 ? Object.fromEntries(others) : undefined,
    secrets: secrets.length > 0 ? secrets : undefined,
    dependencies: dependencies.length > 0 ? Object.fromEntries(dependencies) : undefined,
    routes: [{ path: "/" }],
  });
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`);
  out(`Wrote ${FILE}. Add routes with bodies, a slowRoute, a login and an errorRoute, and run seaworthy-survey.`);
  return 0;
}

async function startCommand(cwd: string): Promise<readonly string[]> {
  const text = await readFile(join(cwd, "package.json"), "utf8").catch(() => "{}");
  const start = readMember(readMember(JSON.parse(text), "scripts"), "start");
  // Without npm in between, signals reach the service itself.
  if (typeof start === "string" && /^node\s[^&|;<>$`"']*$/.test(start)) return start.split(/\s+/);
  return typeof start === "string" ? ["npm", "start"] : ["node", "server.js"];
}

async function variablesOf(cwd: string): Promise<readonly (readonly [name: string, value: string])[]> {
  for (const name of [".env.example", ".env.sample", ".env.template"]) {
    const text = await readFile(join(cwd, name), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    return [...text.matchAll(/^(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*["']?(.*?)["']?\s*$/gm)].map(
      ([, variable = "", value = ""]) => [variable, value] as const,
    );
  }
  return [];
}
