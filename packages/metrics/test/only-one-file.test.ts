import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "../src");

test("exactly one file of the package touches prom-client", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const touching = files.filter((file) => /(from|import\(|require\()\s*"prom-client/.test(read(file)));
  expect(touching).toEqual([join("internal", "prom.ts")]);
});

function read(file: string): string {
  return readFileSync(join(source, file), "utf8");
}
