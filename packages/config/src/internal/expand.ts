import { join } from "node:path";
import { isSensitiveKey } from "@seaworthy/core";
import type { Model } from "./model.ts";
import { readSecretFile } from "./text-file.ts";
import type { Variables } from "./variables.ts";

/** Where `${VAR}` finds its value, strongest first. */
export interface VariableSources {
  readonly model: Model;
  readonly layers: readonly Variables[];
  readonly secretsDirectory: string | undefined;
  readonly secretFiles: ReadonlySet<string>;
}

/** Expanded text, and the parts put into it that must not be shown; or what is wrong. */
export type Expansion =
  | { text: string; secrets: readonly string[] }
  | { fault: "unresolved" | "cycle" | "malformed" | "size"; name: string };

const LONGEST = 65_536;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Replaces each `${VAR}`; `$${` stands for `${`. What a variable holds is expanded too. */
export async function expand(
  text: string,
  sources: VariableSources,
  pending: readonly string[] = [],
): Promise<Expansion> {
  if (!text.includes("${")) return { text, secrets: [] };
  const secrets: string[] = [];
  let result = "";
  let rest = text;
  for (;;) {
    const start = rest.indexOf("${");
    if (start < 0) break;
    if (rest[start - 1] === "$") {
      result += `${rest.slice(0, start - 1)}\${`;
      rest = rest.slice(start + 2);
      continue;
    }
    const end = rest.indexOf("}", start);
    const name = end < 0 ? "" : rest.slice(start + 2, end);
    if (!NAME.test(name)) return { fault: "malformed", name: "" };
    const found = await lookUp(name, sources, pending);
    if ("fault" in found) return found;
    result += rest.slice(0, start) + found.text;
    secrets.push(...found.secrets);
    rest = rest.slice(end + 1);
    if (result.length > LONGEST) return { fault: "size", name };
  }
  return { text: result + rest, secrets };
}

async function lookUp(name: string, sources: VariableSources, pending: readonly string[]): Promise<Expansion> {
  if (pending.includes(name))
    return { fault: "cycle", name: [...pending.slice(pending.indexOf(name)), name].join(" → ") };
  for (const layer of sources.layers) {
    const variable = layer.get(name);
    if (variable !== undefined) {
      const inner: Expansion = variable.origin.expands
        ? await expand(variable.value, sources, [...pending, name])
        : { text: variable.value, secrets: [] };
      if ("fault" in inner || !isSecretName(name, sources.model)) return inner;
      return { text: inner.text, secrets: [...inner.secrets, inner.text] };
    }
    const pointer = layer.get(`${name}_FILE`);
    if (pointer !== undefined) return fromFile(pointer.value, name);
  }
  const directory = sources.secretsDirectory;
  const file = [name, name.toLowerCase()].find((candidate) => sources.secretFiles.has(candidate));
  return directory === undefined || file === undefined
    ? { fault: "unresolved", name }
    : fromFile(join(directory, file), name);
}

async function fromFile(path: string, name: string): Promise<Expansion> {
  const file = await readSecretFile(path);
  return "text" in file && file.text !== "" ? { text: file.text, secrets: [file.text] } : { fault: "unresolved", name };
}

function isSecretName(name: string, model: Model): boolean {
  return isSensitiveKey(name) || model.byEnv.get(name)?.sensitivity !== undefined;
}
