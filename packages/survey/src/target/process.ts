import { type ChildProcess, spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { errors } from "../errors.ts";

/** A line that the service wrote. */
export interface OutputLine {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** How a process ended. */
export interface ProcessExit {
  readonly at: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What is started. */
export interface CommandOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const MOST_LINES = 20_000;
const LONGEST_LINE = 16_384;

/** A service as a process group of its own, so that nothing that it starts outlives the survey. */
export class TargetProcess {
  readonly pid: number;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly ended: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  readonly #lines: OutputLine[] = [];
  #dropped = 0;
  #exit: ProcessExit | undefined;

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.startedAt = Date.now();
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#exit = { at: Date.now(), code, signal };
        resolve(this.#exit);
      });
    });
    this.#read("stdout");
    this.#read("stderr");
    RUNNING.add(pid);
  }

  /**
   * Starts the command.
   *
   * @throws SURVEY_START_FAILED if the program cannot be run
   */
  static start({ command, cwd, env }: CommandOptions): Promise<TargetProcess> {
    const [program = "", ...args] = command;
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
      child.once("error", (cause) =>
        reject(errors.SURVEY_START_FAILED({ command: command.join(" "), reason: cause.message }, { cause })),
      );
      child.once("spawn", () => {
        if (child.pid !== undefined) resolve(new TargetProcess(child, child.pid));
      });
    });
  }

  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /** The lines so far, the oldest first; at most 20 000. */
  get lines(): readonly OutputLine[] {
    return this.#lines;
  }

  /** How many lines were not kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Sends a signal to the process that was started, as an orchestrator does. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Whether a process of the group is still there. */
  get hasSurvivors(): boolean {
    return groupExists(this.pid);
  }

  /** Ends the process and everything that it started, at once. */
  async kill(): Promise<void> {
    killGroup(this.pid);
    await this.ended;
    RUNNING.delete(this.pid);
  }

  #read(stream: "stdout" | "stderr"): void {
    const decoder = new StringDecoder("utf8");
    let rest = "";
    const keep = (text: string): void => {
      if (this.#lines.length < MOST_LINES)
        this.#lines.push({ at: Date.now(), stream, text: text.slice(0, LONGEST_LINE) });
      else this.#dropped++;
    };
    this.#child[stream]?.on("data", (chunk: Buffer) => {
      const parts = (rest + decoder.write(chunk)).split("\n");
      rest = (parts.pop() ?? "").slice(-LONGEST_LINE * 4);
      for (const part of parts) keep(part.replace(/\r$/, ""));
    });
    this.#child[stream]?.on("end", () => {
      if (rest !== "") keep(rest);
    });
  }
}

const RUNNING = new Set<number>();

/** Kills every process group that the survey started. It is synchronous, for the end of the survey's own process. */
export function killAll(): void {
  for (const pid of RUNNING) killGroup(pid);
  RUNNING.clear();
}

function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}
