import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { audits } from "../src/index.ts";
import { GROUPS } from "../src/outcome.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/reference/survey.md"), "utf8");

test.each(audits.map((audit) => [audit.id, audit] as const))(
  "%s is on the reference page, and says what it is",
  (id, audit) => {
    expect(page).toContain(`| \`${id}\` | ${audit.severity} | ${audit.title} |`);
    expect(GROUPS).toContain(id.split("/")[0]);
    for (const text of [audit.why, audit.does, audit.passes, audit.mend.seaworthy, audit.mend.otherwise])
      expect(text).toMatch(/^[A-Z].{15,}\.$/s);
    expect(URL.canParse(audit.link)).toBe(true);
  },
);

test("no two audits have the same id", () => {
  expect(new Set(audits.map(({ id }) => id)).size).toBe(audits.length);
});
