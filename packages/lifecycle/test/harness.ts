import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";

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

/** Starts a fixture and waits for its `port` line, or for its end. */
export async function launch(file: string, args: readonly string[] = []): Promise<Service> {
  const path = resolve(import.meta.dirname, file);
  const flags = ["--conditions=@seaworthy/source", "--no-warnings"];
  const child = spawn(process.execPath, [...flags, path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const parts = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const told = (): void => {
    for (const wake of waiting) wake();
  };
  for (const output of ["stdout", "stderr"] as const)
    child[output].on("data", (chunk: Buffer) => {
      text += chunk.toString();
      parts[output] += chunk.toString();
      told();
    });
  let over = false;
  const exited = new Promise<Awaited<Service["exited"]>>((resolve) => {
    child.once("close", (code, signal) => {
      over = true;
      told();
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
