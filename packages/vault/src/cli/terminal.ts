import { CommandError, EXIT } from "./exit-codes.ts";

/** Where a program reads from: a terminal, a pipe or a file. */
export interface InputStream extends AsyncIterable<Buffer | string> {
  isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
  on(event: "data" | "end", listener: (chunk: Buffer | string) => void): unknown;
  off(event: "data" | "end", listener: (chunk: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** Where it writes to. */
export interface OutputStream {
  isTTY?: boolean;
  write(text: string | Uint8Array): unknown;
}

/** The world of one run of the program. */
export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reads standard input and the terminal. Nothing typed is shown, and nothing is taken from arguments. */
export class Terminal {
  readonly #io: Io;
  #typed = "";
  #piped: Promise<Buffer> | undefined;

  constructor(io: Io) {
    this.#io = io;
  }

  get isInteractive(): boolean {
    return this.#io.stdin.isTTY === true && this.#io.stdin.setRawMode !== undefined;
  }

  /** A line typed without an echo. The question goes to standard error, so that output can be piped. */
  async askHidden(question: string): Promise<string> {
    if (!this.isInteractive)
      throw new CommandError(`${question}: there is no terminal to ask on; see --help for files`);
    const { stdin, stderr } = this.#io;
    stderr.write(`${question}: `);
    stdin.setRawMode?.(true);
    try {
      return await this.#line();
    } finally {
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write("\n");
    }
  }

  /** Asked twice, since nobody sees what was typed. */
  async askNew(question: string): Promise<string> {
    const first = await this.askHidden(question);
    if (first !== (await this.askHidden(`${question}, again`))) throw new CommandError("The two are not the same.");
    return first;
  }

  /** All of standard input, at most so many bytes; it can be read for one purpose only. */
  readAll(most: number): Promise<Buffer> {
    if (this.#piped !== undefined) throw new CommandError("Standard input cannot be read for two things.");
    this.#piped = this.#drain(most);
    return this.#piped;
  }

  async #drain(most: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#io.stdin) {
      const bytes = Buffer.from(chunk as Buffer);
      size += bytes.length;
      if (size > most) throw new CommandError("Standard input is too long.");
      chunks.push(bytes);
    }
    return Buffer.concat(chunks);
  }

  async #line(): Promise<string> {
    for (;;) {
      const found = firstLine(this.#typed);
      if (found === "interrupted") throw new CommandError("Interrupted.", EXIT.interrupted);
      if (found !== undefined) {
        // A paste may hold the answer to the next question, too.
        this.#typed = found.rest;
        return found.line;
      }
      this.#typed += await this.#nextChunk();
    }
  }

  #nextChunk(): Promise<string> {
    const { stdin } = this.#io;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const onData = (chunk: Buffer | string): void => resolve(chunk.toString());
    const onEnd = (): void => reject(new CommandError("The terminal was closed.", EXIT.interrupted));
    stdin.on("data", onData);
    stdin.on("end", onEnd);
    stdin.resume();
    return promise.finally(() => {
      stdin.off("data", onData);
      stdin.off("end", onEnd);
    });
  }
}

/** What was typed up to the first newline, with its corrections applied; `undefined` before there is one. */
function firstLine(typed: string): { line: string; rest: string } | "interrupted" | undefined {
  const chars = [...typed];
  let line: string[] = [];
  for (const [at, char] of chars.entries()) {
    if (char === "\u0003" || (char === "\u0004" && line.length === 0)) return "interrupted";
    if (char === "\r" || char === "\n") return { line: line.join(""), rest: chars.slice(at + 1).join("") };
    if (char === "\u007f" || char === "\b") line.pop();
    else if (char === "\u0015") line = [];
    else if (char >= " ") line.push(char);
  }
  return undefined;
}
