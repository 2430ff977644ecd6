import { CommandError, EXIT } from "./exit-codes.ts";
import { LineReader, type TypedReader, ValueReader } from "./typed.ts";

/** A stream that a program reads: a terminal, a pipe or a file. */
export interface InputStream extends AsyncIterable<Buffer | string> {
  isTTY?: boolean;
}

/** A stream that a program writes. */
export interface OutputStream {
  isTTY?: boolean;
  write(text: string | Uint8Array): unknown;
}

/** The terminal that a person sits at, whatever standard input and output are. */
export interface TerminalDevice {
  /** Delivers what is typed, key by key and without an echo, until {@link TerminalDevice.close}. */
  onInput(listener: (text: string) => void, onEnd: () => void): void;
  write(text: string): void;
  /** Reads and drops what is still waiting, and restores the terminal. */
  close(): Promise<void>;
}

/** The world of one run of the program. */
export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The version of this package. */
  readonly version: string;
  /** The terminal for prompts, or `undefined` if the process does not have one. */
  openTerminal(): TerminalDevice | undefined;
}

/** How long nothing may arrive before a paste counts as complete. */
const QUIET = 60;
const CTRL_C = "\u0003";
const BRACKETED_PASTE = { on: "\u001b[?2004h", off: "\u001b[?2004l" } as const;

/** Prompts on the terminal and reads standard input. Nothing that is typed is shown, and nothing typed is left for the shell. */
export class Terminal {
  readonly #io: Io;
  #device: TerminalDevice | undefined;
  #typed = "";
  #ended = false;
  #isAsking = false;
  #wake: () => void = () => undefined;
  #piped: Promise<Buffer> | undefined;

  constructor(io: Io) {
    this.#io = io;
  }

  /** Whether values are typed; otherwise they come from standard input. */
  get isInteractive(): boolean {
    return this.#io.stdin.isTTY === true;
  }

  /** A line typed without an echo. */
  async askHidden(question: string): Promise<string> {
    const device = this.#open(question);
    device.write(`${question}: `);
    try {
      return await this.#answer(new LineReader());
    } finally {
      device.write("\n");
    }
  }

  /** Prompts twice, since the person does not see what was typed. */
  async askNew(question: string): Promise<string> {
    const first = await this.askHidden(question);
    if (first !== (await this.askHidden(`${question}, again`))) throw new CommandError("The two answers differ.");
    return first;
  }

  /** A value of one line or many, with an end of its own. More input behind that end means that the value was cut. */
  async askValue(question: string): Promise<string> {
    const device = this.#open(question);
    device.write(`${question} (end with an empty line or Ctrl-D): ${BRACKETED_PASTE.on}`);
    try {
      const value = await this.#answer(new ValueReader());
      await this.#quiet();
      if (this.#typed !== "") {
        this.#typed = "";
        throw new CommandError(
          "More text followed the end of the value, so nothing was stored. Use --file, or standard input, for a value with empty lines.",
        );
      }
      return value;
    } finally {
      device.write(`${BRACKETED_PASTE.off}\n`);
    }
  }

  /** Releases the terminal, so that another program can use it. Later prompts open it again. */
  async release(): Promise<void> {
    const device = this.#device;
    this.#device = undefined;
    this.#typed = "";
    await device?.close();
  }

  /** All of standard input, up to `most` bytes; it can be read for one purpose only. */
  readAll(most: number): Promise<Buffer> {
    if (this.#piped !== undefined) throw new CommandError("Standard input cannot be read for two purposes.");
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

  #open(question: string): TerminalDevice {
    if (this.#device !== undefined) return this.#device;
    const device = this.#io.openTerminal();
    if (device === undefined)
      throw new CommandError(
        `${question}: there is no terminal to ask on. See --help for the options that name files.`,
      );
    this.#ended = false;
    device.onInput(
      (text) => {
        if (!this.#isAsking && text.includes(CTRL_C)) return void this.#interrupt();
        this.#typed += text;
        this.#wake();
      },
      () => {
        this.#ended = true;
        this.#wake();
      },
    );
    this.#device = device;
    return device;
  }

  async #answer(reader: TypedReader): Promise<string> {
    this.#isAsking = true;
    try {
      return await this.#complete(reader);
    } finally {
      this.#isAsking = false;
    }
  }

  async #complete(reader: TypedReader): Promise<string> {
    for (;;) {
      const typed = this.#typed;
      this.#typed = "";
      const found = reader.feed(typed);
      if (found === "interrupted") throw new CommandError("Interrupted.", EXIT.interrupted);
      if (found !== undefined) {
        // A paste may hold the answer to the next question, too.
        this.#typed = found.rest;
        return found.answer;
      }
      if (this.#ended) throw new CommandError("The terminal was closed.", EXIT.interrupted);
      await this.#nextInput();
    }
  }

  /** Ctrl-C between two questions ends the program as it would without this class, which takes keys one by one. */
  async #interrupt(): Promise<void> {
    await this.release();
    process.kill(process.pid, "SIGINT");
  }

  #nextInput(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  /** Waits until nothing has arrived for a moment. */
  async #quiet(): Promise<void> {
    for (let isQuiet = false; !isQuiet && !this.#ended; ) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(resolve, QUIET, true);
      this.#wake = () => resolve(false);
      isQuiet = await promise;
      clearTimeout(timer);
    }
  }
}
