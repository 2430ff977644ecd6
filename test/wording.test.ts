import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isRead, type Passage, passagesOf } from "./wording/passages.ts";
import { PENDING } from "./wording/pending.ts";
import { TURNS, type Turn } from "./wording/turns.ts";

const root = join(import.meta.dirname, "..");
const paths = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .stdout.split("\n")
  // The table of turns and this test have to contain them.
  .filter((path) => isRead(path) && !path.startsWith("test/wording") && existsSync(join(root, path)));

const belongs = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);

/** The sentence or table cell around a match, shortened to what fits on a line. */
function sentenceAround(text: string, from: number, to: number): string {
  const before = text.slice(Math.max(0, from - 90), from).replace(/^.*(?:[.!?:|] |\*\/)/, "");
  const after = /^.*?(?:[.!?|](?= |$)|$)/.exec(text.slice(to, to + 90))?.[0] ?? "";
  return `${before}${text.slice(from, to)}${after}`.trim();
}

function complaintsOf(path: string, { kind, text, lineOf }: Passage): string[] {
  const isMeant = ({ kinds }: Turn): boolean => (kinds === undefined ? kind !== "name" : kinds.includes(kind));
  return TURNS.filter(isMeant).flatMap(({ pattern, why, instead }) =>
    [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(
      ({ index, 0: found }) =>
        `${path}:${lineOf(index)} “${sentenceAround(text, index, index + found.length)}”\n    “${found.trim()}”: ${why}; write ${instead}`,
    ),
  );
}

const complaints = new Map(
  paths.map((path) => [path, passagesOf(root, path).flatMap((passage) => complaintsOf(path, passage))]),
);

describe("the wording", () => {
  test("of documents, docstrings, comments, messages and names is plain technical English", () => {
    expect(paths.length).toBeGreaterThan(500);
    const found = [...complaints]
      .filter(([path]) => !PENDING.some((place) => belongs(path, place)))
      .flatMap(([, lines]) => lines);
    expect(found.length, `CONTRIBUTING.md, “How we write”, explains these:\n${found.join("\n")}`).toBe(0);
  });

  test("is pending only in places that exist; those without a complaint are printed", () => {
    for (const place of PENDING) {
      const here = [...complaints].filter(([path]) => belongs(path, place));
      expect(here.length, `${place} in test/wording/pending.ts is empty`).toBeGreaterThan(0);
      const count = here.flatMap(([, lines]) => lines).length;
      if (count === 0) console.log(`${place} has no complaint left: remove it from test/wording/pending.ts`);
    }
  });
});

describe("the reader of passages", () => {
  const folder = mkdtempSync(join(tmpdir(), "wording-"));
  const found = (name: string, text: string): string[] => {
    writeFileSync(join(folder, name), text);
    return passagesOf(folder, name).flatMap((passage) => complaintsOf(name, passage));
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  test("sees comments, strings, templates and names of a source, with their lines", () => {
    const source = [
      "// The comment that nobody",
      "// reads, and that whoever",
      "export function dress(input: string): string {",
      "  // eslint",
      `  return \`\${input} must be text\`;`,
      "}",
      "/**",
      " * Is `nobody`.",
      " * @throws TypeError when told",
      " */",
      'export const url = "nobody"; /* the function returned ends it */',
    ].join("\n");
    const seen = found("a.ts", source).map((line) => /:(\d+) .*\n.*“(.*)”: /.exec(line)?.slice(1) ?? []);
    expect(seen.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([
      ["1", "nobody"],
      ["2", "whoever"],
      ["3", "dress"],
      ["5", "must be text"],
      ["9", "@throws TypeError when"],
      ["11", "the function returned"],
    ]);
  });

  test("sees the prose of a document, and neither its code nor what it quotes on purpose", () => {
    const page = [
      "There is none, and `whoever` is code. It is no",
      "",
      "```ts",
      "// nobody",
      "```",
      "<!-- wording: off -->",
      "| what holds |",
      "<!-- wording: on -->",
      "One line a request, and once an hour.",
      "A server that",
      "is none.",
    ].join("\n");
    expect(found("a.md", page).map((line) => line.split("\n")[0])).toEqual([
      "a.md:11 “A server that is none.”",
      "a.md:9 “One line a request, and once an hour.”",
    ]);
  });

  test.each([
    "if the function returned a promise",
    "it is no longer used, and there is no error",
    "HMAC under a key of 16 bytes or more, 22 characters under a key.",
    "the value returned by the handler",
    "it is asked for once",
  ])("lets pass: %s", (text) => {
    expect(found("a.md", text)).toEqual([]);
  });
});
