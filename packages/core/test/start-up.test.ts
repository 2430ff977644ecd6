import { execFileSync } from "node:child_process";
import { STATUS_CODES } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { STATUS_TITLES } from "../src/internal/status-titles.ts";

it("the titles of statuses are those of node:http", () => {
  const errors = Object.entries(STATUS_CODES).filter(([status]) => Number(status) >= 400);
  expect(STATUS_TITLES).toEqual(Object.fromEntries(errors));
});

it("importing the package does not load the HTTP modules", () => {
  const index = join(import.meta.dirname, "../src/index.ts");
  const script = `await import(${JSON.stringify(index)}); console.log(process.moduleLoadList.join("\\n"))`;
  const loaded = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).split(
    "\n",
  );
  expect(loaded.length).toBeGreaterThan(10);
  for (const name of ["http", "https"]) expect(loaded).not.toContain(`NativeModule ${name}`);
});
