import { posix } from "node:path";
import type { MarkdownRenderer } from "vitepress";

const REPOSITORY = "https://github.com/seaworthy/seaworthy/blob/main/";

/** The address of a link from a page below `docs/`: a link to a file that is not a page leads to the repository. */
export function siteLink(page: string, target: string): string {
  if (/^[a-z]+:|^[/#]/i.test(target)) return target;
  const path = posix.join("docs", posix.dirname(page), target);
  return path.startsWith("docs/") && /\.md(?:#|$)/.test(path) ? target : REPOSITORY + path;
}

/** The name above a code block: the file to save it under, or a mark that it is output. */
export function captionOf(info: string): string | undefined {
  const file = /\bfile=(\S+)/.exec(info)?.[1];
  if (file !== undefined) return file;
  return /\boutput\b/.test(info) ? "Output" : undefined;
}

/** The id of a heading, which is the same as on GitHub, so that one link works on both. */
export const headingId = (title: string): string =>
  title
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");

/** Vue would evaluate what stands between two pairs of braces. */
const withoutBraces = (html: string): string => html.replaceAll("{{", "&#123;&#123;");

/** Adapts the pages, which are written for the repository, to the site. */
export function adapt(md: MarkdownRenderer): void {
  md.core.ruler.before("normalize", "comments", (state) => {
    state.src = state.src.replace(/^<!--.*-->$/gm, "");
  });
  md.core.ruler.push("links-out-of-docs", ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const target = token.type === "link_open" ? token.attrGet("href") : null;
      if (target !== null) token.attrSet("href", siteLink((env as { relativePath: string }).relativePath, target));
    }
  });
  const { code_inline: code, fence } = md.renderer.rules;
  md.renderer.rules.text = (tokens, index) => withoutBraces(md.utils.escapeHtml(tokens[index]?.content ?? ""));
  md.renderer.rules.code_inline = (...args) => withoutBraces(code?.(...args) ?? "");
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index];
    const caption = captionOf(token?.info ?? "");
    // The highlighter does not know this language, and warns about it.
    if (token?.info === "promql") token.info = "text";
    const block = fence?.(tokens, index, options, env, self) ?? "";
    return caption === undefined ? block : `<div class="code-caption">${md.utils.escapeHtml(caption)}</div>${block}`;
  };
}
