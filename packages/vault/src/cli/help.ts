import { COMMANDS, GLOBAL_OPTIONS, type OptionSpec } from "./commands.ts";

const STATUS = `Exit status: 0 done, 1 failed, 2 called wrongly, 3 not unlocked, 4 not found or expired,
5 tampered with, damaged or rolled back, 6 busy, 7 permissions. run: the command's own, 126 or 127.`;

/** The help text, of all or of one command. */
export function helpOf(name?: string): string {
  const spec = name === undefined ? undefined : COMMANDS[name];
  if (spec === undefined) {
    const commands = Object.entries(COMMANDS).map(([command, { usage = "", help }]) =>
      row(`${command} ${usage}`, help),
    );
    const all = [
      ...commands,
      row("completion SHELL", "print completion for bash, zsh or fish"),
      row("help [COMMAND]", "print this, or what a command takes"),
      row("--version", "print the version"),
    ];
    return ["Usage: seaworthy-vault COMMAND [options]", "", ...all, "", ...optionsOf(GLOBAL_OPTIONS), "", STATUS].join(
      "\n",
    );
  }
  const usage = `Usage: seaworthy-vault ${name} ${spec.usage ?? ""}`.trimEnd();
  return [usage, "", `  ${spec.help}`, "", ...optionsOf({ ...spec.options, ...GLOBAL_OPTIONS }), "", STATUS].join("\n");
}

function optionsOf(options: Readonly<Record<string, OptionSpec>>): string[] {
  return Object.entries(options).map(([name, { value, short, help }]) =>
    row(`${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`, help),
  );
}

function row(left: string, right: string): string {
  return `  ${left.trim().padEnd(34)} ${right}`;
}
