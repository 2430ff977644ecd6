import type { Run } from "./run.ts";
import { nearest } from "./suggest.ts";
import { type Branch, branch, leaf, type Origin, place } from "./tree.ts";

const LAYER = "arguments";

/**
 * The values that a command line sets: `--http.port=80`, `--http.port 80`, `--preview` and `--no-preview`. What does
 * not begin with `--` belongs to the host, and so does everything behind a `--` alone.
 */
export function argumentTree(run: Run, args: readonly string[]): Branch {
  const tree = branch({ layer: LAYER, source: LAYER });
  for (let at = 0; at < args.length; at++) {
    const text = args[at] as string;
    if (text === "--") break;
    if (!text.startsWith("--")) continue;
    const [, name = "", joined] = /^--([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    const field = run.model.byPath.get(name);
    const negated = name.startsWith("no-") ? run.model.byPath.get(name.slice(3)) : undefined;
    const origin: Origin = { layer: LAYER, source: `argument:--${name}` };
    if (field === undefined && (negated === undefined || joined !== undefined)) {
      refuse(run, name, origin);
      continue;
    }
    const next = args[at + 1];
    const apart = joined === undefined && field !== undefined && next !== undefined && !next.startsWith("--");
    if (apart) at++;
    const value = joined ?? (apart ? (next as string) : field === undefined ? "false" : "true");
    const target = field ?? negated;
    if (target === undefined) continue;
    if (run.hides(target))
      run.warn("CONFIG_ARGUMENT_SECRET", `--${name} is secret, but every user of the machine can read command lines.`);
    place(tree, target.path.split("."), leaf(value, origin));
  }
  return tree;
}

function refuse({ model, issues }: Run, name: string, { source }: Origin): void {
  const near = nearest(name, model.byPath.keys());
  const known = near === undefined ? {} : { didYouMean: `--${near}` };
  issues.push({
    path: "",
    problem: "unknown",
    expected: "only arguments such as --http.port that name a value of the schema",
    ...known,
    source,
  });
}
