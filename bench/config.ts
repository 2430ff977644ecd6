import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flag, list, loadConfig, port } from "@seaworthy/config";
import { createEnv } from "@t3-oss/env-core";
import convict from "convict";
import { bool, cleanEnv, num, str } from "envalid";
import { z } from "zod";
import { compare, median, print, shuffled } from "./harness.ts";

// Sixty values in ten sections: each section has a port, two strings, a boolean, a number and an array.
const sections = Array.from({ length: 10 }, (_, index) => `section${index}`);
const env: Record<string, string> = {};
for (const name of sections) {
  const prefix = name.toUpperCase();
  Object.assign(env, {
    [`${prefix}__PORT`]: "8080",
    [`${prefix}__HOST`]: "host.example",
    [`${prefix}__NAME`]: "a name",
    [`${prefix}__ENABLED`]: "true",
    [`${prefix}__LIMIT`]: "250",
    [`${prefix}__TAGS`]: "a,b,c",
  });
}
const every = <T>(make: (variable: string) => Record<string, T>): Record<string, T> =>
  Object.assign({}, ...sections.map((name) => make(name.toUpperCase())));
const split = (text: string): string[] => text.split(",");

const schema = z.object(
  Object.fromEntries(
    sections.map((name) => [
      name,
      z.object({
        port: port(),
        host: z.string(),
        name: z.string(),
        enabled: flag(),
        limit: z.number(),
        tags: list(),
      }),
    ]),
  ),
);
const flat = every((name) => ({
  [`${name}__PORT`]: z.coerce.number().int().min(1).max(65_535) as z.ZodType,
  [`${name}__HOST`]: z.string(),
  [`${name}__NAME`]: z.string(),
  [`${name}__ENABLED`]: z.stringbool(),
  [`${name}__LIMIT`]: z.coerce.number(),
  [`${name}__TAGS`]: z.string().transform(split),
}));
const plain = z.object(flat);
const envalidSpec = every((name) => ({
  [`${name}__PORT`]: num() as unknown,
  [`${name}__HOST`]: str(),
  [`${name}__NAME`]: str(),
  [`${name}__ENABLED`]: bool(),
  [`${name}__LIMIT`]: num(),
  [`${name}__TAGS`]: str(),
})) as Record<string, ReturnType<typeof str>>;
const convictSpec = Object.fromEntries(
  sections.map((name) => {
    const entry = (key: string, format: unknown, fallback: unknown): Record<string, unknown> => ({
      [key]: { format, default: fallback, env: `${name.toUpperCase()}__${key.toUpperCase()}` },
    });
    const text = { ...entry("host", String, ""), ...entry("name", String, ""), ...entry("tags", Array, []) };
    return [
      name,
      { ...entry("port", "port", 1), ...text, ...entry("enabled", Boolean, false), ...entry("limit", Number, 0) },
    ];
  }),
);

const directory = mkdtempSync(join(tmpdir(), "seaworthy-bench-"));
writeFileSync(join(directory, "default.json"), JSON.stringify({ section0: { port: 1 } }));
try {
  await compare(
    "load of 60 values from the environment",
    {
      "zod alone": () => plain.parse(env),
      "@t3-oss/env-core": () => createEnv({ server: flat, runtimeEnv: env }),
      envalid: () => cleanEnv(env, envalidSpec),
      convict: () => convict(convictSpec as never, { env, args: [] }).validate(),
      "@seaworthy/config": () => loadConfig(schema, { env, directory: false, envFile: false }),
      "@seaworthy/config, with files": () => loadConfig(schema, { env, directory, envFile: false }),
    },
    { asynchronous: true },
  );
} finally {
  rmSync(directory, { recursive: true });
}

if (existsSync(join(import.meta.dirname, "../packages/config/dist/index.js"))) startUp();
else console.log("\nstart-up: build @seaworthy/config first to measure it");

/** Whole processes, interleaved. Without the condition for sources they run what users get. */
function startUp(): void {
  const keys = JSON.stringify(Object.keys(env));
  const entries = (text: string): string => `Object.fromEntries(${keys}.map((key) => [key, ${text}]))`;
  const zod = 'import { z } from "zod";';
  processes("start-up of a process that imports", "zod", {
    "empty program": "",
    zod,
    "zod and @seaworthy/config": `${zod} import "@seaworthy/config";`,
    "zod and @t3-oss/env-core": `${zod} import "@t3-oss/env-core";`,
    convict: 'import "convict";',
    envalid: 'import "envalid";',
  });
  processes("a process that imports and loads 60 texts once", "zod", {
    zod: `${zod} z.object(${entries("z.string()")}).parse(process.env);`,
    "@t3-oss/env-core": `${zod} import { createEnv } from "@t3-oss/env-core"; createEnv({ server: ${entries("z.string()")}, runtimeEnv: process.env });`,
    "@seaworthy/config": `${zod} import { loadConfig } from "@seaworthy/config"; await loadConfig(z.object(${entries("z.string().meta({ env: key })")}));`,
    convict: `import convict from "convict"; convict(${entries('{ format: String, default: "", env: key }')}).validate();`,
    envalid: `import { cleanEnv, str } from "envalid"; cleanEnv(process.env, ${entries("str()")});`,
  });
}

function processes(title: string, baseline: string, programs: Record<string, string>): void {
  const samples = new Map(Object.keys(programs).map((name) => [name, [] as number[]]));
  const options = { cwd: import.meta.dirname, env: { ...process.env, ...env }, stdio: "inherit" } as const;
  for (let round = 0; round < 25; round++) {
    for (const name of shuffled(Object.keys(programs))) {
      const start = process.hrtime.bigint();
      spawnSync(process.execPath, ["--input-type=module", "-e", programs[name] as string], options);
      samples.get(name)?.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
  }
  const figures = Object.fromEntries([...samples].map(([name, times]) => [name, median(times)]));
  print(title, figures, baseline, "ms");
}
