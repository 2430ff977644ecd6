/** A JSON text was refused. The message never quotes the text. */
export class JsonFault extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

/** A JSON value with its place: that of its key in an object, or else that of its first character. */
export type JsonNode = { readonly line: number; readonly column: number } & (
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly kind: "value"; readonly value: unknown }
);

const DEEPEST = 64;
const STRING = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;
const COMMENT = "a comment, which JSON does not allow";
const REFUSED_KEYS: ReadonlySet<string> = new Set(["__proto__"]);

/**
 * Parses a JSON text (RFC 8259) and is stricter than `JSON.parse`: at most 64 levels, no duplicate keys, no `__proto__`, and
 * no number that a double cannot represent.
 *
 * @throws JsonFault with line and column, both from 1
 */
export function readJson(text: string): JsonNode {
  const reader = new Reader(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  const node = reader.value(0);
  reader.end();
  return node;
}

/** Returns the plain value of a node. */
export function jsonValue(node: JsonNode): unknown {
  if (node.kind === "value") return node.value;
  const value: Record<string, unknown> = {};
  for (const [key, member] of node.members) value[key] = jsonValue(member);
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #counted = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonNode {
    this.#skip();
    const place = this.#place();
    if (depth > DEEPEST) this.#fail(`nesting deeper than ${DEEPEST} levels`);
    const first = this.#text[this.#at];
    if (first === "{") return { kind: "object", members: this.#members(depth), ...place };
    if (first === "[") return { kind: "value", value: this.#items(depth), ...place };
    return { kind: "value", value: this.#scalar(first), ...place };
  }

  end(): void {
    this.#skip();
    if (this.#isComment()) this.#fail(COMMENT);
    if (this.#at < this.#text.length) this.#fail("something after the end of the JSON value");
  }

  #members(depth: number): Map<string, JsonNode> {
    const members = new Map<string, JsonNode>();
    this.#at++;
    if (this.#take("}")) return members;
    for (;;) {
      this.#skip();
      const place = this.#place();
      if (members.size > 0 && this.#text[this.#at] === "}") this.#fail("a comma after the last member");
      if (this.#isComment()) this.#fail(COMMENT);
      const key = this.#string("key in double quotes");
      if (REFUSED_KEYS.has(key)) this.#fail(`the key ${key}, which is not allowed`, place);
      if (members.has(key)) this.#fail("a duplicate key", place);
      if (!this.#take(":")) this.#fail('no ":" after a key');
      members.set(key, { ...this.value(depth + 1), ...place });
      if (this.#take("}")) return members;
      if (!this.#take(",")) this.#fail('neither "," nor "}" after a member');
    }
  }

  #items(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    if (this.#take("]")) return items;
    for (;;) {
      this.#skip();
      if (items.length > 0 && this.#text[this.#at] === "]") this.#fail("a comma after the last item");
      items.push(jsonValue(this.value(depth + 1)));
      if (this.#take("]")) return items;
      if (!this.#take(",")) this.#fail('neither "," nor "]" after an item');
    }
  }

  #scalar(first: string | undefined): unknown {
    if (first === '"') return this.#string("string");
    const word = this.#match(WORD);
    if (word !== undefined) return word === "null" ? null : word === "true";
    const place = this.#place();
    const digits = this.#match(NUMBER);
    if (digits === undefined || digits === "") return this.#fail(this.#oddity());
    const number = Number(digits);
    const exact = Number.isFinite(number) && (!/^-?\d+$/.test(digits) || Number.isSafeInteger(number));
    return exact ? number : this.#fail("a number that is too large to be exact; write it as a string", place);
  }

  #string(what: string): string {
    const place = this.#place();
    const raw = this.#match(STRING);
    if (raw === undefined) return this.#fail(`no ${what}, or one that is not closed`);
    try {
      return JSON.parse(raw);
    } catch {
      // The message of JSON.parse quotes the text.
      return this.#fail("a string with a control character or an unknown escape in it", place);
    }
  }

  #isComment(): boolean {
    return this.#text[this.#at] === "/" && /[/*]/.test(this.#text[this.#at + 1] ?? "");
  }

  /** Describes what was found in the place of a value. */
  #oddity(): string {
    if (this.#at >= this.#text.length) return "no value, because the text ends there";
    return this.#isComment() ? COMMENT : "something that is not JSON";
  }

  #take(sign: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #skip(): void {
    this.#match(SPACE);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #place(): { line: number; column: number } {
    for (; this.#counted < this.#at; this.#counted++) {
      if (this.#text.charCodeAt(this.#counted) !== 10) continue;
      this.#line++;
      this.#lineStart = this.#counted + 1;
    }
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #fail(message: string, place: { line: number; column: number } = this.#place()): never {
    throw new JsonFault(message, place.line, place.column);
  }
}
