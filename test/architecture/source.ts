import { readFileSync } from "node:fs";
import ts from "typescript";

/** How a file names another module. Only `"value"` loads it when the file is loaded. */
type ImportKind = "value" | "type" | "dynamic";

/** A module that a file names. */
export interface ModuleReference {
  readonly specifier: string;
  readonly kind: ImportKind;
}

/** A name that a file exports. `from` is where the file has it from, if it only passes it on. */
export interface ExportedName {
  readonly name: string;
  readonly from?: { readonly specifier: string; readonly name: string };
}

/** A place in a file. */
export interface Place {
  readonly line: number;
  readonly text: string;
}

/** What the rules of the house look at in one file. */
export interface SourceFacts {
  readonly lines: number;
  readonly imports: readonly ModuleReference[];
  readonly exports: readonly ExportedName[];
  /** Type assertions other than `as const`. */
  readonly casts: readonly Place[];
  /** Spreads such as `...(x === undefined ? undefined : { x })`. */
  readonly conditionalSpreads: readonly Place[];
  /** Functions with five parameters or more. */
  readonly longParameterLists: readonly Place[];
  /** Regular expressions of more than 80 characters that are not the value of a named constant. */
  readonly longPatterns: readonly Place[];
  /** What is written in another way than the rest of the house writes it. */
  readonly otherIdioms: readonly Place[];
  /** What the file does that no file may do: a default export, an enum and the like. */
  readonly forbidden: readonly Place[];
  /** Statements at the top level that read the environment or the time, or start something. */
  readonly effectsOnLoad: readonly Place[];
  readonly statements: ts.NodeArray<ts.Statement>;
}

const LONGEST_PATTERN = 80;
const MOST_PARAMETERS = 4;
const known = new Map<string, SourceFacts>();

/** Parses a file with the TypeScript compiler, once. */
export function factsOf(file: string): SourceFacts {
  const facts = known.get(file) ?? factsOfText(file, readFileSync(file, "utf8"));
  known.set(file, facts);
  return facts;
}

/** The same for a text that is not in a file. */
export function factsOfText(file: string, text: string): SourceFacts {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const nodes = descendants(source);
  const places = (test: (node: ts.Node) => boolean): Place[] => nodes.filter(test).map((node) => placeOf(source, node));
  return {
    lines: text.split("\n").length - 1,
    imports: nodes.flatMap(referencesIn),
    exports: exportsOf(source),
    casts: places(isCast),
    conditionalSpreads: places(isConditionalSpread),
    longParameterLists: places((node) => ts.isFunctionLike(node) && node.parameters.length > MOST_PARAMETERS),
    longPatterns: places(isLongPattern),
    otherIdioms: places((node) => isOtherIdiom(node, file)),
    forbidden: places(isForbidden),
    effectsOnLoad: effectsOf(source),
    statements: source.statements,
  };
}

function descendants(root: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(root, visit);
  return found;
}

function placeOf(source: ts.SourceFile, node: ts.Node): Place {
  const start = node.getStart(source);
  const text = source.text.slice(start, node.end).split("\n")[0] as string;
  return { line: source.getLineAndCharacterOfPosition(start).line + 1, text: text.slice(0, 100) };
}

const textOf = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;

function referencesIn(node: ts.Node): ModuleReference[] {
  const reference = (specifier: ts.Node | undefined, kind: ImportKind): ModuleReference[] => {
    const text = textOf(specifier);
    return text === undefined ? [] : [{ specifier: text, kind }];
  };
  // With verbatimModuleSyntax, `import { type A } from "x"` still loads x; only `import type` does not.
  if (ts.isImportDeclaration(node))
    return reference(
      node.moduleSpecifier,
      node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? "type" : "value",
    );
  if (ts.isExportDeclaration(node)) return reference(node.moduleSpecifier, node.isTypeOnly ? "type" : "value");
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return reference(node.argument.literal, "type");
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
    return reference(node.moduleReference.expression, "value");
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return reference(node.arguments[0], "dynamic");
  return [];
}

const hasModifier = (node: ts.Node, kind: ts.SyntaxKind): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind);

