import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { captureTelemetry } from "@seaworthy/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as here from "../src/index.ts";

const root = join(import.meta.dirname, "..");
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "seaworthy-logger-"));
  await cp(join(root, "src"), join(directory, "src"), { recursive: true });
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  const telemetry = join(directory, "src", "telemetry.ts");
  const text = await readFile(telemetry, "utf8");
  const reworded = text.replace(/help: "/g, 'help: "In other words: ').replace(/level: "error"/, 'level: "warn"');
  await writeFile(telemetry, reworded);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test("a version of the package that words its events differently loads beside this one, and both work", async () => {
  const there = (await import(pathToFileURL(join(directory, "src", "index.ts")).href)) as typeof here;
  expect(there.createLogger).not.toBe(here.createLogger);
  using events = captureTelemetry();
  for (const { createLogger } of [here, there]) {
    const lines: string[] = [];
    const logger = createLogger({ destinations: { write: (line: string) => void lines.push(line) } });
    await logger.operation("load", () => 1);
    expect(lines).toHaveLength(1);
  }
  const help = events.of("logger.operation").map(({ definition }) => definition.help);
  expect(help).toEqual(["One operation measured by a logger.", "One operation measured by a logger."]);
});
