import { readdirSync, readFileSync } from "node:fs";
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
      expect(text).toMatch(/^[A-Za-z@].{15,}\.$/s);
    expect(URL.canParse(audit.link)).toBe(true);
  },
);

test("what mends a failure with Seaworthy names functions that the packages have", () => {
  const packages = join(import.meta.dirname, "../..");
  const doors = readdirSync(packages).map((name) => readFileSync(join(packages, name, "src/index.ts"), "utf8"));
  const exported = doors.join("\n");
  for (const { id, mend } of audits) {
    // Methods, such as edge.guard(), are not exported by their names.
    for (const [, name] of mend.seaworthy.matchAll(/(?<![.\w])([a-z]\w+)\(/g))
      expect(exported, id).toMatch(new RegExp(`\\b${name}\\b`));
  }
});

test("no two audits have the same id", () => {
  expect(new Set(audits.map(({ id }) => id)).size).toBe(audits.length);
});
