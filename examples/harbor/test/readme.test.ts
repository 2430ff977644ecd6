import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf } from "../../../test/docs/blocks.ts";
import { matches } from "../../../test/docs/workshop.ts";
import { type Harbor, startHarbor } from "./harbor.ts";

const blocks = blocksOf(readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8"));
const commands = blocks.flatMap((block, i) => {
  const output = blocks[i + 1]?.isOutput === true ? blocks[i + 1]?.text : undefined;
  return block.language === "sh" && output !== undefined ? [{ command: block.text, output, line: block.line }] : [];
});
const curl = spawnSync("curl", ["--version"]).status === 0;
if (!curl && process.env.CI === "true") throw new Error("curl is not installed, which CI needs");
if (!curl) console.log("Skipped: the README's commands, since curl is not installed.");
let harbor: Harbor;

beforeAll(async () => {
  harbor = await startHarbor({ LOG__LEVEL: "info" });
}, 60_000);
afterAll(() => harbor[Symbol.asyncDispose]());

test("every command of the README has an expected output", () => {
  expect(commands.length).toBe(blocks.filter((block) => block.isOutput).length);
  expect(commands.length).toBeGreaterThanOrEqual(6);
});

// The output of a block depends on the blocks before it.
describe("the README", { shuffle: false }, () => {
  test.skipIf(!curl).each(commands)(
    "the command in line $line prints what the README shows",
    async ({ command, output }) => {
      const here = command
        .replaceAll("http://127.0.0.1:3000", harbor.url)
        .replaceAll("http://127.0.0.1:3001", harbor.upstreamUrl)
        .replaceAll("examples/harbor/data", harbor.directory);
      const shell = spawn("bash", ["-eu", "-c", here], { stdio: ["ignore", "pipe", "inherit"] });
      let printed = "";
      shell.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
      await once(shell, "close");
      if (!matches(printed.replaceAll("\r", ""), output)) expect(printed).toBe(output);
    },
    60_000,
  );
});
