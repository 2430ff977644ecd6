import { COMMANDS, GLOBAL_OPTIONS } from "./commands.ts";
import { CommandError } from "./exit-codes.ts";

const commands = Object.entries(COMMANDS).map(([name, spec]) => ({
  name,
  help: spec.help.replaceAll("'", ""),
  options: Object.keys({ ...spec.options, ...GLOBAL_OPTIONS }).map((option) => `--${option}`),
}));

/** A script that completes commands and options. Names of entries are not completed: the vault would have to be open. */
export function completionOf(shell: string): string {
  if (shell === "bash") return bash();
  if (shell === "zsh") return zsh();
  if (shell === "fish") return fish();
  throw new CommandError("completion must be for bash, zsh or fish.");
}

function bash(): string {
  const cases = commands.map(({ name, options }) => `    ${name}) words="${options.join(" ")}" ;;`);
  return `_seaworthy_vault() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    completion) words="bash zsh fish" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map(({ name }) => name).join(" ")} completion"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _seaworthy_vault seaworthy-vault`;
}

function zsh(): string {
  const names = commands.map(({ name, help }) => `    '${name}:${help.replaceAll(":", " ")}'`);
  const cases = commands.map(({ name, options }) => `    ${name}) compadd -- ${options.join(" ")} ;;`);
  return `#compdef seaworthy-vault
_seaworthy_vault() {
  local -a commands
  commands=(
${names.join("\n")}
    'completion:print completion for a shell'
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case "$words[2]" in
${cases.join("\n")}
    completion) compadd bash zsh fish ;;
  esac
  _files
}
compdef _seaworthy_vault seaworthy-vault`;
}

function fish(): string {
  const first = commands.map(
    ({ name, help }) => `complete -c seaworthy-vault -f -n __fish_use_subcommand -a ${name} -d '${help}'`,
  );
  const options = commands.flatMap(({ name, options: all }) =>
    all.map((option) => `complete -c seaworthy-vault -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
  );
  const shells = [
    "complete -c seaworthy-vault -f -n __fish_use_subcommand -a completion -d 'print completion for a shell'",
    "complete -c seaworthy-vault -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'",
  ];
  return [...first, ...shells, ...options].join("\n");
}
