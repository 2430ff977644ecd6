import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const here = join(import.meta.dirname, "..");
const page = readFileSync(join(here, "../../docs/explanation/auth-and-asvs.md"), "utf8");
const sources = ["src", "test"]
  .flatMap((folder) =>
    readdirSync(join(here, folder), { recursive: true }).map((name) => join(here, folder, `${name}`)),
  )
  .filter((path) => path.endsWith(".ts") && !path.endsWith("asvs.test.ts"))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

describe("the mapping to OWASP ASVS 5", () => {
  test("names only tests that there are", () => {
    const titles = [...page.matchAll(/“([^”]+)”/g)]
      .map(([, title]) => String(title))
      .filter((title) => title !== "Host");
    expect(titles.length).toBeGreaterThan(30);
    expect(titles.filter((title) => !sources.includes(`"${title}"`))).toEqual([]);
  });

  test("has each requirement once, in order", () => {
    const rows = [...page.matchAll(/^\| ([\d., ]+) \| [\d, ]+ \| /gm)].map(([, numbers]) => String(numbers));
    const numbers = rows.flatMap((row) => row.split(", "));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const chapter of ["6", "7", "8", "9", "10"]) {
      const own = numbers.filter((number) => number.startsWith(`${chapter}.`));
      const sorted = [...own].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
      expect(own).toEqual(sorted);
    }
  });
});
