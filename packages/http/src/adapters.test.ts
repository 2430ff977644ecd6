import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

test.each(["node", "express", "fastify", "hono"])("the adapter for %s has 150 lines at most", (name) => {
  const lines = readFileSync(join(import.meta.dirname, `${name}.ts`), "utf8").split("\n").length - 1;
  expect(lines).toBeLessThanOrEqual(150);
});
