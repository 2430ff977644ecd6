import { join } from "node:path";
import { defineConfig } from "vitepress";
import { readJourney } from "./journey.ts";
import { adapt, headingId } from "./markdown.ts";

const docs = join(import.meta.dirname, "..");
const sidebar = readJourney(docs).map(({ title, pages }) => ({
  text: title,
  items: pages.map((page) => ({ text: page.title, link: `/${page.path.replace(/\.md$/, "")}` })),
}));

// For a site below a path, as on GitHub Pages: DOCS_BASE=/seaworthy/ pnpm run docs
const base = process.env.DOCS_BASE ?? "/";

export default defineConfig({
  title: "Seaworthy",
  description: "Small, composable npm packages that make a Node.js service fit for production.",
  lang: "en",
  base,
  head: [["link", { rel: "icon", href: `${base}favicon.svg`, type: "image/svg+xml" }]],
  rewrites: { "README.md": "index.md" },
  srcExclude: ["node_modules/**", ".snippets/**"],
  // The pages are Markdown without HTML and without Vue: angle brackets and braces in them are text.
  markdown: {
    html: false,
    linkify: false,
    anchor: { slugify: headingId },
    config: adapt,
    theme: { light: "github-light-high-contrast", dark: "github-dark-default" },
  },
  themeConfig: {
    logo: "/favicon.svg",
    search: { provider: "local" },
    nav: [
      { text: "Guide", link: "/tutorial/from-empty-to-guarded" },
      // Another generator makes these pages, so that the router of this site must not look for them.
      { text: "API", link: "/api/index.html", target: "_self" },
    ],
    sidebar: [{ text: "Overview", link: "/" }, ...sidebar],
    outline: [2, 3],
    socialLinks: [{ icon: "github", link: "https://github.com/seaworthy/seaworthy" }],
  },
});
