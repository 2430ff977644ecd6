/** What was typed for one answer: the answer and what followed it, an interruption, or `undefined` while it lacks its end. */
export type Typed = { readonly answer: string; readonly rest: string } | "interrupted" | undefined;

/** Takes what is typed in pieces until an answer is complete. */
export interface TypedReader {
  feed(text: string): Typed;
}

const ESCAPE = "\u001b";
const PASTE_BEGINS = "\u001b[200~";
const PASTE_ENDS = "\u001b[201~";
const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const CTRL_U = "\u0015";

/** Reads one line. It ends with Enter; corrections are applied, and the keys that send escape sequences are ignored. */
export class LineReader implements TypedReader {
  readonly #keys = new KeyReader();
  readonly #line: string[] = [];

  feed(text: string): Typed {
    const chars = [...text];
    for (const [at, char] of chars.entries()) {
      for (const key of this.#keys.feed(char)) {
        if (key.isPasted) this.#line.push(key.char);
        else if (key.char === CTRL_C || (key.char === CTRL_D && this.#line.length === 0)) return "interrupted";
        else if (key.char === "\n") return { answer: this.#line.join(""), rest: restOf(chars, at) };
        else edit(this.#line, key.char);
      }
    }
    return undefined;
  }
}

/**
 * Reads a value of any number of lines. It ends with Ctrl-D or with an empty line; neither that nor the newline before it
 * belongs to the value. What the terminal marks as pasted is taken whole, with its empty lines and control characters.
 */
export class ValueReader implements TypedReader {
  readonly #keys = new KeyReader();
  readonly #lines: string[] = [];
  #line: string[] = [];

  feed(text: string): Typed {
    const chars = [...text];
    for (const [at, char] of chars.entries()) {
      for (const key of this.#keys.feed(char)) {
        if (!key.isPasted && key.char === CTRL_C) return "interrupted";
        const isEnd = key.char === CTRL_D || (key.char === "\n" && this.#line.length === 0);
        if (!key.isPasted && isEnd) return { answer: this.#text(), rest: restOf(chars, at) };
        if (key.char === "\n") {
          this.#lines.push(this.#line.join(""));
          this.#line = [];
        } else if (key.isPasted) this.#line.push(key.char);
        else edit(this.#line, key.char);
      }
    }
    return undefined;
  }

  #text(): string {
    return [...this.#lines, ...(this.#line.length > 0 ? [this.#line.join("")] : [])].join("\n");
  }
}

interface Key {
  /** One character; every kind of newline is `\n`. */
  readonly char: string;
  readonly isPasted: boolean;
}

/** Turns characters into keys: removes escape sequences and the marks around a paste, and unites `\r\n`. */
class KeyReader {
  #escape = "";
  #isPasting = false;
  #hadReturn = false;

  feed(char: string): readonly Key[] {
    if (this.#escape !== "") return this.#continueEscape(char);
    if (char === ESCAPE) {
      this.#escape = char;
      return [];
    }
    const isSecondHalf = char === "\n" && this.#hadReturn;
    this.#hadReturn = char === "\r";
    return isSecondHalf ? [] : [{ char: char === "\r" ? "\n" : char, isPasted: this.#isPasting }];
  }

  #continueEscape(char: string): readonly Key[] {
    this.#escape += char;
    const sequence = this.#escape;
    if (this.#isPasting) {
      if (PASTE_ENDS.startsWith(sequence) && sequence !== PASTE_ENDS) return [];
      this.#isPasting = sequence !== PASTE_ENDS;
      this.#escape = "";
      if (!this.#isPasting) return [];
      // The sequence belongs to the text; its last character may begin another one.
      const text = [...sequence.slice(0, -char.length)].map((one) => ({ char: one, isPasted: true }));
      return [...text, ...this.feed(char)];
    }
    const isOpen = sequence[1] === "[" && /^[0-9;?]*$/.test(sequence.slice(2));
    if (isOpen && sequence.length < 16) return [];
    this.#escape = "";
    if (sequence === PASTE_BEGINS) this.#isPasting = true;
    return [];
  }
}

/** What follows an end; the second half of `\r\n` belongs to the end. */
function restOf(chars: readonly string[], at: number): string {
  const isPair = chars[at] === "\r" && chars[at + 1] === "\n";
  return chars.slice(at + (isPair ? 2 : 1)).join("");
}

function edit(line: string[], char: string): void {
  if (char === CTRL_U) line.length = 0;
  else if (char === "\u007f" || char === "\b") line.pop();
  else if (char >= " " || char === "\t") line.push(char);
}