function exportsOf(source: ts.SourceFile): ExportedName[] {
  const imported = importedNames(source);
  return source.statements.flatMap((statement): ExportedName[] => {
    if (ts.isExportDeclaration(statement)) {
      const specifier = textOf(statement.moduleSpecifier);
      if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) return [];
      return statement.exportClause.elements.map((element) => {
        const local = (element.propertyName ?? element.name).text;
        const from = specifier === undefined ? imported.get(local) : { specifier, name: local };
        return from === undefined ? { name: element.name.text } : { name: element.name.text, from };
      });
    }
    if (!hasModifier(statement, ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.flatMap(({ name }) =>
        ts.isIdentifier(name) ? [{ name: name.text }] : [],
      );
    const { name } = statement as ts.DeclarationStatement;
    return name !== undefined && ts.isIdentifier(name) ? [{ name: name.text }] : [];
  });
}

function importedNames(source: ts.SourceFile): Map<string, { specifier: string; name: string }> {
  const names = new Map<string, { specifier: string; name: string }>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    for (const { name, propertyName } of bindings.elements)
      names.set(name.text, { specifier: textOf(statement.moduleSpecifier) ?? "", name: (propertyName ?? name).text });
  }
  return names;
}

function isCast(node: ts.Node): boolean {
  if (ts.isTypeAssertionExpression(node)) return true;
  return ts.isAsExpression(node) && node.type.getText() !== "const";
}

function isConditionalSpread(node: ts.Node): boolean {
  if (!ts.isSpreadAssignment(node)) return false;
  let { expression } = node;
  while (ts.isParenthesizedExpression(expression)) expression = expression.expression;
  if (ts.isBinaryExpression(expression)) return expression.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
  return ts.isConditionalExpression(expression) && [expression.whenTrue, expression.whenFalse].some(isNothing);
}

const isNothing = (node: ts.Node): boolean =>
  (ts.isIdentifier(node) && node.text === "undefined") ||
  (ts.isObjectLiteralExpression(node) && node.properties.length === 0) ||
  (ts.isParenthesizedExpression(node) && isNothing(node.expression));

function isLongPattern(node: ts.Node): boolean {
  if (!ts.isRegularExpressionLiteral(node) || node.text.length <= LONGEST_PATTERN) return false;
  return !ts.isVariableDeclaration(node.parent) && !ts.isPropertyAssignment(node.parent);
}

/** `#` for private members, `OPTIONS` for names of options, `xEvent` and `xGauge` for telemetry, written as what they are. */
function isOtherIdiom(node: ts.Node, file: string): boolean {
  if (hasModifier(node, ts.SyntaxKind.PrivateKeyword)) return true;
  if (ts.isNamespaceImport(node)) return textOf(node.parent.parent.moduleSpecifier)?.endsWith("/telemetry.ts") === true;
  if (ts.isVariableDeclaration(node)) return isOddConstant(node, file);
  if (!ts.isCallExpression(node) || node.expression.getText() !== "checkOptions") return false;
  const names = node.arguments[2];
  return (
    names !== undefined && ts.isIdentifier(names) && !/^([A-Z]+_)*OPTIONS$/.test(names.text) && names.text !== "known"
  );
}

function isOddConstant({ name, initializer }: ts.VariableDeclaration, file: string): boolean {
  if (initializer === undefined || !ts.isCallExpression(initializer)) return false;
  const { expression } = initializer;
  if (ts.isIdentifier(expression)) {
    const ending = { defineEvent: "Event", defineGauge: "Gauge" }[expression.text];
    return file.endsWith("/telemetry.ts") && ending !== undefined && !name.getText().endsWith(ending);
  }
  // A list that is written as a text or in pieces, so that the formatter keeps it short.
  if (!ts.isPropertyAccessExpression(expression)) return false;
  if (expression.name.text === "split") return ts.isStringLiteralLike(expression.expression);
  return expression.name.text === "flat" && ts.isArrayLiteralExpression(expression.expression);
}

function isForbidden(node: ts.Node): boolean {
  if (ts.isExportAssignment(node) || ts.isEnumDeclaration(node)) return true;
  if (ts.isInterfaceDeclaration(node)) return /^I[A-Z][a-z]/.test(node.name.text);
  return ts.isStatement(node) && hasModifier(node, ts.SyntaxKind.DefaultKeyword);
}

const EFFECTS = [/^process\.(env|on|once)$/, /^(Date|performance)\.now$/, /^set(Timeout|Interval|Immediate)$/];

/** Looks into no function: what is in one does not happen when the file is loaded. */
function effectsOf(source: ts.SourceFile): Place[] {
  const found: Place[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    const isName =
      ts.isPropertyAccessExpression(node) || (ts.isCallExpression(node) && ts.isIdentifier(node.expression));
    const text = ts.isCallExpression(node) ? node.expression.getText() : node.getText();
    if (isName && EFFECTS.some((effect) => effect.test(text))) found.push(placeOf(source, node));
    ts.forEachChild(node, visit);
  };
  source.statements.forEach(visit);
  return found;
}
