import { join } from "node:path";
import { namesCredential } from "./credential-name.ts";
import type { Model } from "./model.ts";
import { readSecretFile, type SeenFiles } from "./text-file.ts";
import type { Variables } from "./variables.ts";

/** Where the value of `${VAR}` is looked up, the strongest layer first. */
export interface VariableSources {
  readonly model: Model;
  readonly layers: readonly Variables[];
  readonly secretsDirectory: string | undefined;
  readonly secretFiles: ReadonlySet<string>;
  readonly seen: SeenFiles;
  /** The expansions that are known already. */
  readonly known: Map<string, Expansion>;
}

/** The expanded text and the secrets that were put into it, or a fault. */
export type Expansion =
  | { text: string; secrets: readonly string[] }
  | { fault: "unresolved" | "cycle" | "malformed" | "size" | "depth"; name: string };

const LONGEST = 65_536;
/** The longest chain of variables that refer to each other. */
const DEEPEST = 100;
const START = /\$\{([A-Za-z_][A-Za-z0-9_]*)(:?-|\})/y;

/**
 * Replaces each `${VAR}` by the variable. If the variable is not set, `${VAR:-default}` and `${VAR-default}` give the
 * default. `$${` stands for `${`. The values of variables are expanded too.
 */
export function expand(text: string, sources: VariableSources, pending: readonly string[] = []): Expansion {
  if (!text.includes("${")) return { text, secrets: [] };
  if (pending.length > DEEPEST) return { fault: "depth", name: pending[0] ?? "" };
  const secrets: string[] = [];
  let result = "";
  let at = 0;
  for (;;) {
    const start = text.indexOf("${", at);
    if (start < 0) break;
    if (text[start - 1] === "$" && start > at) {
      result += `${text.slice(at, start - 1)}\${`;
      at = start + 2;
      continue;
    }
    START.lastIndex = start;
    const [head = "", name = "", sign] = START.exec(text) ?? [];
    const end = sign === "}" ? start + head.length - 1 : closingBrace(text, start + head.length);
    if (name === "" || end < 0) return { fault: "malformed", name: "" };
    let found = lookUp(name, sources, pending);
    if (sign !== "}" && "fault" in found && found.fault === "unresolved" && found.name === name)
      found = expand(text.slice(start + head.length, end), sources, pending);
    if ("fault" in found) return found;
    result += text.slice(at, start) + found.text;
    secrets.push(...found.secrets);
    at = end + 1;
    if (result.length > LONGEST) return { fault: "size", name };
  }
  return { text: result + text.slice(at), secrets };
}

/** The index of the `}` that closes a default, which may contain other references. */
function closingBrace(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "$" && text[at + 1] === "{") depth++;
    else if (text[at] === "}" && depth-- === 0) return at;
  }
  return -1;
}

function lookUp(name: string, sources: VariableSources, pending: readonly string[]): Expansion {
  if (pending.includes(name))
    return { fault: "cycle", name: [...pending.slice(pending.indexOf(name)), name].join(" → ") };
  const known = sources.known.get(name);
  if (known !== undefined) return known;
  const found = find(name, sources, pending);
  // A cycle or a long chain depends on where it was entered, so only other results are remembered.
  if (!("fault" in found) || found.fault === "unresolved") sources.known.set(name, found);
  return found;
}

function find(name: string, sources: VariableSources, pending: readonly string[]): Expansion {
  for (const layer of sources.layers) {
    const variable = layer.get(name);
    if (variable !== undefined) {
      const inner: Expansion = variable.origin.expands
        ? expand(variable.value, sources, [...pending, name])
        : { text: variable.value, secrets: [] };
      if ("fault" in inner || !isSecretName(name, sources.model)) return inner;
      return { text: inner.text, secrets: [...inner.secrets, inner.text] };
    }
    const pointer = layer.get(`${name}_FILE`);
    if (pointer !== undefined) return fromFile(pointer.value, name, sources);
  }
  const directory = sources.secretsDirectory;
  const file = [name, name.toLowerCase()].find((candidate) => sources.secretFiles.has(candidate));
  return directory === undefined || file === undefined
    ? { fault: "unresolved", name }
    : fromFile(join(directory, file), name, sources);
}

function fromFile(path: string, name: string, { seen }: VariableSources): Expansion {
  const file = readSecretFile(path, seen);
  return "text" in file && file.text !== "" ? { text: file.text, secrets: [file.text] } : { fault: "unresolved", name };
}

function isSecretName(name: string, model: Model): boolean {
  return namesCredential(name) || model.byEnv.get(name)?.sensitivity !== undefined;
}
