import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { proseOf } from "./prose.ts";

/** Where a passage stands: in a document, a comment, a string with several words, or the name of a declaration. */
export type PassageKind = "document" | "comment" | "string" | "name";

/** A piece of text that somebody reads, on one line, with the line of the file for each of its characters. */
export interface Passage {
  kind: PassageKind;
  text: string;
  lineOf(index: number): number;
}

/** Whether the passages of this file are read. */
export const isRead = (path: string): boolean => /\.(md|ts|mts|mjs)$/.test(path);

/** The passages of a file, whose path is relative to `root`. */
export function passagesOf(root: string, path: string): Passage[] {
  const text = readFileSync(join(root, path), "utf8");
  return path.endsWith(".md") ? [joined("document", proseOf(text))] : passagesOfSource(path, text);
}

/** Joins lines with single spaces, so that a turn is found across a line break. */
function joined(kind: PassageKind, lines: readonly { text: string; line: number }[]): Passage {
  const starts: { index: number; line: number }[] = [];
  let text = "";
  for (const { text: content, line } of lines) {
    starts.push({ index: text.length, line });
    text += `${content.trim()} `;
  }
  return { kind, text, lineOf: (index) => starts.findLast((start) => start.index <= index)?.line ?? 1 };
}

function passagesOfSource(path: string, text: string): Passage[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const passages: Passage[] = [];
  let comment: { text: string; line: number }[] = [];
  const endComment = (): void => {
    if (comment.length > 0) passages.push(joined("comment", comment));
    comment = [];
  };
  const addComment = ({ pos, end, kind }: ts.CommentRange): void => {
    const line = lineAt(pos);
    const raw = text.slice(pos, end);
    if (kind === ts.SyntaxKind.SingleLineCommentTrivia) {
      // Lines that follow each other are one comment.
      if (comment.length > 0 && comment.at(-1)?.line !== line - 1) endComment();
      comment.push({ text: withoutCode(raw.slice(2)), line });
      return;
    }
    endComment();
    const lines = raw.slice(2, -2).replace(/^\*/, "").split("\n");
    const contents = lines.map((content) => content.replace(/^\s*\* ?/, "")).join("\n");
    passages.push(
      joined(
        "comment",
        proseOf(contents).map((part) => ({ text: part.text, line: line + part.line - 1 })),
      ),
    );
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      addTrivia(node.getFullStart());
      return;
    }
    const children = node.getChildren(source).filter((child) => !ts.isJSDoc(child));
    if (children.length === 0) addTrivia(node.getFullStart());
    const content = stringOf(node);
    if (content !== undefined && /[a-z] [a-z]/i.test(content)) {
      passages.push({ kind: "string", text: content, lineOf: () => lineAt(node.getStart(source)) });
    }
    const name = nameOf(node);
    if (name !== undefined)
      passages.push({ kind: "name", text: name, lineOf: () => lineAt(node.getStart(source, false)) });
    for (const child of children) visit(child);
  };
  const addTrivia = (position: number): void => {
    const ranges = [...(ts.getTrailingCommentRanges(text, position) ?? [])];
    for (const range of ts.getLeadingCommentRanges(text, position) ?? [])
      if (ranges.every((other) => other.pos !== range.pos)) ranges.push(range);
    if (ranges.length === 0 && comment.length > 0) endComment();
    for (const range of ranges) addComment(range);
  };
  visit(source);
  endComment();
  return passages;
}

const withoutCode = (text: string): string => text.replace(/`[^`]*`/g, "`…`");

/** The text of a string or a template, with an ellipsis in place of each expression. */
function stringOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return withoutCode(node.text);
  if (!ts.isTemplateExpression(node)) return undefined;
  return withoutCode(node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join(""));
}

/** The name that a declaration gives to something, parameters and members included. */
function nameOf(node: ts.Node): string | undefined {
  const isDeclaration =
    ts.isVariableDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessor(node);
  if (!isDeclaration || node.name === undefined) return undefined;
  return ts.isIdentifier(node.name) || ts.isPrivateIdentifier(node.name) ? node.name.text : undefined;
}
