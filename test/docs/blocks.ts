import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A fenced block of a document. */
export interface Block {
  /** First word behind the fence. */
  language: string;
  /** Path from `file=PATH`: the block is written there in place of being run. */
  file?: string;
  /** `text output`: what the block before it prints. */
  isOutput: boolean;
  text: string;
  /** Line of the fence, from 1. */
  line: number;
}

/** A document with its blocks in order. */
export interface Page {
  /** Path from the repository's root. */
  path: string;
  blocks: Block[];
}

const FENCE = /^( *)(`{3,})(\S*)([^\n]*)\n([\s\S]*?)^\1\2[ \t]*$/gm;

/** The fenced blocks of a text. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(FENCE)].map((match) => {
    const [, indent, , language, info, body] = match as unknown as [string, string, string, string, string, string];
    const file = /\bfile=(\S+)/.exec(info)?.[1];
    const lines = body.split("\n").map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    const line = text.slice(0, match.index).split("\n").length;
    return {
      language,
      isOutput: /\boutput\b/.test(info),
      text: lines.join("\n"),
      line,
      ...(file === undefined ? {} : { file }),
    };
  });
}

function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/node_modules|\.snippets|[\\/]api[\\/]|[\\/]dist[\\/]/.test(path))
    .sort();
}

/** Every document of the repository whose blocks are run; an example app's README is run by the app's own tests. */
export function pagesOf(root: string): Page[] {
  const atRoot = readdirSync(root)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(root, name));
  const ofPackages = filesBelow(join(root, "packages"), "README.md");
  return [...atRoot, ...ofPackages, ...filesBelow(join(root, "docs"), ".md")].map((path) => ({
    path: relative(root, path),
    blocks: blocksOf(readFileSync(path, "utf8")),
  }));
}

/** The `@example` blocks in the docstrings of a package, as one page. */
export function examplesOf(root: string, name: string): Page {
  const blocks = filesBelow(join(root, "packages", name, "src"), ".ts")
    .filter((path) => !path.endsWith(".test.ts"))
    .flatMap((path) => {
      const comments = readFileSync(path, "utf8").match(/\/\*\*[\s\S]*?\*\//g) ?? [];
      return comments.flatMap((comment) =>
        blocksOf(comment.replace(/^[ \t]*\* ?/gm, "")).filter((block) => block.language === "ts"),
      );
    });
  return { path: `packages/${name}/src (docstrings)`, blocks };
}
