import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The folder that `pnpm docs` writes. */
export const dist = join(import.meta.dirname, "..", "..", "docs", ".vitepress", "dist");

/** An HTML file of the site. */
export interface BuiltPage {
  /** Path from the site's root. */
  path: string;
  html: string;
  /** The values of `id` attributes. */
  ids: Set<string>;
}

/** Files of the site whose names end with `ending`, as paths from its root. */
export const filesOf = (ending: string): string[] =>
  readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .sort();

/** The HTML pages of the site, by path. */
export function readPages(): Map<string, BuiltPage> {
  return new Map(
    filesOf(".html").map((path) => {
      const html = readFileSync(join(dist, path), "utf8");
      const ids = new Set([...html.matchAll(/\bid="([^"]*)"/g)].map((match) => decode(match[1] as string)));
      return [path, { path, html, ids }];
    }),
  );
}

const decode = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

/** The attributes of a page that the browser fetches as assets, and whose files the site has to contain. */
export function assetsOf({ html }: BuiltPage): string[] {
  const tags = html.match(/<(?:script|link|img|source|iframe|video|audio|object|embed)\b[^>]*>/g) ?? [];
  return tags.flatMap((tag) =>
    [...tag.matchAll(/\b(?:src|href|data)="([^"]*)"/g)].map((match) => decode(match[1] as string)),
  );
}

/** Links and assets of a page that lead to nothing, with their reason. */
export function deadLinksOf(page: BuiltPage, pages: ReadonlyMap<string, BuiltPage>): string[] {
  const anchors = [...page.html.matchAll(/<a\b[^>]*?\bhref="([^"]*)"/g)].map((match) => decode(match[1] as string));
  return [...new Set([...anchors, ...assetsOf(page)])].flatMap((link) => {
    if (/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(link) || link === "") return [];
    const [path = "", hash = ""] = link.split("#") as [string, string?];
    const file = path === "" ? page.path : resolved(page.path, decodeURIComponent(path.replace(/\?.*$/, "")));
    const target = pages.get(file);
    if (target === undefined && !existsSync(join(dist, file))) return [`${page.path} → ${link}: there is no such file`];
    const wanted = decodeURIComponent(hash);
    if (target === undefined || wanted === "" || target.ids.has(wanted)) return [];
    return [`${page.path} → ${link}: there is no such heading`];
  });
}

function resolved(from: string, path: string): string {
  const file = path.startsWith("/") ? path.slice(1) : relative(dist, join(dist, dirname(from), path));
  return file === "" || file.endsWith("/") || path.endsWith("/") ? join(file, "index.html") : file;
}
