import type { LoadState } from "./load-state.ts";
import { nearest } from "./suggest.ts";
import { type Branch, branch, leaf, type Origin, place } from "./tree.ts";

const LAYER = "arguments";

/**
 * Returns the values that a command line sets: `--http.port=80`, `--http.port 80`, `--preview` and `--no-preview`.
 * Arguments that do not begin with `--`, and all arguments after `--`, belong to the host.
 */
export function argumentTree(state: LoadState, args: readonly string[]): Branch {
  const tree = branch({ layer: LAYER, source: LAYER });
  for (let at = 0; at < args.length; at++) {
    const text = args[at] ?? "";
    if (text === "--") break;
    if (!text.startsWith("--")) continue;
    const [, name = "", joined] = /^--([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    const field = state.model.byPath.get(name);
    const negated = name.startsWith("no-") ? state.model.byPath.get(name.slice(3)) : undefined;
    const origin: Origin = { layer: LAYER, source: `argument:--${name}` };
    if (field === undefined && (negated === undefined || joined !== undefined)) {
      refuse(state, name, origin);
      continue;
    }
    const next = args[at + 1];
    const following =
      joined === undefined && field !== undefined && next?.startsWith("--") === false ? next : undefined;
    if (following !== undefined) at++;
    const value = joined ?? following ?? (field === undefined ? "false" : "true");
    const target = field ?? negated;
    if (target === undefined) continue;
    if (state.disclosure.hides(target))
      state.findings.warn(
        "CONFIG_ARGUMENT_SECRET",
        `--${name} is secret, but every user of the machine can read command lines.`,
      );
    place(tree, target.path.split("."), leaf(value, origin));
  }
  return tree;
}

function refuse({ model, findings }: LoadState, name: string, { source }: Origin): void {
  const near = nearest(name, model.byPath.keys());
  const known = near === undefined ? {} : { didYouMean: `--${near}` };
  findings.add({
    path: "",
    problem: "unknown",
    expected: "only arguments such as --http.port that name a value of the schema",
    ...known,
    source,
  });
}
