import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Block, Page } from "./blocks.ts";

const root = join(import.meta.dirname, "..", "..");
/** Below `docs/`, so that the snippets resolve the packages that `docs/package.json` names. */
const workshop = join(root, "docs", ".snippets");
const SECONDS_TO_RUN = 180;

/** What a block printed and how it ended. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

const folderOf = (page: Page): string => join(workshop, page.path.replace(/[^\w.-]+/g, "_"));
const fileOf = (block: Block): string => `block-${String(block.line).padStart(4, "0")}.ts`;

/** Lays out every page's snippets, and the command-line programs under their own names. */
export function layOut(pages: readonly Page[]): void {
  rmSync(workshop, { recursive: true, force: true });
  for (const page of pages) {
    const folder = folderOf(page);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }\n');
    for (const block of page.blocks) {
      if (block.language === "ts" && block.file === undefined)
        writeFileSync(join(folder, fileOf(block)), `${block.text}\nexport {};\n`);
      if (block.language === "ts" && block.file !== undefined) writeInto(folder, block.file, block.text);
    }
  }
  writeFileSync(
    join(workshop, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        isolatedDeclarations: false,
        declaration: false,
      },
      include: ["**/*.ts"],
      exclude: [],
    }),
  );
  layOutPrograms();
}

function layOutPrograms(): void {
  const bin = join(workshop, "bin");
  mkdirSync(bin, { recursive: true });
  for (const name of readdirSync(join(root, "packages"))) {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
      bin?: Record<string, string>;
    };
    for (const [program, built] of Object.entries(manifest.bin ?? {})) {
      const source = join(root, "packages", name, built.replace("./dist/", "src/").replace(/\.js$/, ".ts"));
      writeFileSync(
        join(bin, program),
        `#!/bin/sh\nexec "${process.execPath}" --conditions=@seaworthy/source "${source}" "$@"\n`,
      );
      chmodSync(join(bin, program), 0o755);
    }
  }
}

/** Type errors of all snippets, each line beginning with the snippet's path. */
export function typeErrors(): string[] {
  const compiler = join(root, "node_modules", "@typescript", "native", "bin", "tsc");
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [compiler, "--noEmit", "--pretty", "false", "-p", workshop],
    { encoding: "utf8", cwd: workshop },
  );
  const errors = stdout.split("\n").filter((line) => / error TS\d+/.test(line));
  if (status !== 0 && errors.length === 0) throw new Error(`the type check could not run: ${stdout}${stderr}`);
  return errors;
}

/** The type errors that belong to one page. */
export const errorsOf = (page: Page, errors: readonly string[]): string[] =>
  errors.filter((line) => line.startsWith(`${folderOf(page).slice(workshop.length + 1)}/`));

function writeInto(folder: string, file: string, text: string): void {
  const path = join(folder, file);
  if (!path.startsWith(folder)) throw new Error(`a block writes outside its page: ${file}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Does what a block is for: writes it, runs it, parses it or checks it. `undefined` where there is nothing to run. */
export async function perform(page: Page, block: Block): Promise<Outcome | undefined> {
  if (block.file !== undefined) return void writeInto(folderOf(page), block.file, block.text);
  switch (block.language) {
    case "ts":
      return run(page, process.execPath, ["--conditions=@seaworthy/source", "--expose-gc", fileOf(block)]);
    case "sh": {
      const lines = block.text.split("\n").filter((line) => !isCheckedOnly(line));
      return run(page, "bash", ["-eu", "-c", lines.join("\n")]);
    }
    case "json":
      return void JSON.parse(block.text);
    case "yaml":
      return void parseAllDocuments(block.text).forEach((document) => {
        if ("errors" in document && document.errors.length > 0) throw document.errors[0];
      });
    default:
      return undefined;
  }
}

/** Runs all `ts` blocks of a page in one process, one after the other. */
export function performTogether(page: Page): Promise<Outcome> {
  const order = page.blocks.filter((block) => block.language === "ts");
  const lines = order.map((_, i) => `await import("./example-${i}.ts");`);
  const folder = folderOf(page);
  for (const [i, block] of order.entries())
    writeFileSync(join(folder, `example-${i}.ts`), `${block.text}\nexport {};\n`);
  writeFileSync(join(folder, "all.ts"), `${lines.join("\n")}\nexport {};\n`);
  return run(page, process.execPath, ["--conditions=@seaworthy/source", "--expose-gc", "all.ts"]);
}

/** Lines that would change the machine: what they name is checked in place of running them. */
function isCheckedOnly(line: string): boolean {
  const script = /^(?:npm|pnpm)(?: run)? (?!install\b|i\b|add\b|init\b|pkg\b)([\w:]+)/.exec(line)?.[1];
  if (script !== undefined) {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    if (!(script in scripts)) throw new Error(`no such script: ${script}`);
    return true;
  }
  const installed = /^(?:npm|pnpm) (?:install|i|add)\b(.*)$/.exec(line)?.[1];
  for (const name of installed?.match(/@seaworthy\/[\w-]+/g) ?? [])
    readFileSync(join(root, "packages", name.slice(11), "package.json"));
  return (
    installed !== undefined ||
    /^npm (init|pkg set)\b|^(git clone|cd seaworthy\b|docker |kubectl |npx changeset|bash \.ci\/run)/.test(line)
  );
}

function run(page: Page, command: string, args: string[]): Promise<Outcome> {
  const path = [join(workshop, "bin"), dirname(process.execPath), process.env.PATH].join(delimiter);
  // The pages show what happens on a machine where none of these is set.
  const { CI, NODE_ENV, VITEST, NODE_OPTIONS, DATABASE_URL, REDIS_URL, AMQP_URL, ...environment } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folderOf(page),
      // A block's own `node` resolves the packages to their sources too, and so do the processes that it starts.
      env: { ...environment, PATH: path, NO_COLOR: "1", NODE_OPTIONS: "--conditions=@seaworthy/source" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const outcome: Outcome = { code: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (outcome.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (outcome.stderr += text));
    const limit = setTimeout(() => child.kill("SIGKILL"), SECONDS_TO_RUN * 1000);
    child.once("error", reject).once("close", (code) => {
      clearTimeout(limit);
      resolve({ ...outcome, code });
    });
  });
}

/** Whether `printed` is what `expected` says, `…` in it standing for anything. */
export function matches(printed: string, expected: string): boolean {
  const literal = expected
    .trimEnd()
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join("[\\s\\S]*?")}$`).test(printed.trimEnd());
}
