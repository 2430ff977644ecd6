import { closeSync, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { TerminalDevice } from "./terminal.ts";

const DEVICE = process.platform === "win32" ? { input: "\\\\.\\CONIN$", output: "\\\\.\\CONOUT$" } : undefined;
const CONTROLLING_TERMINAL = "/dev/tty";
// Input that arrives within this many milliseconds of the last piece belongs to the same paste.
const QUIET = 60;
const LONGEST_DRAIN = 5_000;
const CTRL_C = "\u0003";

/** The controlling terminal of this process, or `undefined` if it has none, as under cron or in most containers. */
export function openTerminal(): TerminalDevice | undefined {
  let input: number;
  let output: number;
  try {
    input = openSync(DEVICE?.input ?? CONTROLLING_TERMINAL, "r+");
    output = openSync(DEVICE?.output ?? CONTROLLING_TERMINAL, "w");
  } catch {
    return undefined;
  }
  const stream = new ReadStream(input);
  stream.setEncoding("utf8");
  stream.setRawMode(true);
  const giveBack = (): void => void stream.setRawMode(false);
  process.once("exit", giveBack);
  let deliver: ((text: string) => void) | undefined;
  let lastInput = 0;
  stream.on("data", (text) => {
    lastInput = performance.now();
    deliver?.(String(text));
  });
  return {
    onInput(listener, onEnd) {
      deliver = listener;
      stream.on("end", onEnd);
      stream.on("error", onEnd);
    },
    write: (text) => void writeSync(output, text),
    async close() {
      let isInterrupted = false;
      deliver = (text) => {
        isInterrupted ||= text.includes(CTRL_C);
      };
      // What a paste holds beyond the last answer must not reach the shell, which would execute it.
      const begun = performance.now();
      lastInput = begun;
      while (performance.now() - lastInput < QUIET && performance.now() - begun < LONGEST_DRAIN && !isInterrupted)
        await new Promise((resolve) => setTimeout(resolve, QUIET / 4));
      process.off("exit", giveBack);
      giveBack();
      stream.destroy();
      closeSync(output);
      if (isInterrupted) process.kill(process.pid, "SIGINT");
    },
  };
}
