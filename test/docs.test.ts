import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { examplesOf, type Page, pagesOf } from "./docs/blocks.ts";
import { errorsOf, layOut, matches, perform, performTogether, typeErrors } from "./docs/workshop.ts";

const root = join(import.meta.dirname, "..");
const pages = pagesOf(root);
const packages = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);
const docstrings = packages.map((name) => examplesOf(root, name)).filter((page) => page.blocks.length > 0);
let errors: string[];

beforeAll(() => {
  layOut([...pages, ...docstrings]);
  errors = typeErrors();
}, 120_000);

async function performAll(page: Page): Promise<void> {
  expect(errorsOf(page, errors)).toEqual([]);
  let printed: string | undefined;
  for (const block of page.blocks) {
    const where = `${page.path}:${block.line}`;
    if (block.isOutput) {
      expect(printed, `${where} follows no block that prints`).toBeDefined();
      if (!matches(printed as string, block.text)) expect(printed, where).toBe(block.text);
      continue;
    }
    const outcome = await perform(page, block);
    if (outcome !== undefined) expect(outcome, where).toMatchObject({ code: 0 });
    printed = outcome?.stdout;
  }
}

describe.concurrent("every block of every document does what the page says", () => {
  test.each(pages.filter((page) => page.blocks.length > 0))("$path", (page) => performAll(page));
});

describe.concurrent("every example in a docstring compiles and runs", () => {
  test.each(docstrings)("$path", async (page) => {
    expect(errorsOf(page, errors)).toEqual([]);
    expect(await performTogether(page)).toMatchObject({ code: 0 });
  });
});

describe("links", () => {
  test.each(pages)("$path points only at files that are there", (page) => {
    const text = readFileSync(join(root, page.path), "utf8").replace(/^(`{3,})[\s\S]*?^\1/gm, "");
    const targets = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1] as string,
    );
    for (const target of targets) expect(existsSync(join(root, dirname(page.path), target)), target).toBe(true);
    // The README of a package is read without the repository, so its links are absolute.
    const absolute = [...text.matchAll(/\]\(https:\/\/github\.com\/seaworthy\/seaworthy\/blob\/main\/([^)#\s]+)/g)];
    for (const [, path] of absolute) expect(existsSync(join(root, path as string)), path).toBe(true);
  });
});
