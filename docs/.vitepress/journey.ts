import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A page in the list of documents. */
export interface Entry {
  title: string;
  /** Path of the Markdown file from `docs/`. */
  path: string;
}

/** A stage of the journey, with its pages in reading order. */
export interface Stage {
  title: string;
  pages: Entry[];
}

/** The stages of `docs/README.md`, which is the only list of documents: the sidebar of the site is made from it. */
export function readJourney(docs: string): Stage[] {
  const stages: Stage[] = [];
  for (const line of readFileSync(join(docs, "README.md"), "utf8").split("\n")) {
    const title = /^## (.+)$/.exec(line)?.[1];
    if (title !== undefined) stages.push({ title, pages: [] });
    const [, name, path] = /^- \[(.+)\]\((.+\.md)\)/.exec(line) ?? [];
    if (name !== undefined && path !== undefined) stages.at(-1)?.pages.push({ title: name, path });
  }
  return stages;
}
