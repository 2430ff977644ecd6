import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import ts from "typescript";

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  declaration: true,
  declarationMap: true,
  isolatedDeclarations: true,
  verbatimModuleSyntax: true,
  strict: true,
};

/**
 * Writes one `.d.ts` and one `.d.ts.map` into `dist` for each source file that the types of a door name. The maps point
 * to the sources in the tarball, so that an editor's "go to definition" opens them. A bundled declaration file could
 * not be mapped. Each file is translated alone, which `isolatedDeclarations` makes possible; the type check runs apart.
 */
export function writeDeclarations(directory: string, doors: readonly string[]): void {
  const source = join(directory, "src");
  const waiting = doors.map((door) => join(directory, door));
  const seen = new Set(waiting);
  for (const file of waiting) {
    const target = join(directory, "dist", relative(source, file).replace(/\.ts$/, ".d.ts"));
    const { declaration, map, imports } = translate(file, target);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, declaration);
    writeFileSync(`${target}.map`, map);
    for (const name of imports.filter((name) => name.startsWith("."))) {
      const next = join(dirname(file), name);
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
}

interface Declaration {
  readonly declaration: string;
  readonly map: string;
  readonly imports: readonly string[];
}

function translate(file: string, target: string): Declaration {
  const { outputText, sourceMapText, diagnostics } = ts.transpileDeclaration(readFileSync(file, "utf8"), {
    fileName: file,
    compilerOptions: options,
    reportDiagnostics: true,
  });
  const problem = diagnostics?.[0];
  if (problem !== undefined) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`);
  const imports = ts.preProcessFile(outputText).importedFiles;
  let declaration = outputText.replace(/^\/\/# sourceMappingURL=.*$/m, "");
  // Both endings have three letters, so that the positions in the map stay right.
  for (const { fileName, pos, end } of imports) {
    if (!fileName.startsWith(".")) continue;
    const name = declaration.slice(pos, end).replace(/\.ts(?=["']?$)/, ".js");
    declaration = declaration.slice(0, pos) + name + declaration.slice(end);
  }
  const map = {
    ...JSON.parse(sourceMapText ?? "{}"),
    file: basename(target),
    sources: [relative(dirname(target), file)],
  };
  return {
    declaration: `${declaration.trimEnd()}\n//# sourceMappingURL=${basename(target)}.map\n`,
    map: JSON.stringify(map),
    imports: imports.map(({ fileName }) => fileName),
  };
}
