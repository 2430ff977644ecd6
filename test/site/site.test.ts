import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readJourney } from "../../docs/.vitepress/journey.ts";
import { assetsOf, type BuiltPage, deadLinksOf, dist, filesOf, readPages } from "./built.ts";

let pages: Map<string, BuiltPage>;

beforeAll(() => {
  if (!existsSync(join(dist, "api", "index.html"))) throw new Error("The site is not built: run pnpm run docs first");
  pages = readPages();
});

describe("the documentation site", () => {
  test("has a page for each document of the journey, and no other", () => {
    const expected = readJourney(join(dist, "..", "..")).flatMap((stage) =>
      stage.pages.map(({ path }) => path.replace(/\.md$/, ".html")),
    );
    const built = [...pages.keys()].filter((path) => !path.startsWith("api/"));
    expect(built.sort()).toEqual(["404.html", "index.html", ...expected].sort());
  });

  test("has a page of the API for each package", () => {
    const modules = [...pages.keys()].filter((path) => /^api\/modules\/_seaworthy_[a-z]+\.html$/.test(path));
    expect(modules.length).toBeGreaterThanOrEqual(10);
  });

  test("has no dead link, to pages or to headings", () => {
    expect([...pages.values()].flatMap((page) => deadLinksOf(page, pages))).toEqual([]);
  });

  test("fetches nothing from another host", () => {
    const foreign = [...pages.values()].flatMap((page) =>
      assetsOf(page)
        .filter((link) => /^(?:https?:)?\/\//i.test(link))
        .map((link) => `${page.path}: ${link}`),
    );
    const styles = filesOf(".css").flatMap((path) =>
      [...readFileSync(join(dist, path), "utf8").matchAll(/(?:url\(|@import)\s*["']?((?:https?:)?\/\/[^"')\s]+)/g)].map(
        (match) => `${path}: ${match[1]}`,
      ),
    );
    expect([...foreign, ...styles]).toEqual([]);
    expect([...pages.values()].flatMap(assetsOf).length).toBeGreaterThan(pages.size);
  });

  test("shows no markup of the pages as text", () => {
    for (const { path, html } of pages.values())
      if (!path.startsWith("api/")) expect(html.match(/&lt;!--[^>]{0,80}/)?.[0], path).toBeUndefined();
  });
});
