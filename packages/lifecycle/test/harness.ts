import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import type { Readable } from "node:stream";

/** A service in a process of its own. */
export interface Service {
  readonly port: number;
  readonly child: ChildProcess;
  /** Everything it wrote to both outputs so far, in the order in which it arrived. */
  output(): string;
  stdout(): string;
  stderr(): string;
  /** Resolves once the output contains this. */
  says(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null; at: number }>;
}

/** How a fixture is started. */
export interface LaunchOptions {
  /** The runtime. @default this Node.js */
  runtime?: string;
  /** Whether it runs in a terminal, to which the test writes as standard input; needs script of util-linux. @default false */
  terminal?: boolean;
  /** Whether it has a channel to its parent, as after `fork()`. @default false */
  ipc?: boolean;
  env?: NodeJS.ProcessEnv;
}

/** Starts a fixture and waits for its `port` line, or for its end. */
export async function launch(
  file: string,
  args: readonly string[] = [],
  { runtime = process.execPath, terminal = false, ipc = false, env = {} }: LaunchOptions = {},
): Promise<Service> {
  const path = resolve(import.meta.dirname, file);
  const flags = ["--conditions=@seaworthy/source", "--no-warnings"];
  const plain = [runtime, ...flags, path, ...args];
  // exec, because a shell that stays between script and the service would end with 130 after Ctrl-C, as dash does.
  const inShell = `exec ${plain.map(quoted).join(" ")}`;
  const inTerminal = ["script", "--quiet", "--return", "--command", inShell, "/dev/null"];
  const [command = "", ...rest] = terminal ? inTerminal : plain;
  const child = spawn(command, rest, {
    stdio: [terminal ? "pipe" : "ignore", "pipe", "pipe", ...(ipc ? ["ipc" as const] : [])],
    env: { ...process.env, ...env },
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let text = "";
  const parts = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of waiting) wake();
  };
  for (const output of ["stdout", "stderr"] as const)
    child[output].on("data", (chunk: Buffer) => {
      text += chunk.toString();
      parts[output] += chunk.toString();
      wakeAll();
    });
  let over = false;
  const exited = new Promise<Awaited<Service["exited"]>>((resolve) => {
    child.once("close", (code, signal) => {
      over = true;
      wakeAll();
      resolve({ code, signal, at: performance.now() });
    });
  });
  const says = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) {
      if (over) throw new Error(`the service ended without saying ${JSON.stringify(wanted)}; it said:\n${text}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      });
    }
  };
  await Promise.race([says("port "), exited]).catch(() => undefined);
  const port = Number(/port (\d+)/.exec(text)?.[1] ?? Number.NaN);
  const read = { output: () => text, stdout: () => parts.stdout, stderr: () => parts.stderr };
  return { ...read, port, child, says, kill: (signal) => void child.kill(signal), exited };
}

/** A word for the shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
